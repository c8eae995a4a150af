import type { IncomingMessage } from 'node:http';
import { optionError, refuseUnknownOptions, showValue } from '../src/core/errors.ts';
import { compileIncoming, type IncomingMode, type IncomingRule } from './incoming.ts';

/** Options of `tracing()`. */
export interface TracingOptions {
  /**
   * How far the context in a request's headers is believed. `'trust'` continues the caller's trace;
   * `'trust-ids'` continues it but takes a sampling decision of its own; `'link'`, for edges, starts a
   * new trace that is linked to the caller's span; `'ignore'` reads nothing. With the last two the
   * caller's baggage is dropped. A function decides for each request, before anything else is read;
   * what it throws counts as `'ignore'`. Default: `'trust'`.
   *
   * @example
   * app.use(tracing({ incoming: (req) => (req.headers.host === 'api.example.com' ? 'link' : 'trust') }));
   */
  readonly incoming?: IncomingMode | ((req: IncomingMessage) => IncomingMode);
  /**
   * Whether `Forwarded` and `X-Forwarded-*` are believed for scheme, host and client address.
   * Default: what Express's `trust proxy` or Koa's `proxy` says, else false.
   */
  readonly trustProxy?: boolean;
}

/** The options, checked and complete. */
export interface ServerSettings {
  readonly incoming: IncomingRule;
  /** Undefined: what the framework says. */
  readonly trustProxy: boolean | undefined;
}

/**
 * The options of `call`, checked and complete.
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION` for a wrong option
 */
export function resolveSettings(call: string, options: unknown): ServerSettings {
  if (typeof options !== 'object' || options === null) {
    throw optionError(`${call}(): expected an object of options, got ${showValue(options)}`);
  }
  if ('headers' in options || 'req' in options) {
    throw optionError(`${call}(): expected options, got a request; did you mean app.use(${call}())?`);
  }
  refuseUnknownOptions(call, options, ['incoming', 'trustProxy']);
  const { incoming, trustProxy } = options as TracingOptions;
  if (trustProxy !== undefined && typeof trustProxy !== 'boolean') {
    throw optionError(`${call}(): "trustProxy" must be true or false, got ${showValue(trustProxy)}`);
  }
  return { incoming: compileIncoming(call, incoming), trustProxy };
}
