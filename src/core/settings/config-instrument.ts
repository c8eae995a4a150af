import { flag, group, type Reader, type Readers } from '../options/options.ts';

/** The option `instrument` of `start()`: what is traced without being handed over, through diagnostics channels. */
export interface InstrumentOptions {
  /** All requests of fetch and of undici. Default: false. */
  readonly fetch?: boolean | undefined;
  /** All requests of node:http and node:https, on Node 22 and later. Default: false. */
  readonly http?: boolean | undefined;
}

/** The option, complete. */
export type Instrument = { readonly [Name in keyof InstrumentOptions]-?: boolean };

const fields = group(
  { fetch: flag, http: flag } satisfies Readers<InstrumentOptions>,
  '{ fetch, http }, each true or false',
);

export const instrumentReader: Reader<Instrument> = (given, at) => {
  const { fetch = false, http = false } = fields(given, at);
  return { fetch, http };
};
