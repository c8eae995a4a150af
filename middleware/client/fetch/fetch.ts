import { SHARED_NAME } from '../../../propagation/shared-name.ts';
import { optionError, showValue } from '../../../src/core/options/errors.ts';
import { activeScope } from '../../../src/core/scope/scope.ts';
import { type ClientOptions, resolveClientOptions } from '../client-options.ts';
import { isOuterAttempt } from '../outer-attempt.ts';
import { FetchCall, type FetchFunction, type TracedFetch } from './fetch-call.ts';
import { watchUndici } from './undici-channels.ts';

/** The older name of {@link ClientOptions}. */
export type TraceFetchOptions = ClientOptions;

/** The type of what `traceFetch` returns: of the function it was given, of the global one when it was given none. */
export type FetchOr<Fetch> = Fetch extends FetchFunction ? Fetch : typeof globalThis.fetch;

/** Our mark, registered so that two copies of the package agree on it. */
const TRACED: unique symbol = Symbol.for(`${SHARED_NAME}.fetch`);

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
  const fetch: FetchFunction | undefined = given === undefined ? globalThis.fetch : given;
  if (typeof fetch !== 'function') {
    throw optionError(`traceFetch(): expected a function that fetches, got ${showValue(fetch)}`);
  }
  const settings = resolveClientOptions('traceFetch', options === undefined ? {} : options);
  if (TRACED in fetch) return fetch;
  watchUndici();
  return tracedFetch({ fetch, isNodes: isNodesFetch(fetch), settings });
}

/** An object alone is options: `traceFetch({ peer: 'stock' })`. */
function isOptions(first: unknown): first is ClientOptions {
  return typeof first === 'object' && first !== null;
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
    if (isOuterAttempt(scope, call.url)) return Reflect.apply(client.fetch, this, args);
    return call.run(this, args);
  }
  return Object.defineProperty(throughlineFetch, TRACED, { value: true });
}
