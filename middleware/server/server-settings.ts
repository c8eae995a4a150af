import type { IncomingMessage, ServerResponse } from 'node:http';
import { optionError, refuseUnknownOptions, showValue } from '../../src/core/errors.ts';
import type { Attributes } from '../../src/core/record.ts';
import { type CaptureHeaders, compileCapture, type HeaderCapture } from './header-capture.ts';
import { compileIgnore, type IgnoreOption, type IgnoreRule } from './ignore.ts';
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
  /**
   * Requests that get no span, while their context still passes through: a path (`'/healthz'`), a path and
   * all below it (`'/assets/*'`), a RegExp for the path, a list of these, or a function of the request.
   * Default: none.
   *
   * @example
   * app.use(tracing({ ignore: ['/healthz', '/assets/*', /\.map$/] }));
   */
  readonly ignore?: IgnoreOption;
  /**
   * Names of headers that are recorded, as `http.request.header.<name>` and `http.response.header.<name>`.
   * Those that hold credentials read `REDACTED`, unless `start({ redact: { headers } })` allows them.
   * Default: none.
   */
  readonly captureHeaders?: CaptureHeaders;
  /**
   * Tells the caller which trace its request became: in a `traceresponse` header, or as the metric `trace`
   * of `Server-Timing`, which pages can read, beside the app's own. Default: false.
   */
  readonly responseHeader?: ResponseHeader | false;
  /**
   * Further attributes of a recorded request, asked for once when it is over, with node's request and
   * response. What it throws is left out.
   *
   * @example
   * app.use(tracing({ attributes: (req) => ({ 'tenant.id': String(req.headers['x-tenant']) }) }));
   */
  readonly attributes?: AttributesHook;
}

/** How a response names its trace. */
export type ResponseHeader = 'traceresponse' | 'server-timing';

/** What an app wants to know of each request beside what we record. */
export type AttributesHook = (req: IncomingMessage, res: ServerResponse) => Attributes | undefined;

/** The options, checked and complete. */
export interface ServerSettings {
  readonly incoming: IncomingRule;
  /** Undefined: what the framework says. */
  readonly trustProxy: boolean | undefined;
  readonly ignore: IgnoreRule | undefined;
  readonly capture: HeaderCapture;
  readonly responseHeader: ResponseHeader | undefined;
  readonly attributes: AttributesHook | undefined;
}

const OPTION_NAMES: readonly (keyof TracingOptions)[] = [
  'incoming',
  'trustProxy',
  'ignore',
  'captureHeaders',
  'responseHeader',
  'attributes',
];

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
  refuseUnknownOptions(call, options, OPTION_NAMES);
  const { incoming, trustProxy, ignore, captureHeaders, responseHeader, attributes } = options as TracingOptions;
  if (trustProxy !== undefined && typeof trustProxy !== 'boolean') {
    throw optionError(`${call}(): "trustProxy" must be true or false, got ${showValue(trustProxy)}`);
  }
  if (attributes !== undefined && typeof attributes !== 'function') {
    throw optionError(`${call}(): "attributes" must be a function, got ${showValue(attributes)}`);
  }
  return {
    incoming: compileIncoming(call, incoming),
    trustProxy,
    ignore: compileIgnore(call, ignore),
    capture: compileCapture(call, captureHeaders),
    responseHeader: checkedResponseHeader(call, responseHeader),
    attributes,
  };
}

function checkedResponseHeader(call: string, option: unknown): ResponseHeader | undefined {
  if (option === undefined || option === false) return undefined;
  if (option === 'traceresponse' || option === 'server-timing') return option;
  throw optionError(
    `${call}(): "responseHeader" must be false, "traceresponse" or "server-timing", got ${showValue(option)}`,
  );
}
