import { compilePropagateTo, type PropagateTo } from '../../propagation/destination.ts';
import { optionError, refuseUnknownOptions, showValue } from '../../src/core/errors.ts';
import type { ClientSettings } from './client-handler.ts';

/** Options of `traceAxios()`, `traceFetch()` and `traceHttp()`. */
export interface ClientOptions {
  /** The name of the service at the other end: `service.peer.name` of every span. Default: none. */
  readonly peer?: string;
  /** The places this client may send context to. Default: those that `start()` was told. */
  readonly propagateTo?: PropagateTo;
}

/**
 * Turns the options of a client into its settings. `call` is the function that the app called.
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION` for a wrong option
 */
export function resolveClientOptions(call: string, options: ClientOptions): ClientSettings {
  if (typeof options !== 'object' || options === null) {
    throw optionError(`${call}(): expected an object of options, got ${showValue(options)}`);
  }
  refuseUnknownOptions(call, options, ['peer', 'propagateTo']);
  const { peer, propagateTo } = options;
  if (peer !== undefined && (typeof peer !== 'string' || peer === '')) {
    throw optionError(`${call}(): "peer" must be the name of a service, got ${showValue(peer)}`);
  }
  return { peer, propagateTo: propagateTo === undefined ? undefined : resolvePropagateTo(call, propagateTo) };
}

function resolvePropagateTo(call: string, option: PropagateTo): NonNullable<ClientSettings['propagateTo']> {
  try {
    return compilePropagateTo(option);
  } catch (error) {
    throw optionError(`${call}(): ${(error as Error).message}`);
  }
}

/** Of requests that are seen on a diagnostics channel: the app has said nothing about their client. */
export const NO_CLIENT_OPTIONS: ClientSettings = Object.freeze({ peer: undefined, propagateTo: undefined });
