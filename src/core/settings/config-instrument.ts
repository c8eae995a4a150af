import { optionError, refuseUnknownOptions, showValue } from '../errors.ts';

/** The option `instrument` of `start()`: what is traced without being handed over, through diagnostics channels. */
export interface InstrumentOptions {
  /** All requests of fetch and of undici. Default: false. */
  readonly fetch?: boolean;
  /** All requests of node:http and node:https, on Node 22 and later. Default: false. */
  readonly http?: boolean;
}

/** @throws TypeError with code `ERR_THROUGHLINE_OPTION` for a wrong option */
export function resolveInstrument(call: string, option: unknown): Required<InstrumentOptions> {
  if (option === undefined) return { fetch: false, http: false };
  if (typeof option !== 'object' || option === null) {
    throw optionError(`${call}(): "instrument" must be { fetch, http }, each true or false, got ${showValue(option)}`);
  }
  refuseUnknownOptions(call, option, ['fetch', 'http'], 'instrument.');
  const { fetch, http } = option as Record<keyof InstrumentOptions, unknown>;
  return { fetch: flagOf(call, 'fetch', fetch), http: flagOf(call, 'http', http) };
}

function flagOf(call: string, name: keyof InstrumentOptions, value: unknown): boolean {
  if (value === undefined || typeof value === 'boolean') return value === true;
  throw optionError(`${call}(): "instrument.${name}" must be true or false, got ${showValue(value)}`);
}
