import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { start, tracing } from 'throughline';

/** Run by crowd.test.ts with --expose-gc: how much the heap has grown after requests that have nothing in common. */
const tl = start({ service: 'unique', exporters: 'none' });
const REQUESTS = 100_000;
const socket = new Socket();

const listener = tracing.handler((_req, res) => void res.emit('close'), {
  attributes: (req) => ({ [`key.${req.url}`]: 'value' }),
  captureHeaders: { request: ['x-tenant'] },
});

/** A request with a path, a method, a host, a user agent, a header and an attribute that no other has. */
function request(n: number): void {
  const req = Object.assign(new IncomingMessage(socket), {
    method: `METHOD${n}`,
    url: `/path/${n}?name${n}=value${n}`,
    headers: { host: `host${n}.example:${n % 60_000}`, 'user-agent': `agent ${n}`, 'x-tenant': `tenant ${n}` },
  });
  const res = new ServerResponse(req);
  listener(req, res);
}

async function heapBytes(): Promise<number> {
  await tl.flush();
  for (let n = 0; n < 3; n++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}

// The first requests compile: code and feedback are heap too.
for (let n = 0; n < 10_000; n++) request(n);
const before = await heapBytes();
for (let n = 0; n < REQUESTS; n++) request(1_000_000 + n);
const grownBytes = (await heapBytes()) - before;
console.log(JSON.stringify({ requests: REQUESTS, grownBytes, open: tl.openSpans().length }));
