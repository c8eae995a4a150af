import assert from 'node:assert/strict';
import { after, before, beforeEach, describe } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { baggage, traceFetch } from 'throughline';
import {
  Agent,
  BalancedPool,
  type Dispatcher,
  getGlobalDispatcher,
  interceptors,
  MockAgent,
  RetryAgent,
  setGlobalDispatcher,
  fetch as undiciFetch,
  request as undiciRequest,
} from 'undici';
import { Peer } from '../contract/client/peer.ts';
import { clientSpan, clientSpans, clientTest, startWith, traceparentOf } from '../contract/client/tracer.ts';

const peer = new Peer();
const other = new Peer();

before(async () => {
  await peer.open();
  await other.open();
});
beforeEach(() => {
  peer.reset();
  other.reset();
});
after(async () => {
  await peer.close();
  await other.close();
});

startWith({ instrument: { fetch: true, http: false } });

/** A request that goes somewhere else than it says. */
function rewriting(change: (options: Dispatcher.DispatchOptions) => Partial<Dispatcher.DispatchOptions>): Dispatcher {
  return new Agent().compose((dispatch) => (options, handler) => dispatch({ ...options, ...change(options) }, handler));
}

let turn = 0;
const REWRITERS: Readonly<Record<string, () => Dispatcher>> = {
  'undici\u2019s dns interceptor': () =>
    new Agent().compose(
      interceptors.dns({
        lookup: (_origin, _options, done) => done(null, [{ address: '127.0.0.1', ttl: 1000, family: 4 }]),
      }),
    ),
  'an interceptor that balances': () => rewriting(() => ({ origin: [peer, other][turn++ % 2]?.origin as string })),
  'a gateway that changes the path': () => rewriting(({ path }) => ({ origin: peer.origin, path: `/ok?path=${path}` })),
  BalancedPool: () => new BalancedPool([peer.origin]),
  'an interceptor that asks for something else first': () =>
    new Agent().compose((dispatch) => (options, handler) => {
      void undiciRequest(`${other.origin}/status/401`)
        .then(({ body }) => body.dump())
        .then(() => dispatch({ ...options, origin: peer.origin }, handler));
      return true;
    }),
  'an interceptor that waits': () =>
    new Agent().compose((dispatch) => (options, handler) => {
      void delay(1).then(() => dispatch({ ...options, origin: peer.origin }, handler));
      return true;
    }),
};

const FETCHES: Readonly<Record<string, typeof globalThis.fetch>> = {
  'Node\u2019s fetch': traceFetch(),
  'undici\u2019s fetch': traceFetch(undiciFetch) as unknown as typeof globalThis.fetch,
};

