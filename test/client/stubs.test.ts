import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import http, { type ClientRequest } from 'node:http';
import { after, afterEach, before, describe, type Mock, mock } from 'node:test';
import fetchMock from 'fetch-mock';
import { traceFetch, traceHttp } from 'throughline';
import { Peer } from '../contract/client/peer.ts';
import { clientSpan, clientSpans, clientTest, traceparentOf } from '../contract/client/tracer.ts';
import { answerText } from './answer-text.ts';

// As an app has them: made when its modules are loaded.
const fetch = traceFetch();
const tracedHttp = traceHttp(http);
const peer = new Peer();

before(() => peer.open());
after(() => peer.close());
afterEach(() => peer.reset());

function headersOf(call: Mock<typeof globalThis.fetch>): Headers {
  return new Headers(call.mock.calls[0]?.arguments[1]?.headers);
}

describe('a global fetch that is replaced after traceFetch()', () => {
  clientTest('as jest.spyOn does it: the stub answers, one span, and it was called with the context', async () => {
    const stub = mock.method(globalThis, 'fetch', async () => new Response('stubbed', { status: 202 }));
    try {
      assert.equal(await (await fetch('http://stock.example/a', { headers: { 'x-app': '1' } })).text(), 'stubbed');
    } finally {
      stub.mock.restore();
    }
    const call = await clientSpan();
    assert.equal(call.attributes['http.response.status_code'], 202);
    assert.equal(headersOf(stub as never).get('traceparent'), traceparentOf(call));
    assert.equal(headersOf(stub as never).get('x-app'), '1');
  });

  clientTest('as a spy that calls through does it: one span, one request', async () => {
    const spy = mock.method(globalThis, 'fetch');
    try {
      assert.equal(await (await fetch(`${peer.origin}/ok`)).text(), 'ok');
    } finally {
      spy.mock.restore();
    }
    assert.equal(spy.mock.callCount(), 1);
    assert.equal(peer.received[0]?.headers.traceparent, traceparentOf(await clientSpan()));
  });

  clientTest('as vi.stubGlobal does it, and when it is put back the real one answers', async () => {
    const original = globalThis.fetch;
    globalThis.fetch = async () => new Response('stubbed');
    assert.equal(await (await fetch(`${peer.origin}/ok`)).text(), 'stubbed');
    globalThis.fetch = original;
    assert.equal(await (await fetch(`${peer.origin}/ok`)).text(), 'ok');
    assert.equal((await clientSpans()).length, 2);
  });

  clientTest('by a stub that throws, rejects, or is deleted: as a kept fetch would answer', async () => {
    const original = globalThis.fetch;
    try {
      globalThis.fetch = () => {
        throw new RangeError('thrown');
      };
      assert.throws(() => fetch('http://stock.example/'), RangeError);
      globalThis.fetch = () => Promise.reject(new RangeError('rejected'));
      await assert.rejects(fetch('http://stock.example/'), RangeError);
      Reflect.deleteProperty(globalThis, 'fetch');
      assert.equal(await (await fetch(`${peer.origin}/ok`)).text(), 'ok');
    } finally {
      globalThis.fetch = original;
    }
    assert.deepEqual(
      (await clientSpans()).map(({ attributes }) => attributes['error.type']),
      ['RangeError', 'RangeError', undefined],
    );
  });

  clientTest('by fetch-mock', async () => {
    fetchMock.mockGlobal().route('http://stock.example/a', { status: 203, body: 'mocked' });
    try {
      assert.equal(await (await fetch('http://stock.example/a')).text(), 'mocked');
      const call = await clientSpan();
      assert.equal(call.attributes['http.response.status_code'], 203);
      const sent = new Headers(fetchMock.callHistory.lastCall()?.options.headers as Record<string, string>);
      assert.equal(sent.get('traceparent'), traceparentOf(call));
    } finally {
      fetchMock.unmockGlobal();
    }
  });

  clientTest('by wrappers around a traced global one, whatever they rewrite: it ends', async () => {
    const original = globalThis.fetch;
    globalThis.fetch = traceFetch();
    const found = globalThis.fetch;
    let handedOn = 0;
    globalThis.fetch = (input, init) => {
      handedOn++;
      return found(`${peer.origin}/ok?was=${encodeURIComponent(String(input))}`, init);
    };
    try {
      assert.equal(await (await found(`${peer.origin}/ok`)).text(), 'ok');
      assert.equal(await (await globalThis.fetch(`${peer.origin}/ok`)).text(), 'ok');
    } finally {
      globalThis.fetch = original;
    }
    assert.ok(handedOn < 8, `${handedOn}`);
  });

  clientTest('one that was handed over stays the one that is called', async () => {
    const given = traceFetch(globalThis.fetch);
    const stub = mock.method(globalThis, 'fetch', async () => new Response('stubbed'));
    try {
      assert.equal(await (await given(`${peer.origin}/ok`)).text(), 'ok');
    } finally {
      stub.mock.restore();
    }
    assert.equal(stub.mock.callCount(), 0);
  });
});

describe('functions of node:http that are replaced after traceHttp()', () => {
  for (const name of ['request', 'get'] as const) {
    clientTest(`a spy on http.${name} sees the call, and the answer is one span`, async () => {
      const spy = mock.method(http, name);
      try {
        assert.equal(await answerText((done) => tracedHttp[name](`${peer.origin}/ok`, done)), 'ok');
      } finally {
        spy.mock.restore();
      }
      assert.equal(spy.mock.callCount(), 1);
      assert.equal(peer.received[0]?.headers.traceparent, traceparentOf(await clientSpan()));
    });

    clientTest(`a spy on http.${name} sees options and listener as they were given`, async () => {
      const spy = mock.method(http, name);
      const url = new URL(`${peer.origin}/ok`);
      try {
        await answerText((done) => tracedHttp[name](url, { headers: { 'x-app': '1' } }, done));
        await answerText((done) => tracedHttp[name]({ host: url.hostname, port: url.port, path: '/ok' }, done));
      } finally {
        spy.mock.restore();
      }
      assert.deepEqual(
        peer.received.map(({ path, headers }) => [path, headers['x-app']]),
        [
          ['/ok', '1'],
          ['/ok', undefined],
        ],
      );
      assert.equal((await clientSpans()).length, 2);
    });

    clientTest(`a stub of http.${name} that makes something else hands that to the app`, async () => {
      const made = Object.assign(new EventEmitter(), { end: () => made });
      const stub = mock.method(http, name, () => made as unknown as ClientRequest);
      try {
        assert.equal(tracedHttp[name](`${peer.origin}/ok`), made);
      } finally {
        stub.mock.restore();
      }
      assert.equal(peer.received.length, 0);
    });
  }
});
