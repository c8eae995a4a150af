import type { PropagateTo } from '../../propagation/destination.ts';
import { type Readers, readOptions, text } from '../../src/core/options/options.ts';
import { propagateToReader } from '../../src/core/options/propagate-to.ts';
import type { ClientSettings } from './client-handler.ts';

/** Options of `traceAxios()`, `traceFetch()` and `traceHttp()`. */
export interface ClientOptions {
  /** The name of the service at the other end: `service.peer.name` of every span. Default: none. */
  readonly peer?: string | undefined;
  /** The places this client may send context to. Default: those that `start()` was told. */
  readonly propagateTo?: PropagateTo | undefined;
}

const READERS = {
  peer: text('the name of a service'),
  propagateTo: propagateToReader,
} satisfies Readers<ClientOptions>;

/**
 * The options of a client as its settings. `caller` is the function that the app called.
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION` for a wrong option
 */
export function resolveClientOptions(caller: string, options: ClientOptions): ClientSettings {
  return readOptions(caller, options, READERS);
}

/** Of requests that are seen on a diagnostics channel: the app has said nothing about their client. */
export const NO_CLIENT_OPTIONS: ClientSettings = Object.freeze({ peer: undefined, propagateTo: undefined });