for (const [fetchName, fetch] of Object.entries(FETCHES)) {
  describe(`dispatchers that send a request somewhere else, under ${fetchName} beside instrument.fetch`, () => {
    for (const [name, make] of Object.entries(REWRITERS)) {
      clientTest(`${name}: context goes along, and the call is one span`, async () => {
        const url = `http://stock.internal:${peer.port}/ok`;
        const init = { dispatcher: make(), headers: { 'x-app': '1' } } as never;
        const response = await baggage.with({ tenant: 'acme' }, () => fetch(url, init));
        assert.equal(await response.text(), 'ok');
        const calls = (await clientSpans()).filter(({ attributes }) => attributes['url.full'] === url);
        assert.equal(calls.length, 1);
        const [call] = calls;
        const [received] = [...peer.received, ...other.received.filter(({ path }) => path === '/ok')];
        assert.equal(received?.headers.traceparent, call && traceparentOf(call));
        assert.equal(received?.headers.baggage, 'tenant=acme');
        assert.equal(received?.headers['x-app'], '1');
        assert.equal(call?.attributes['server.address'], 'stock.internal');
        assert.equal(call?.attributes['network.peer.address'], '127.0.0.1');
        assert.equal(call?.attributes['http.response.status_code'], 200);
        const rest = (await clientSpans()).filter((span) => span !== call);
        assert.deepEqual(
          rest.map(({ attributes }) => attributes['http.response.status_code']),
          name.includes('something else') ? [401] : [],
        );
      });
    }

    clientTest('each hop of a redirect, told by the name that was asked for', async () => {
      const dispatcher = rewriting(() => ({ origin: peer.origin }));
      await fetch('http://stock.internal/redirect/302?to=/ok', { dispatcher, headers: { baggage: 'own=1' } } as never);
      const hops = await clientSpans();
      assert.deepEqual(
        hops.map(({ attributes }) => [attributes['url.full'], attributes['http.response.status_code']]),
        [
          ['http://stock.internal/redirect/302?to=REDACTED', 302],
          ['http://stock.internal/ok', 200],
        ],
      );
      assert.deepEqual(
        peer.received.map(({ headers }) => [headers.traceparent, headers.baggage]),
        hops.map((hop) => [traceparentOf(hop), 'own=1']),
      );
    });

    clientTest('each try of a dispatcher that tries again', async () => {
      const dispatcher = new RetryAgent(rewriting(() => ({ origin: peer.origin })) as Agent, {
        minTimeout: 1,
        statusCodes: [503],
      });
      const response = await fetch('http://stock.internal/flaky/2', { dispatcher } as never);
      assert.equal(response.status, 200);
      const tries = await clientSpans();
      assert.deepEqual(
        tries.map(({ attributes }) => [attributes['http.request.resend_count'], attributes['url.full']]),
        [undefined, 1, 2].map((count) => [count, 'http://stock.internal/flaky/2']),
      );
      assert.deepEqual(
        peer.received.map(({ headers }) => headers.traceparent),
        tries.map(traceparentOf),
      );
    });

    clientTest('what propagateTo withholds goes nowhere, and the call is one span', async () => {
      const dispatcher = rewriting(() => ({ origin: peer.origin }));
      const kept = traceFetch(fetchName.startsWith('Node') ? globalThis.fetch : (undiciFetch as never), {
        propagateTo: 'none',
      });
      await (await kept(`http://stock.internal/ok`, { dispatcher } as never)).text();
      assert.equal(peer.received[0]?.headers.traceparent, undefined);
      assert.deepEqual((await clientSpan()).attributes['throughline.withheld'], ['trace']);
    });
  });

  describe(`dispatchers that are no undici client, under ${fetchName}`, () => {
    clientTest('MockAgent sees the context in the headers of its request, beside the app\u2019s own', async () => {
      const agent = new MockAgent();
      agent.disableNetConnect();
      let seen: Headers | undefined;
      agent
        .get('http://stock.example')
        .intercept({ path: '/a', method: 'POST' })
        .reply((options) => {
          seen = new Headers(options.headers as Record<string, string>);
          return { statusCode: 201, data: 'mocked' };
        });
      const init = { dispatcher: agent, method: 'POST', body: 'x', headers: { 'x-app': '1' } };
      assert.equal(await (await fetch('http://stock.example/a', init as never)).text(), 'mocked');
      const call = await clientSpan();
      assert.equal(seen?.get('traceparent'), traceparentOf(call));
      assert.equal(seen?.get('x-app'), '1');
      assert.equal(call.attributes['http.response.status_code'], 201);
    });

    clientTest('MockAgent matches by our header too', async () => {
      const agent = new MockAgent();
      agent.disableNetConnect();
      agent
        .get('http://stock.example')
        .intercept({ path: '/a', headers: { traceparent: /^00-/ } })
        .reply(200, 'mocked');
      await (await fetch('http://stock.example/a', { dispatcher: agent } as never)).text();
      assert.equal((await clientSpan()).attributes['http.response.status_code'], 200);
    });

    clientTest('a dispatcher of the app\u2019s own', async () => {
      const dispatcher = ownDispatcher();
      await (await fetch('http://stock.example/a', { dispatcher } as never)).text();
      const sent = new Headers(dispatcher.seen as Record<string, string>);
      assert.equal(sent.get('traceparent'), traceparentOf(await clientSpan()));
    });
  });
}

/** Answers by itself. */
function ownDispatcher(): Dispatcher & { seen: unknown } {
  const agent = new MockAgent();
  agent.get('http://stock.example').intercept({ path: '/a' }).reply(200, 'own');
  const dispatcher = {
    seen: undefined as unknown,
    dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
      dispatcher.seen = options.headers;
      return agent.dispatch(options as never, handler);
    },
  };
  return dispatcher as unknown as Dispatcher & { seen: unknown };
}

describe('a dispatcher for the whole process', () => {
  clientTest('is found by Node\u2019s fetch as by undici\u2019s own calls: one span each', async () => {
    const before = getGlobalDispatcher();
    setGlobalDispatcher(rewriting(() => ({ origin: peer.origin })));
    try {
      const response = await traceFetch()('http://stock.internal/ok');
      await response.text();
      const { body } = await undiciRequest('http://stock.internal/ok');
      await body.dump();
    } finally {
      setGlobalDispatcher(before);
    }
    const calls = await clientSpans();
    assert.deepEqual(
      peer.received.map(({ headers }) => headers.traceparent),
      calls.map(traceparentOf),
    );
    assert.equal(calls.length, 2);
  });
});
