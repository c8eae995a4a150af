import { optionError, showValue } from '../../../src/core/errors.ts';
import { activeScope } from '../../../src/core/scope/scope.ts';
import { type ClientOptions, resolveClientOptions } from '../client-options.ts';
import { isCovered } from '../cover.ts';
import { FetchCall, type FetchFunction, type TracedFetch } from './fetch-call.ts';
import { watchUndici } from './undici-channels.ts';

/** Options of `traceFetch()`. */
export type TraceFetchOptions = ClientOptions;

/** What `traceFetch` returns: a function of the type it was given, the global one's when it was given none. */
export type FetchOr<Fetch> = Fetch extends FetchFunction ? Fetch : typeof globalThis.fetch;

/** Our mark, registered so that two copies of the package agree on it. */
const TRACED: unique symbol = Symbol.for('throughline.fetch');

/**
 * A fetch whose every attempt is a CLIENT span, and which sends the context along: the global one, as it is
 * now, or `fetch`. Nothing is patched: the function that comes back is to be called. It takes and
 * returns what the other one does; a promise comes back as one derived from it. A function that was
 * traced already comes back as it is. It may be called before `start()`.
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
 * const stock = traceFetch(globalThis.fetch, { peer: 'stock' });
 */
export function traceFetch<Fetch extends FetchFunction | undefined = undefined>(
  fetch?: Fetch,
  options: TraceFetchOptions = {},
): FetchOr<Fetch> {
  const given: unknown = fetch ?? globalThis.fetch;
  if (typeof given !== 'function') {
    throw optionError(`traceFetch(): expected a function that fetches, got ${showValue(given)}`);
  }
  const settings = resolveClientOptions('traceFetch', options);
  if (TRACED in given) return given as unknown as FetchOr<Fetch>;
  watchUndici();
  return tracedFetch({ fetch: given as FetchFunction, isNodes: isNodesFetch(given), settings }) as FetchOr<Fetch>;
}

/**
 * Node's fetch says in its source where it comes from; a wrapper around it says something else. Whatever is
 * not recognised gets its headers by its arguments, which always works.
 */
function isNodesFetch(fetch: object): boolean {
  return Function.prototype.toString.call(fetch).includes("require('internal/deps/undici/undici')");
}

function tracedFetch(client: TracedFetch): FetchFunction {
  function throughlineFetch(this: unknown, ...args: unknown[]): unknown {
    const scope = activeScope();
    const call = new FetchCall(client, scope, args);
    // axios's fetch adapter over a traced global fetch: the attempt is axios's.
    if (isCovered(scope, call.url)) return Reflect.apply(client.fetch, this, args);
    return call.run(this, args);
  }
  return Object.defineProperty(throughlineFetch, TRACED, { value: true });
}
