import { instrumentFetch } from './fetch/undici-channels.ts';
import { instrumentHttp } from './http/http-channels.ts';

/** Which clients of the process are traced without being handed over. */
export interface Instrument {
  readonly fetch: boolean;
  readonly http: boolean;
}

/** Turns the tracing of all requests of fetch and node:http on or off, through Node's diagnostics channels. */
export function instrument({ fetch, http }: Instrument): void {
  instrumentFetch(fetch);
  instrumentHttp(http);
}
