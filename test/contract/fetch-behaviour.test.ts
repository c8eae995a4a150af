import assert from 'node:assert/strict';
import { after, before, beforeEach, describe } from 'node:test';
import { baggage, current, span, traceFetch } from 'throughline';
import { closedPort, inRequest, Peer } from './client/peer.ts';
import { clientSpan, clientSpans, clientTest, spansSoFar, traceparentOf } from './client/tracer.ts';

const peer = new Peer();
before(() => peer.open());
beforeEach(() => peer.reset());
after(() => peer.close());

const INCOMING = {
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'a=1',
  baggage: 'tenant=acme',
};

/** A function that nobody can look into: it answers by itself, and keeps what it was called with. */
function ownFetch() {
  const calls: { readonly url: string; readonly headers: Headers }[] = [];
  async function own(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const request = new Request(input, init);
    calls.push({ url: request.url, headers: request.headers });
    return new Response('own');
  }
  return { own, calls };
}

describe('traceFetch', () => {
  clientTest('resolves with the response of the given function itself', async () => {
    const response = new Response('mine');
    const traced = traceFetch(async () => response);
    assert.equal(await traced(), response);
    assert.equal(response.bodyUsed, false);
  });

  clientTest('rejects with the reason of the given function itself', async () => {
    const reason = new TypeError('mine', { cause: Object.assign(new Error('inner'), { code: 'EPIPE' }) });
    const traced = traceFetch((_url: string) => Promise.reject(reason));
    await assert.rejects(traced(`${peer.origin}/ok`), (error) => error === reason);
    const call = await clientSpan();
    assert.equal(call.attributes['error.type'], 'EPIPE');
    assert.deepEqual(
      call.events.map(({ attributes }) => attributes['exception.message']),
      ['mine'],
    );
  });

  clientTest('throws what the given function throws, and hands back what is no promise', async () => {
    const thrown = new Error('at once');
    const throwing = traceFetch((_url: string): string => {
      throw thrown;
    });
    assert.throws(
      () => throwing(`${peer.origin}/ok`),
      (error) => error === thrown,
    );
    assert.equal(traceFetch((_url: string) => 'no promise')(`${peer.origin}/ok`), 'no promise');
    assert.equal((await clientSpans()).length, 2);
  });

  clientTest('passes this, and every argument, on', async () => {
    function given(this: unknown, ...args: unknown[]): unknown[] {
      return [this, ...args];
    }
    const self = { fetch: traceFetch(given) };
    const [receiver, url, , extra] = self.fetch(`${peer.origin}/ok`, undefined, 'extra');
    assert.equal(receiver, self);
    assert.deepEqual([url, extra], [`${peer.origin}/ok`, 'extra']);
  });

  clientTest('given what it returned, returns the same', async () => {
    const traced = traceFetch();
    assert.equal(traceFetch(traced), traced);
    assert.notEqual(traced, globalThis.fetch);
  });

  clientTest('refuses what is no function, and options that are wrong', async () => {
    assert.throws(() => traceFetch('fetch' as never), { code: 'ERR_THROUGHLINE_OPTION', message: /got "fetch"/ });
    assert.throws(() => traceFetch(fetch, { pear: 'x' } as never), /unknown option "pear"; did you mean "peer"/);
    assert.throws(() => traceFetch(fetch, { propagateTo: 'Private' } as never), /did you mean 'private'/);
  });

  clientTest('leaves the options, headers and Request of the app as they are', async () => {
    const { own, calls } = ownFetch();
    const headers = Object.freeze({ 'X-App': '1', TraceParent: 'stale' });
    const init = Object.freeze({ method: 'POST', headers, body: 'x' });
    await traceFetch(own)(`${peer.origin}/ok`, init);
    const request = new Request(`${peer.origin}/ok`, { headers: [['x-app', '2']] });
    await traceFetch(own)(request);
    assert.deepEqual([...request.headers], [['x-app', '2']]);
    const spans = await clientSpans();
    assert.deepEqual(
      calls.map((call) => [call.headers.get('x-app'), call.headers.get('traceparent')]),
      [
        ['1', spans[0] && traceparentOf(spans[0])],
        ['2', spans[1] && traceparentOf(spans[1])],
      ],
    );
    assert.deepEqual(
      spans.map(({ name }) => name),
      ['POST', 'GET'],
    );
  });

  for (const [what, headers] of [
    ['a Headers object', new Headers({ 'x-app': '1', traceparent: 'stale' })],
    ['a list of pairs', [['x-app', '1'] as const, ['traceparent', 'stale'] as const]],
    ['a Map', new Map([['x-app', '1']])],
  ] as const) {
    clientTest(`writes beside headers that are ${what}`, async () => {
      const { own, calls } = ownFetch();
      const init = { headers } as unknown as RequestInit;
      await traceFetch(own)(`${peer.origin}/ok`, init);
      await traceFetch()(`${peer.origin}/ok`, init);
      const [first, second] = await clientSpans();
      assert.equal(calls[0]?.headers.get('traceparent'), first && traceparentOf(first));
      assert.equal(calls[0]?.headers.get('x-app'), '1');
      assert.equal(peer.received[0]?.headers.traceparent, second && traceparentOf(second));
      assert.equal(peer.received[0]?.headers['x-app'], '1');
    });
  }

  clientTest('leaves headers that are none to the function that is to refuse them', async () => {
    const init = { headers: { 'x y': '1' } };
    const untraced = await fetch(`${peer.origin}/ok`, init).catch(String);
    assert.equal(await traceFetch()(`${peer.origin}/ok`, init).catch(String), untraced);
    const { own } = ownFetch();
    await assert.rejects(traceFetch(own)(`${peer.origin}/ok`, init), TypeError);
  });

  clientTest('takes a Request as the second argument too', async () => {
    const { own, calls } = ownFetch();
    const init = new Request('http://other.example/', { method: 'PUT', headers: { 'x-app': '1' } });
    await traceFetch(own)(`${peer.origin}/ok`, init as RequestInit);
    assert.equal(calls[0]?.headers.get('traceparent'), traceparentOf(await clientSpan()));
    assert.equal((await clientSpan()).name, 'PUT');
  });

  clientTest('what goes over no network is no span', async () => {
    assert.equal(await (await traceFetch()('data:text/plain,hello')).text(), 'hello');
    assert.deepEqual(await clientSpans(), []);
  });

  clientTest('a call that fails before it sends is one span with the error', async () => {
    await assert.rejects(traceFetch()('http://127.0.0.1:1/')); // a port that fetch refuses
    await assert.rejects(traceFetch()('no url'));
    assert.deepEqual(
      (await clientSpans()).map(({ attributes, status }) => [attributes['error.type'], status.code]),
      [
        ['TypeError', 'error'],
        ['ERR_INVALID_URL', 'error'],
      ],
    );
    assert.equal(peer.received.length, 0);
  });

  clientTest('a request that is cancelled while its body comes is cancelled, with its status', async () => {
    const controller = new AbortController();
    const response = await traceFetch()(`${peer.origin}/endless`, { signal: controller.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    controller.abort();
    await assert.rejects(async () => reader?.read());
    const { attributes, status } = await clientSpan();
    assert.equal(attributes['throughline.ending'], 'cancelled');
    assert.equal(attributes['http.response.status_code'], 200);
    assert.equal(status.code, 'unset');
  });

  clientTest('an answer 503 whose body is not wanted is an error all the same', async () => {
    const response = await traceFetch()(`${peer.origin}/endless/503`);
    await response.body?.cancel();
    const { attributes, status, events } = await clientSpan();
    assert.deepEqual([attributes['error.type'], attributes['throughline.ending']], ['503', 'cancelled']);
    assert.deepEqual(status, { code: 'error' });
    assert.ok(events.every(({ name }) => name !== 'exception'));
  });

  clientTest('a reason of the caller is a cancellation too, whatever it is', async () => {
    const controller = new AbortController();
    const arrived = peer.arrived();
    const sent = traceFetch()(`${peer.origin}/hang`, { signal: controller.signal });
    await arrived;
    const reason = new Error('no longer needed');
    controller.abort(reason);
    await assert.rejects(sent, (error) => error === reason);
    const { attributes, status } = await clientSpan();
    assert.equal(attributes['throughline.ending'], 'cancelled');
    assert.equal(status.code, 'unset');
  });

  clientTest('the app goes on in its own scope, after the headers and after the body', async () => {
    await span('caller', async (caller) => {
      const response = await traceFetch()(`${peer.origin}/ok`);
      assert.equal(current(), caller);
      await response.text();
      assert.equal(current(), caller);
      await span('after', () => undefined);
    });
    const spans = await spansSoFar();
    const caller = spans.find(({ name }) => name === 'caller');
    assert.equal(spans.find(({ name }) => name === 'after')?.parentSpanId, caller?.spanId);
  });

  clientTest('with redirect: manual and error each hop there is, is one span', async () => {
    const traced = traceFetch();
    const manual = await traced(`${peer.origin}/redirect/302?to=/ok`, { redirect: 'manual' });
    assert.equal(manual.status, 302);
    await assert.rejects(traced(`${peer.origin}/redirect/302?to=/ok`, { redirect: 'error' }));
    const [first, second] = await clientSpans();
    assert.deepEqual([first?.status.code, first?.attributes['http.response.status_code']], ['unset', 302]);
    assert.deepEqual([second?.status.code, second?.attributes['error.type']], ['error', 'TypeError']);
    assert.equal(peer.received.length, 2);
  });

  clientTest('POST that becomes GET on its way is told as it was sent', async () => {
    await traceFetch()(`${peer.origin}/redirect/303?to=/ok`, { method: 'POST', body: 'x' });
    assert.deepEqual(
      (await clientSpans()).map(({ name }) => name),
      ['POST', 'GET'],
    );
    assert.deepEqual(
      peer.received.map(({ method }) => method),
      ['POST', 'GET'],
    );
  });

  clientTest('a refused hop is the one with the error', async () => {
    const gone = `http://127.0.0.1:${await closedPort()}/`;
    await assert.rejects(traceFetch()(`${peer.origin}/redirect/302?to=${gone}`));
    assert.deepEqual(
      (await clientSpans()).map(({ attributes }) => [
        attributes['http.response.status_code'],
        attributes['error.type'],
      ]),
      [
        [302, undefined],
        [undefined, 'ECONNREFUSED'],
      ],
    );
  });

  clientTest('a function that tries again by itself makes an attempt of each', async () => {
    async function persistent(url: string): Promise<Response> {
      for (;;) {
        const response = await fetch(url);
        if (response.status < 500) return response;
        await response.text();
      }
    }
    assert.equal((await traceFetch(persistent)(`${peer.origin}/flaky/2`)).status, 200);
    assert.deepEqual(
      (await clientSpans()).map(({ attributes }) => [
        attributes['http.response.status_code'],
        attributes['http.request.resend_count'],
      ]),
      [
        [503, undefined],
        [503, 1],
        [200, 2],
      ],
    );
  });

  clientTest('what else a given function sends is not taken for its request', async () => {
    async function withToken(url: string): Promise<Response> {
      await fetch(`${peer.origin}/status/200`);
      return fetch(url);
    }
    await traceFetch(withToken)(`${peer.origin}/ok`);
    const call = await clientSpan();
    assert.equal(call.attributes['url.full'], `${peer.origin}/ok`);
    assert.deepEqual(
      peer.received.map(({ headers }) => headers.traceparent),
      [undefined, traceparentOf(call)],
    );
  });

  clientTest(
    'baggage stays away from public hosts where redirects are out of sight, unless they are manual',
    async () => {
      const { own, calls } = ownFetch();
      const traced = traceFetch(own, { propagateTo: 'all' });
      await inRequest(INCOMING, async () => {
        await traced('http://shop.example.com/');
        await traced('http://shop.example.com/', { redirect: 'manual' });
        await traced('http://stock.internal/');
      });
      assert.deepEqual(
        calls.map(({ headers }) => [headers.has('traceparent'), headers.get('baggage')]),
        [
          [true, null],
          [true, 'tenant=acme'],
          [true, 'tenant=acme'],
        ],
      );
      const [withheld, manual] = await clientSpans();
      assert.deepEqual(withheld?.attributes['throughline.withheld'], ['baggage']);
      assert.equal(manual?.attributes['throughline.withheld'], undefined);
    },
  );

  clientTest('values that are no headers never keep a request from being sent', async () => {
    await baggage.with({ hostile: 'a\r\nInjected: 1', wide: '\ud83d\u20ac', nul: '\0' }, async () => {
      await traceFetch()(`${peer.origin}/ok`);
      await traceFetch(async (url: string, init?: RequestInit) => fetch(url, init))(`${peer.origin}/ok`);
    });
    for (const { headers } of peer.received) {
      assert.equal(headers.injected, undefined);
      assert.match(String(headers.baggage), /^[\x20-\x7e]+$/);
    }
    assert.equal(peer.received.length, 2);
  });
});
