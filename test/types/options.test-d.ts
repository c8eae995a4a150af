// Compiled with the build, under exactOptionalPropertyTypes: what is not set is undefined, and counts as left out.

import http from 'node:http';
import axios from 'axios';
import {
  type Duration,
  isThroughlineError,
  span,
  start,
  type ThroughlineError,
  traceAxios,
  traced,
  traceFetch,
  traceHttp,
  tracing,
} from 'throughline';
import { console, file, otlp, toConsole, zipkin } from 'throughline/exporters';
import { type baggage, baggagePropagator, extract, inject } from 'throughline/propagation';
import { redis } from 'throughline/redis';
import { fileStore, memoryStore, type StoreError } from 'throughline/store';
import { assertTree, type Captured, capture, collector } from 'throughline/test';

const { X } = process.env;
const port: number | undefined = X === undefined ? undefined : Number(X);
declare const captured: Captured;
declare const client: Parameters<typeof redis>[0]['client'];
declare const failed: unknown;
declare const store: StoreError;

/** Only compiled, never called. */
export async function goodCalls(): Promise<void> {
  start({
    service: X,
    version: X,
    environment: X,
    sample: port,
    keep: { slowerThan: X, status: port, errors: undefined },
  });
  start({ spool: { directory: X, maxBytes: port, maxAge: X, mode: undefined }, limits: { events: port, openMs: X } });
  start({
    redact: { query: undefined },
    instrument: { fetch: undefined },
    exporters: undefined,
    sample: [{ route: X }],
  });
  otlp({ endpoint: X, timeoutMs: X, headers: undefined, tls: { ca: X } });
  zipkin({ endpoint: X, timeoutMs: port });
  console({ stream: undefined, format: undefined });
  file({ path: 'spans.jsonl', maxBytes: port });
  fileStore({ path: 'spans.jsonl', maxFiles: port });
  memoryStore({ maxBytes: port });
  redis({ client, ttl: X, index: undefined, live: port });
  tracing({ trustProxy: undefined, ignore: X, captureHeaders: { request: undefined } });
  tracing.handler(() => undefined, { responseHeader: undefined });
  traceAxios(axios, { peer: X });
  traceFetch(fetch, { peer: X, propagateTo: undefined });
  traceHttp(http, { peer: X });
  span.wrap('a', () => 1, { kind: port, attributes: undefined });
  span('a', { parent: undefined, links: undefined, startTime: port, attributes: { a: X } });
  traced(X, { kind: undefined });
  inject({}, { context: undefined, setter: undefined });
  extract({}, { getter: undefined });
  capture({ service: X, limits: undefined });
  await collector({ port, host: X });
  assertTree(captured, 'a', { ordered: undefined });
}

export const durations: readonly Duration[] = [90_000, '90s', '1.5h'];
export const aliases: readonly [typeof console, typeof baggage] = [toConsole, baggagePropagator];

/** A store's error is one of ours. */
export const fits: ThroughlineError = store;
export const code: string = isThroughlineError(failed) ? failed.code : 'not ours';

// @ts-expect-error: a number was seconds; a text says its unit
redis({ client, ttl: 90 });
// @ts-expect-error: no code of ours
export const isOurs: boolean = isThroughlineError(failed) && failed.code === 'ECONNREFUSED';
