import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe } from 'node:test';
import axios from 'axios';
import { HttpResponse, http as mocked, passthrough } from 'msw';
import { setupServer } from 'msw/node';
import nodeFetch2 from 'node-fetch2';
import { traceAxios, traceFetch, traceHttp } from 'throughline';
import { Peer } from '../contract/client/peer.ts';
import { clientSpan, clientTest, traceparentOf } from '../contract/client/tracer.ts';
import { answerText } from './answer-text.ts';

// As an app has them: made when its modules are loaded, before a test sets up its mocks.
const fetch = traceFetch();
const stockFetch = traceFetch({ peer: 'stock' });
const tracedHttp = traceHttp(http);
const api = traceAxios(axios.create());
const nodeFetch = traceFetch(nodeFetch2);

const PLACE = 'http://stock.example/items/7';
const seen: (string | null)[] = [];
const peer = new Peer();

function answer({ request }: { request: Request }): Response {
  seen.push(request.headers.get('traceparent'));
  return HttpResponse.json({ mocked: true }, { status: 201 });
}

const server = setupServer(
  mocked.get(PLACE, answer),
  mocked.post(PLACE, async ({ request }) => HttpResponse.text(await request.text())),
  mocked.get('http://down.example/', () => HttpResponse.error()),
  mocked.get(/127\.0\.0\.1/, () => passthrough()),
);

const SENDERS: Readonly<Record<string, (url: string) => Promise<string>>> = {
  'traceFetch()': async (url) => (await fetch(url)).text(),
  'traceFetch(options)': async (url) => (await stockFetch(new Request(url))).text(),
  'traceHttp(http).get': (url) => answerText((done) => tracedHttp.get(url, done)),
  'traceHttp(http).request': (url) => answerText((done) => tracedHttp.request(url, { method: 'GET' }, done)),
  'traceAxios(instance)': async (url) => JSON.stringify((await api.get(url)).data),
  'traceFetch(node-fetch 2)': async (url) => (await nodeFetch(url)).text(),
};

describe('msw, listening after the clients were made', () => {
  before(async () => {
    await peer.open();
    server.listen({ onUnhandledRequest: 'error' });
  });
  after(async () => {
    server.close();
    await peer.close();
  });

  for (const [name, send] of Object.entries(SENDERS)) {
    clientTest(`${name} is mocked, one span, and the handler sees its context`, async () => {
      seen.length = 0;
      assert.equal(await send(PLACE), '{"mocked":true}');
      const call = await clientSpan();
      assert.equal(call.attributes['http.response.status_code'], 201);
      assert.equal(call.attributes['url.full'], PLACE);
      assert.deepEqual(seen, [traceparentOf(call)]);
    });

    clientTest(`${name} reaches the real host where the handler lets it pass, one span`, async () => {
      peer.reset();
      await send(`${peer.origin}/ok`);
      const call = await clientSpan();
      assert.equal(call.attributes['http.response.status_code'], 200);
      assert.deepEqual(
        peer.received.map(({ headers }) => headers.traceparent),
        [traceparentOf(call)],
      );
    });
  }

  clientTest('a body arrives, and a network error of the mock is an error of the span', async () => {
    assert.equal(await (await fetch(PLACE, { method: 'POST', body: 'sent' })).text(), 'sent');
    await clientSpan();
    await assert.rejects(fetch('http://down.example/'), TypeError);
  });

  clientTest('a traced fetch that was made the global one before the mock hands on without going round', async () => {
    server.close();
    const original = globalThis.fetch;
    globalThis.fetch = traceFetch();
    server.listen();
    try {
      peer.reset();
      assert.equal(await (await globalThis.fetch(PLACE)).text(), '{"mocked":true}');
      assert.equal(await (await globalThis.fetch(`${peer.origin}/ok`)).text(), 'ok');
      assert.equal(peer.received.length, 1);
    } finally {
      server.close();
      globalThis.fetch = original;
      server.listen();
    }
  });
});
