import assert from 'node:assert/strict';
import { once } from 'node:events';
import http, { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe } from 'node:test';
import { current, span, traceFetch, traceHttp } from 'throughline';
import { sendByFetch } from './client/fetch-sender.ts';
import { sendByHttp } from './client/http-sender.ts';
import { clientSpans, clientTest, spansSoFar } from './client/tracer.ts';
import type { Send } from './client/traits.ts';

/** A server that answers nothing, and says when so many are waiting. */
let server: Server;
let url = '';
let waiting = 0;
let onWaiting: () => void = () => undefined;

const CROWD = 300;

before(async () => {
  server = createServer(() => {
    waiting++;
    if (waiting === CROWD) onWaiting();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const clients: Readonly<Record<string, Send>> = {
  traceFetch: sendByFetch(traceFetch()),
  traceHttp: sendByHttp(traceHttp(http).request, 'http'),
};

describe(`${CROWD} requests at once that are all cancelled`, () => {
  for (const [name, send] of Object.entries(clients)) {
    clientTest(`each end once, each under its own caller, with ${name}`, async () => {
      waiting = 0;
      const all = new Promise<void>((resolve) => {
        onWaiting = resolve;
      });
      const controller = new AbortController();
      const calls = Array.from({ length: CROWD }, (_, at) =>
        span(`caller ${at}`, async (caller) => {
          await assert.rejects(send({ url, signal: controller.signal }));
          assert.equal(current(), caller);
        }),
      );
      await all;
      controller.abort();
      await Promise.all(calls);
      const attempts = await clientSpans();
      assert.equal(attempts.length, CROWD);
      const callers = (await spansSoFar()).filter(({ kind }) => kind === 'internal').map(({ spanId }) => spanId);
      assert.deepEqual(new Set(attempts.map(({ parentSpanId }) => parentSpanId)), new Set(callers));
      for (const { attributes } of attempts) assert.equal(attributes['throughline.ending'], 'cancelled');
    });
  }
});
