import type { IncomingMessage, ServerResponse } from 'node:http';
import { optionError } from '../../src/core/options/errors.ts';
import {
  flag,
  functionOf,
  isOptions,
  type Place,
  type Readers,
  readOptions,
  wrongOption,
} from '../../src/core/options/options.ts';
import type { Attributes } from '../../src/core/record.ts';
import { type CaptureHeaders, captureReader, type HeaderCapture, NOTHING_CAPTURED } from './header-capture.ts';
import { type IgnoreOption, type IgnoreRule, ignoreReader } from './ignore.ts';
import { type IncomingMode, type IncomingRule, incomingReader, trustAll } from './incoming.ts';

/** Options of `tracing()`. */
export interface TracingOptions {
  /**
   * Belief in the context of a request's headers. `'trust'` continues the caller's trace;
   * `'trust-ids'` continues it but takes a sampling decision of its own; `'link'`, for edges, starts a
   * new trace that is linked to the caller's span; `'ignore'` reads nothing. With the last two the
   * caller's baggage is dropped. A function decides for each request, before anything else is read;
   * what it throws counts as `'ignore'`. Default: `'trust'`.
   *
   * @example
   * app.use(tracing({ incoming: (req) => (req.headers.host === 'api.example.com' ? 'link' : 'trust') }));
   */
  readonly incoming?: IncomingMode | ((req: IncomingMessage) => IncomingMode) | undefined;
  /**
   * True to believe `Forwarded` and `X-Forwarded-*` for scheme, host and client address.
   * Default: what Express's `trust proxy` or Koa's `proxy` says, else false.
   */
  readonly trustProxy?: boolean | undefined;
  /**
   * Requests that get no span, while their context still passes through: a path (`'/healthz'`), a path and
   * all below it (`'/assets/*'`), a RegExp for the path, a list of these, or a function of the request.
   * Default: none.
   *
   * @example
   * app.use(tracing({ ignore: ['/healthz', '/assets/*', /\.map$/] }));
   */
  readonly ignore?: IgnoreOption | undefined;
  /**
   * Names of headers that are recorded, as `http.request.header.<name>` and `http.response.header.<name>`.
   * Those that hold credentials read `REDACTED`, unless `start({ redact: { headers } })` allows them.
   * Default: none.
   */
  readonly captureHeaders?: CaptureHeaders | undefined;
  /**
   * Tells the caller which trace its request became: in a `traceresponse` header, or as the metric `trace`
   * of `Server-Timing`, which pages can read, beside the app's own. Default: false.
   */
  readonly responseHeader?: ResponseHeader | false | undefined;
  /**
   * Further attributes of a recorded request, asked for once when it is over, with node's request and
   * response. What it throws is left out.
   *
   * @example
   * app.use(tracing({ attributes: (req) => ({ 'tenant.id': String(req.headers['x-tenant']) }) }));
   */
  readonly attributes?: AttributesHook | undefined;
}

/** The header by which a response names its trace. */
export type ResponseHeader = 'traceresponse' | 'server-timing';

/** Asks an app for what it wants to know of each request beside what we record. */
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

const READERS = {
  incoming: incomingReader,
  trustProxy: flag,
  ignore: ignoreReader,
  captureHeaders: captureReader,
  responseHeader: responseHeaderOf,
  attributes: functionOf<AttributesHook>(),
} satisfies Readers<TracingOptions>;

/**
 * The options of `caller`, checked and complete.
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION` for a wrong option
 */
export function resolveSettings(caller: string, options: unknown): ServerSettings {
  if (isRequest(options)) {
    throw optionError(`${caller}(): expected options, got a request; did you mean app.use(${caller}())?`);
  }
  const given = readOptions(caller, options, READERS);
  return {
    incoming: given.incoming ?? trustAll,
    trustProxy: given.trustProxy,
    ignore: given.ignore,
    capture: given.captureHeaders ?? NOTHING_CAPTURED,
    responseHeader: given.responseHeader,
    attributes: given.attributes,
  };
}

/** Arguments of a framework's call: `app.use(tracing)` without the parentheses. Nothing else has these. */
function isRequest(options: unknown): boolean {
  try {
    return isOptions(options) && ('headers' in options || 'req' in options);
  } catch {
    return false; // a Proxy of the app's: reading the options will say so
  }
}

function responseHeaderOf(given: unknown, at: Place): ResponseHeader | undefined {
  if (given === false) return undefined;
  if (given === 'traceresponse' || given === 'server-timing') return given;
  throw wrongOption(at, 'false, "traceresponse" or "server-timing"', given);
}
