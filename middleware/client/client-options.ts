import type { PropagateTo } from '../../propagation/destination.ts';
import { checked, functionOf, isText, type Readers, readOptions, text } from '../../src/core/options/options.ts';
import { propagateToReader } from '../../src/core/options/propagate-to.ts';
import type { Attributes } from '../../src/core/record.ts';
import type { ClientSettings } from './client-handler.ts';
import type { DescribedRequest } from './described-request.ts';

/** Options of `traceAxios()`, `traceFetch()` and `traceHttp()`. */
export interface ClientOptions {
  /** The name of the service at the other end: `service.peer.name` of every span. Default: none. */
  readonly peer?: string | undefined;
  /** The places this client may send context to. Default: those that `start()` was told. */
  readonly propagateTo?: PropagateTo | undefined;
  /** Attributes for the span of a request, asked for before it is sent. An error of it is kept from the app. */
  readonly attributes?: ((request: DescribedRequest) => Attributes | undefined) | undefined;
  /** The name of every span, or a function of the request that gives it: one of few. Default: the method. */
  readonly name?: string | ((request: DescribedRequest) => string | undefined) | undefined;
}

const READERS = {
  peer: text('the name of a service'),
  propagateTo: propagateToReader,
  attributes: functionOf<NonNullable<ClientOptions['attributes']>>('a function of the request'),
  name: checked('a name, or a function of the request', isName),
} satisfies Readers<ClientOptions>;

function isName(given: unknown): given is NonNullable<ClientOptions['name']> {
  return isText(given) || typeof given === 'function';
}

/**
 * The options of a client as its settings. `caller` is the function that the app called.
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION` for a wrong option
 */
export function resolveClientOptions(caller: string, options: ClientOptions): ClientSettings {
  return readOptions(caller, options, READERS);
}

/** Of requests that are seen on a diagnostics channel: the app has said nothing about their client. */
export const NO_CLIENT_OPTIONS: ClientSettings = Object.freeze({
  peer: undefined,
  propagateTo: undefined,
  attributes: undefined,
  name: undefined,
});
