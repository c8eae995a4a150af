import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe } from 'node:test';
import { span, traceFetch } from 'throughline';
import { Agent, interceptors, MockAgent, request, stream, fetch as undiciFetch, upgrade } from 'undici';
import { Peer } from './client/peer.ts';
import { clientSpan, clientSpans, clientTest, spansSoFar, startWith, traceparentOf } from './client/tracer.ts';

startWith({ instrument: { fetch: true } });

const peer = new Peer();
before(() => peer.open());
beforeEach(() => peer.reset());
after(() => peer.close());

describe('the package undici, under instrument.fetch', () => {
  clientTest('its request is one span under the active one, with its context', async () => {
    await span('caller', async () => {
      const { body } = await request(`${peer.origin}/ok?token=t0p`, {
        headers: ['x-app', '1', 'traceparent', 'stale'],
      });
      await body.text();
    });
    const call = await clientSpan();
    const caller = (await spansSoFar()).find(({ name }) => name === 'caller');
    assert.equal(call.parentSpanId, caller?.spanId);
    assert.equal(call.attributes['url.full'], `${peer.origin}/ok?token=REDACTED`);
    assert.equal(peer.received[0]?.headers.traceparent, traceparentOf(call));
    assert.equal(peer.received[0]?.headers['x-app'], '1');
  });

  clientTest('its stream is too', async () => {
    const { Writable } = await import('node:stream');
    await stream(`${peer.origin}/ok`, { method: 'GET' }, () => new Writable({ write: (_c, _e, done) => done() }));
    assert.equal((await clientSpan()).attributes['http.response.status_code'], 200);
  });

  clientTest('redirects and retries of its interceptors are attempts', async () => {
    const following = new Agent().compose(interceptors.redirect({ maxRedirections: 3 }));
    const { body } = await request(`${peer.origin}/redirect/302?to=/ok`, { dispatcher: following });
    await body.text();
    const hops = await clientSpans();
    assert.deepEqual(
      hops.map(({ attributes }) => attributes['http.request.resend_count']),
      [undefined, 1],
    );
    assert.deepEqual(
      peer.received.map(({ headers }) => headers.traceparent),
      hops.map(traceparentOf),
    );
    await following.close();
  });

  clientTest('its fetch is seen hop by hop when it is handed over', async () => {
    const response = await traceFetch(undiciFetch)(`${peer.origin}/redirect/302?to=/ok`);
    await response.text();
    assert.deepEqual(
      (await clientSpans()).map(({ attributes }) => attributes['http.response.status_code']),
      [302, 200],
    );
  });

  clientTest('a mock that never sends is one span, when it is handed over', async () => {
    const mock = new MockAgent();
    mock.disableNetConnect();
    mock.get('http://shop.example').intercept({ path: '/' }).reply(201, 'mocked');
    const response = await traceFetch(undiciFetch)('http://shop.example/', { dispatcher: mock });
    assert.equal(await response.text(), 'mocked');
    assert.equal((await clientSpan()).attributes['http.response.status_code'], 201);
    await mock.close();
  });

  const own = new Error('no longer needed');
  for (const [what, reason] of [
    ['an error of its own', own],
    ['a text', 'enough'],
  ] as const) {
    clientTest(`a caller that aborts with ${what} has cancelled, before the answer and in its body`, async () => {
      for (const method of ['GET', 'POST'] as const) {
        const controller = new AbortController();
        const arrived = peer.arrived();
        const body = method === 'POST' ? 'all of it' : null;
        const sent = fetch(`${peer.origin}/hang`, { method, body, signal: controller.signal });
        await arrived;
        controller.abort(reason);
        await assert.rejects(sent, (error) => error === reason);
      }
      const controller = new AbortController();
      const answer = await request(`${peer.origin}/endless`, { signal: controller.signal });
      controller.abort(reason);
      await assert.rejects(answer.body.text());
      assert.deepEqual(
        (await clientSpans()).map(({ attributes, status }) => [attributes['throughline.ending'], status.code]),
        Array(3).fill(['cancelled', 'unset']),
      );
    });
  }

  clientTest('a body whose source fails is an error, and no cancellation', async () => {
    const { Readable } = await import('node:stream');
    const source = Readable.from(
      (async function* () {
        yield 'one';
        throw Object.assign(new Error('disk'), { code: 'EIO' });
      })(),
    );
    await assert.rejects(request(`${peer.origin}/ok`, { method: 'POST', body: source }));
    assert.equal((await clientSpan()).attributes['error.type'], 'EIO');
  });

  clientTest('an upgrade is left alone', async () => {
    const server = createServer();
    server.on('upgrade', (_req, socket) => {
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { socket } = await upgrade(`http://127.0.0.1:${port}/`, { protocol: 'echo' });
    socket.destroy();
    server.close();
    await once(server, 'close');
    assert.deepEqual(await clientSpans(), []);
  });
});
