import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import { current, type SpanRecord, start, tracing } from 'throughline';
import { memory } from 'throughline/exporters';
import { assertCounterLaw } from '../contract/checks/counter-law.ts';
import { dial, requestText } from '../contract/server/bench.ts';
import { outputOfNode } from '../support/child-process.ts';

const CONNECTIONS = 100;
const PIPELINED = 100;

test('10,000 requests at once whose clients all leave are 10,000 spans that end, and no context is left', async () => {
  const exporter = memory();
  const tl = start({ service: 'crowd', exporters: exporter });
  const waiting = new Set<ServerResponse>();
  let everyone: (() => void) | undefined;
  const reached = new Promise<void>((resolve) => {
    everyone = resolve;
  });
  const seen = new Set<string | undefined>();
  const server = createServer(
    tracing.handler((_req, res) => {
      seen.add(current()?.spanId);
      waiting.add(res);
      if (waiting.size === CONNECTIONS * PIPELINED) everyone?.();
    }),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const text = requestText('GET /wait', [], 'keep-alive').repeat(PIPELINED);
  const sockets: Socket[] = await Promise.all(Array.from({ length: CONNECTIONS }, () => dial({ server, port })));
  for (const socket of sockets) socket.write(text);
  await reached;
  assert.equal(tl.stats().open, 10_000);
  assert.equal(seen.size, 10_000, 'each has a context of its own');

  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, 'close');
  while (tl.stats().open > 0) await new Promise((resolve) => setImmediate(resolve));
  await tl.flush();
  const stats = tl.stats();
  assertCounterLaw(stats);
  assert.deepEqual([stats.started, stats.ended], [10_000, 10_000]);
  assert.deepEqual(tl.openSpans(), []);
  assert.equal(current(), undefined);
  assert.ok(exporter.spans.every(({ attributes }: SpanRecord) => attributes['throughline.ending'] === 'aborted'));
  assert.equal(new Set(exporter.spans.map(({ spanId }) => spanId)).size, exporter.spans.length);
  await tl.shutdown();
});

test('100,000 requests with names of their own grow what the library holds by 2 MB at most', async () => {
  const script = new URL('./unique-requests.js', import.meta.url).pathname;
  const { requests, grownBytes, open } = JSON.parse(await outputOfNode(['--expose-gc', script]));
  assert.deepEqual([requests, open], [100_000, 0]);
  assert.ok(grownBytes < 2_000_000, `${grownBytes} bytes`);
});
