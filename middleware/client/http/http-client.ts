import type { ClientRequest } from 'node:http';
import { SHARED_NAME } from '../../../propagation/shared-name.ts';
import { noteFault } from '../../../src/core/diagnostics.ts';
import { optionError, showValue } from '../../../src/core/options/errors.ts';
import { activeScope } from '../../../src/core/scope/scope.ts';
import type { ClientSettings } from '../client-handler.ts';
import { type ClientOptions, resolveClientOptions } from '../client-options.ts';
import { areWrittenAtOnce, beginEarly, type EarlyAttempt } from './early-headers.ts';
import type { HttpAttempt } from './http-attempt.ts';
import { withChannelMuted } from './http-channels.ts';
import { attach, watchExchange } from './http-exchange.ts';
import { isClientRequest, requestOf } from './http-request.ts';

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
  const traced = new TracedHttp(http, settings);
  const properties: PropertyDescriptorMap = { ...Object.getOwnPropertyDescriptors(http) };
  properties.request = ownFunction(function request(...args) {
    return traced.request(args);
  });
  properties.get = ownFunction(function get(...args) {
    return traced.get(args);
  });
  const copy = Object.create(Object.getPrototypeOf(http), { ...properties, [TRACED]: { value: true } });
  // The namespace of `import * as http` has the module itself as its default.
  if (Object.hasOwn(properties, 'default')) Object.defineProperty(copy, 'default', { value: copy });
  return copy as Http;
}

function ownFunction(value: Send): PropertyDescriptor {
  return { value, enumerable: true, configurable: true, writable: true };
}

/** The two functions, over those that the module has when they are called: a mock may have been put there. */
class TracedHttp {
  readonly #http: HttpModule;
  readonly #settings: ClientSettings;
  /** Node's own, as a rule, which calls its own `request`. */
  readonly #get: unknown;

  constructor(http: HttpModule, settings: ClientSettings) {
    this.#http = http;
    this.#settings = settings;
    this.#get = http.get;
  }

  request(args: readonly unknown[]): unknown {
    return this.#send(this.#http.request, args, areWrittenAtOnce(args));
  }

  get(args: readonly unknown[]): unknown {
    const { get } = this.#http;
    // It sends the request before anybody gets to see it.
    if (get !== this.#get) return this.#send(get, args, true);
    const made = this.request(args);
    (made as ClientRequest).end();
    return made;
  }

  #send(make: HttpModule['request'], args: readonly unknown[], isEarly: boolean): unknown {
    const early = isEarly ? this.#beginEarly(args) : undefined;
    let made: unknown;
    try {
      made = withChannelMuted(() => Reflect.apply(make, this.#http, early?.args ?? args));
    } catch (error) {
      early?.attempt.call.end({ failure: { kind: 'error', error } }); // refused before anything was sent
      throw error;
    }
    if (isClientRequest(made)) this.#watch(made, args, early?.attempt);
    else early?.attempt.call.end({}); // some other module's: nobody knows how it goes on
    return made;
  }

  #beginEarly(args: readonly unknown[]): EarlyAttempt | undefined {
    try {
      return beginEarly(this.#http, args, this.#settings, activeScope());
    } catch (error) {
      noteFault('http request plan', error);
      return undefined;
    }
  }

  #watch(made: ClientRequest, args: readonly unknown[], early: HttpAttempt | undefined): void {
    try {
      if (early !== undefined) watchExchange(made, early);
      else attach(made, requestOf(made, this.#http, args), this.#settings, activeScope());
    } catch (error) {
      noteFault('http request start', error);
    }
  }
}
