// Compiled with the build: good calls type-check, bad ones carry their reason.

// Compiled with the build: good calls type-check, bad ones carry their reason.
import http, * as httpNamespace from 'node:http';
import https from 'node:https';
import nodeFetch from 'node-fetch';
import {
  type ClientOptions,
  start,
  type TraceAxiosOptions,
  type TraceFetchOptions,
  type TraceHttpOptions,
  traceFetch,
  traceHttp,
} from 'throughline';

/** Only compiled, never called. */
export function goodCalls(): void {
  const own = async (id: number): Promise<string> => String(id);
  const traced: Promise<string> = traceFetch(own)(1);
  const global: typeof globalThis.fetch = traceFetch();
  const withOptions: typeof globalThis.fetch = traceFetch(undefined, { peer: 'stock' });
  const optionsAlone: typeof globalThis.fetch = traceFetch({ peer: 'stock' });
  const options: ClientOptions = { peer: 'stock', propagateTo: 'private' };
  const olderNames: [TraceAxiosOptions, TraceFetchOptions, TraceHttpOptions] = [options, options, options];
  const same: typeof nodeFetch = traceFetch(nodeFetch, { propagateTo: 'private' });
  const plain: typeof http = traceHttp(http);
  const secure: typeof https = traceHttp(https, { peer: 'stock' });
  const agent: http.Agent = traceHttp(httpNamespace).globalAgent;
  start({ instrument: { fetch: true, http: false } });
  void [traced, global, withOptions, optionsAlone, olderNames, same, plain, secure, agent];
}

/** Only compiled, never called. */
export function badCalls(): void {
  // @ts-expect-error a function is asked for
  traceFetch('fetch');
  // @ts-expect-error no such option
  traceFetch(fetch, { pear: 'stock' });
  // @ts-expect-error no such option, of the global one either
  traceFetch({ pear: 'stock' });
  // @ts-expect-error a module is asked for, not its function
  traceHttp(http.request);
  // @ts-expect-error each is a flag
  start({ instrument: { fetch: 'yes' } });
}
