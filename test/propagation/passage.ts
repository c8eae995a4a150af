import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import axios from 'axios';
import express from 'express';
import { type StartOptions, span, start, traceAxios, tracing } from 'throughline';
import { memory, type SpanRecord } from 'throughline/exporters';
import type { endsClean } from '../contract/checks/no-leaks.ts';
import { listening } from '../support/listening.ts';

/** All that one request through a service brought about. */
export interface Passage {
  /** The headers that reached the service behind it. */
  readonly sent: IncomingHttpHeaders;
  /** The spans of the service: its server span, one of its own, its client span. */
  readonly spans: readonly SpanRecord[];
}

/**
 * Sends a request with `headers` through a service that speaks `propagators` to one that tells what
 * arrived. `own` is what the service's app sets itself.
 */
export async function pass(
  clean: Parameters<Parameters<typeof endsClean>[0]>[0],
  propagators: StartOptions['propagators'],
  headers: Readonly<Record<string, string>>,
  options: StartOptions = {},
  own: Readonly<Record<string, string>> = {},
): Promise<Passage> {
  const exporter = memory();
  const tl = clean.watch(
    start({ service: 'test', ...(propagators && { propagators }), ...options, exporters: exporter }),
  );
  clean.takeDiagnostics(); // start() was called again
  const received: IncomingHttpHeaders[] = [];
  const last = await serve((req, res) => {
    received.push(req.headers);
    res.end();
  });
  const api = traceAxios(axios.create({ proxy: false }));
  const app = express();
  app.use(tracing());
  app.get('/', async (_req, res) => {
    await span('work', () => api.get(last.url, { headers: own }));
    res.end();
  });
  const service = await serve(app);
  await request(service.url, headers);
  await Promise.all([service.close(), last.close()]);
  await tl.flush();
  const [sent] = received;
  assert.ok(sent);
  return { sent, spans: exporter.spans };
}

async function serve(listener: RequestListener): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(listener);
  const url = await listening(server);
  async function close(): Promise<void> {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }
  return { url, close };
}

/** Resolves when the service has closed the connection: then its span has ended. */
async function request(url: string, headers: Readonly<Record<string, string>>): Promise<void> {
  const req = get(url, { headers, agent: false });
  const [res] = await once(req, 'response');
  res.resume();
  await once(res, 'close');
}
