import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { span, start, tracing } from 'throughline';
import { memory } from 'throughline/exporters';

/**
 * Run by paused-process.test.ts: a server whose one request waits until its parent says so. Says where it
 * listens, that it waits, and in the end what it recorded.
 */
const exporter = memory();
const tl = start({ service: 'paused', exporters: exporter });

const server = createServer(
  tracing.handler(async (_req, res) => {
    span('before', () => undefined);
    await span('waits', async (waiting) => {
      process.send?.({ waits: true });
      await once(process, 'message');
      waiting.log('goes on');
    });
    span('after', () => undefined);
    res.end();
  }),
).listen(0, '127.0.0.1');
await once(server, 'listening');
process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` });

server.once('request', (_req, res) => {
  res.once('close', async () => {
    await tl.shutdown();
    server.close();
    process.send?.({ spans: exporter.spans });
    process.disconnect();
  });
});
