import { ClientRequest } from 'node:http';
import { SHARED_NAME } from '../../../propagation/shared-name.ts';
import { noteFault } from '../../../src/core/diagnostics.ts';
import { optionError, showValue } from '../../../src/core/options/errors.ts';
import { activeScope } from '../../../src/core/scope/scope.ts';
import type { ClientSettings } from '../client-handler.ts';
import { type ClientOptions, resolveClientOptions } from '../client-options.ts';
import { beginEarly, type EarlyAttempt } from './early-headers.ts';
import { beginAttemptOf, type HttpAttempt } from './http-attempt.ts';
import { withChannelMuted } from './http-channels.ts';
import { watchExchange } from './http-exchange.ts';

/** The older name of {@link ClientOptions}. */
export type TraceHttpOptions = ClientOptions;

/** `node:http` or `node:https`, as far as we look at it. */
export interface HttpModule {
  readonly request: (...args: never[]) => unknown;
  readonly get: (...args: never[]) => unknown;
}

type Send = (...args: unknown[]) => unknown;

/** Our mark, registered so that two copies of the package agree on it. */
const TRACED: unique symbol = Symbol.for(`${SHARED_NAME}.http`);

/**
 * node:http or node:https with a `request` and a `get` that make each request a CLIENT span and send the
 * context along: a new object, which has everything else of the given one too. Nothing is patched: who is to be
 * traced calls these. What the app sees (the request, its events, errors that nobody listens to) is as without
 * it. The span ends when the answer has been read, or the request is over. It may be called before `start()`.
 *
 * node:http follows no redirects; a client over it that does (`follow-redirects`, got) makes an attempt of
 * each hop.
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION` for what has no `request` and `get`, and for a wrong option
 *
 * @example
 * import https from 'node:https';
 * const traced = traceHttp(https, { peer: 'stock' });
 * traced.get('https://stock.example/stock/apple', (res) => res.resume());
 */
export function traceHttp<Http extends HttpModule>(http: Http, options: ClientOptions = {}): Http {
  const { request, get } = (http ?? {}) as Partial<HttpModule>;
  if (typeof request !== 'function' || typeof get !== 'function') {
    throw optionError(`traceHttp(): expected node:http or node:https, got ${showValue(http)}`);
  }
  const settings = resolveClientOptions('traceHttp', options);
  if (TRACED in http) return http;
  const send = tracedRequest(http, request as unknown as Send, settings);
  const properties: PropertyDescriptorMap = { ...Object.getOwnPropertyDescriptors(http) };
  properties.request = ownFunction(send);
  properties.get = ownFunction(getBy(send));
  const traced = Object.create(Object.getPrototypeOf(http), { ...properties, [TRACED]: { value: true } });
  // The namespace of `import * as http` has the module itself as its default.
  if (Object.hasOwn(properties, 'default')) Object.defineProperty(traced, 'default', { value: traced });
  return traced as Http;
}

function ownFunction(value: Send): PropertyDescriptor {
  return { value, enumerable: true, configurable: true, writable: true };
}

function tracedRequest(http: HttpModule, original: Send, settings: ClientSettings): Send {
  function request(...args: unknown[]): unknown {
    const early = tryBeginEarly(http, args, settings);
    let made: unknown;
    try {
      made = withChannelMuted(() => Reflect.apply(original, http, early?.args ?? args));
    } catch (error) {
      early?.attempt.call.end({ failure: { kind: 'error', error } }); // refused before anything was sent
      throw error;
    }
    if (made instanceof ClientRequest) watch(made, early?.attempt, settings);
    else early?.attempt.call.end({}); // some other module's: nobody knows how it goes on
    return made;
  }
  return request;
}

/** node's own `get` calls its own `request`. */
function getBy(send: Send): Send {
  function get(...args: unknown[]): unknown {
    const made = send(...args);
    (made as ClientRequest).end();
    return made;
  }
  return get;
}

function tryBeginEarly(http: HttpModule, args: readonly unknown[], settings: ClientSettings): EarlyAttempt | undefined {
  try {
    return beginEarly(http, args, settings, activeScope());
  } catch (error) {
    noteFault('http request plan', error);
    return undefined;
  }
}

function watch(request: ClientRequest, early: HttpAttempt | undefined, settings: ClientSettings): void {
  try {
    const attempt = early ?? beginAttemptOf(request, settings, activeScope());
    if (attempt !== undefined) watchExchange(request, attempt);
  } catch (error) {
    noteFault('http request start', error);
  }
}
