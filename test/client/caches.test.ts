import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe } from 'node:test';
import axios from 'axios';
import { setupCache } from 'axios-cache-interceptor';
import { traceAxios, traceFetch } from 'throughline';
import { Agent, interceptors } from 'undici';
import { clientSpans, clientTest } from '../contract/client/tracer.ts';

let sent = 0;
let origin: string;
const server: Server = createServer((_req, res) => {
  sent++;
  res.writeHead(200, { 'cache-control': 'max-age=600' }).end('fresh');
});

before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

async function assertSecondIsCached(send: () => Promise<unknown>): Promise<void> {
  sent = 0;
  await send();
  await send();
  assert.equal(sent, 1);
  const marks = (await clientSpans()).map(({ attributes }) => attributes['throughline.cached']);
  assert.deepEqual(marks, [undefined, true]);
}

describe('an answer from a cache below the client says so', () => {
  clientTest('axios-cache-interceptor, traced before its set-up', async () => {
    const cached = setupCache(traceAxios(axios.create()) as never);
    await assertSecondIsCached(() => cached.get(`${origin}/axios`));
  });

  clientTest('undici\u2019s cache interceptor under Node\u2019s fetch', async () => {
    const fetch = traceFetch();
    const dispatcher = new Agent().compose(interceptors.cache());
    const send = async (): Promise<string> => (await fetch(`${origin}/fetch`, { dispatcher } as never)).text();
    await assertSecondIsCached(send);
  });
});
