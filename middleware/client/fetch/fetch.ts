import { SHARED_NAME } from '../../../propagation/shared-name.ts';
import { noteFault } from '../../../src/core/diagnostics.ts';
import { optionError, showValue } from '../../../src/core/options/errors.ts';
import { activeScope, isOwnWork, runInScope, type Scope } from '../../../src/core/scope/scope.ts';
import { likeOriginal } from '../../../src/leaves/like-original.ts';
import type { ClientSettings } from '../client-handler.ts';
import { type ClientOptions, resolveClientOptions } from '../client-options.ts';
import { isOuterAttempt } from '../outer-attempt.ts';
import { FetchCall, type FetchFunction } from './fetch-call.ts';
import { describeFetch } from './fetch-request.ts';
import { watchUndici } from './undici-channels.ts';

/** The older name of {@link ClientOptions}. */
export type TraceFetchOptions = ClientOptions;

/** The type of what `traceFetch` returns: of the function it was given, of the global one when it was given none. */
export type FetchOr<Fetch> = Fetch extends FetchFunction ? Fetch : typeof globalThis.fetch;

/** Our mark, registered so that two copies of the package agree on it. */
const TRACED: unique symbol = Symbol.for(`${SHARED_NAME}.fetch`);

/**
 * A fetch whose every attempt is a CLIENT span, and which sends the context along: `fetch`, or the global one,
 * as it is at each call, so that a mock that is put there later is called. Nothing is patched: the function that
 * comes back is to be called. It takes and returns what the other one does, and has its properties; a promise
 * comes back as one derived from it. A function that was traced already comes back as it is. It may be called
 * before `start()`.
 *
 * Each redirect that undici follows (Node's own fetch, and the package's) is a span of its own, with its own
 * headers, and the span ends when the whole answer has come. Any other function is one span from the call
 * to the head of the answer; since nobody can see where it is redirected to, a public host gets no
 * baggage from it, unless with `redirect: 'manual'`.
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION` for what is no function, and for a wrong option
 *
 * @example
 * const fetch = traceFetch();
 * const stock = traceFetch({ peer: 'stock' });
 * const viaUndici = traceFetch(undici.fetch, { peer: 'stock' });
 */
export function traceFetch(options?: ClientOptions): typeof globalThis.fetch;
export function traceFetch<Fetch extends FetchFunction | undefined>(
  fetch: Fetch,
  options?: ClientOptions,
): FetchOr<Fetch>;
export function traceFetch(first?: FetchFunction | ClientOptions, second?: ClientOptions): FetchFunction {
  const [given, options] = isOptions(first) ? [undefined, first] : [first, second];
  const original: FetchFunction | undefined = given === undefined ? globalThis.fetch : given;
  if (typeof original !== 'function') {
    throw optionError(`traceFetch(): expected a function that fetches, got ${showValue(original)}`);
  }
  const settings = resolveClientOptions('traceFetch', options === undefined ? {} : options);
  if (isTraced(original)) return original;
  watchUndici();
  return marked(given === undefined ? tracedGlobal(original, settings) : tracedFetch(original, settings), original);
}

function isTraced(fetch: object): boolean {
  return Object.hasOwn(fetch, TRACED);
}

/** An object alone is options: `traceFetch({ peer: 'stock' })`. */
function isOptions(first: unknown): first is ClientOptions {
  return typeof first === 'object' && first !== null;
}

function tracedFetch(fetch: FetchFunction, settings: ClientSettings): FetchFunction {
  return function throughlineFetch(this: unknown, ...args: unknown[]): unknown {
    return callTraced(fetch, settings, activeScope(), this, args);
  };
}

/** The name of the scopes in which one traced global fetch is under way, and how often it came back to itself. */
const REENTRIES = 'throughline.fetch.reentries';
/** A mock that answers may fetch something else by the same function; a third time it goes round in circles. */
const MAX_REENTRIES = 2;

function tracedGlobal(original: FetchFunction, settings: ClientSettings): FetchFunction {
  const key = Symbol(REENTRIES);
  return function throughlineFetch(this: unknown, ...args: unknown[]): unknown {
    const scope = activeScope();
    const now: unknown = globalThis.fetch;
    if (typeof now !== 'function' || now === original || now === throughlineFetch || isOwnWork(scope)) {
      return callTraced(original, settings, scope, this, args);
    }
    // What stands there now may have found this function there, and hand on to it what it does not answer itself.
    const reentries = Number(scope.getValue(key) ?? 0);
    const isBack = reentries >= MAX_REENTRIES || (reentries > 0 && isOuterAttempt(scope, describeFetch(args).url));
    const within = scope.setValue(key, reentries + 1);
    return runInScope(within, callTraced, isBack ? original : (now as FetchFunction), settings, within, this, args);
  };
}

function callTraced(
  fetch: FetchFunction,
  settings: ClientSettings,
  scope: Scope,
  self: unknown,
  args: readonly unknown[],
): unknown {
  const send = (sent: readonly unknown[]): unknown => Reflect.apply(fetch, self, sent);
  const call = new FetchCall(settings, scope, fetch, args);
  // axios's fetch adapter over a traced global fetch: the attempt is axios's.
  if (isOwnWork(scope) || isOuterAttempt(scope, call.url)) return send(args);
  return call.run(send, args);
}

/** `traced` with the properties of `original`: its own, and what a Proxy (a mock of node:test) answers for. */
function marked(traced: FetchFunction, original: FetchFunction): FetchFunction {
  try {
    Object.setPrototypeOf(likeOriginal(traced, original), original);
  } catch (error) {
    noteFault('properties of a traced fetch', error); // a Proxy of the app's may refuse to tell them
  }
  return Object.defineProperty(traced, TRACED, { value: true });
}
