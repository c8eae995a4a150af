import assert from 'node:assert/strict';
import { after, before, describe, mock } from 'node:test';
import makeFetchHappen from 'make-fetch-happen';
import nodeFetch3 from 'node-fetch';
import nodeFetch2 from 'node-fetch2';
import { traceFetch } from 'throughline';
import { fetch as undiciFetch } from 'undici';
import { Peer } from '../contract/client/peer.ts';
import { clientSpan, clientSpans, clientTest, traceparentOf } from '../contract/client/tracer.ts';

const peer = new Peer();
before(() => peer.open());
after(() => peer.close());

type AnyFetch = (input: unknown, init?: unknown) => Promise<{ readonly status: number; text(): Promise<string> }>;

const FETCHES: Readonly<Record<string, AnyFetch>> = {
  'Node\u2019s': globalThis.fetch as unknown as AnyFetch,
  'undici\u2019s': undiciFetch as unknown as AnyFetch,
  'node-fetch 2': nodeFetch2 as unknown as AnyFetch,
  'node-fetch 3': nodeFetch3 as unknown as AnyFetch,
  'make-fetch-happen': makeFetchHappen as unknown as AnyFetch,
};

/** The arguments that some fetch refuses, and those that all take though they look odd. */
const INITS: Readonly<Record<string, () => unknown>> = {
  'headers: null': () => ({ headers: null }),
  'headers: false': () => ({ headers: false }),
  'headers: 7': () => ({ headers: 7 }),
  'headers: a text': () => ({ headers: 'a: b' }),
  'headers: a function': () => ({ headers: () => undefined }),
  'headers: [a text]': () => ({ headers: ['a'] }),
  'headers: [two characters]': () => ({ headers: ['ab'] }),
  'headers: [null]': () => ({ headers: [null] }),
  'headers: [one]': () => ({ headers: [['a']] }),
  'headers: [three]': () => ({ headers: [['a', 'b', 'c']] }),
  'headers: [numbers]': () => ({ headers: [[1, 2]] }),
  'headers: [a Set]': () => ({ headers: [new Set(['x-a', '1'])] }),
  'headers: []': () => ({ headers: [] }),
  'headers: a Map': () => ({ headers: new Map([['x-a', '1']]) }),
  'headers: a bad name': () => ({ headers: { 'b d': '1' } }),
  'headers: a bad value': () => ({ headers: { a: 'x\ny' } }),
  'headers: a value undefined': () => ({ headers: { 'x-a': undefined } }),
  'headers: a symbol as a value': () => ({ headers: { 'x-a': Symbol('s') } }),
  'headers: a symbol as a name': () => ({ headers: { [Symbol('k')]: '1' } }),
  'headers: own __proto__': () => ({ headers: JSON.parse('{"__proto__": "1"}') }),
  'a getter of headers that throws': () =>
    Object.defineProperty({}, 'headers', { get: () => assert.fail('headers'), enumerable: true }),
  'init: null': () => null,
  'init: 7': () => 7,
  'init: a text': () => 'x',
  'init: a list': () => [],
  'init: a function': () => () => undefined,
  // With headers: make-fetch-happen names itself otherwise in calls that have some.
  'method: null': () => ({ method: null, headers: {} }),
};

async function outcome(fetch: AnyFetch, init: unknown): Promise<unknown> {
  try {
    const response = await fetch(`${peer.origin}/ok`, init);
    await response.text();
    const { headers, method } = peer.received.at(-1) ?? {};
    const { traceparent: _, connection: __, ...rest } = headers ?? {};
    return [response.status, method, rest];
  } catch (error) {
    const { name, message, cause } = error as Error;
    return [name, message, (cause as Error | undefined)?.message];
  }
}

for (const [name, fetch] of Object.entries(FETCHES)) {
  describe(`odd arguments: ${name} fetch`, () => {
    for (const [what, makeInit] of Object.entries(INITS)) {
      clientTest(`${what}: as without us`, async () => {
        const plain = await outcome(fetch, makeInit());
        assert.deepEqual(await outcome(traceFetch(fetch), makeInit()), plain);
        assert.equal(
          (await clientSpan()).status.code,
          typeof plain === 'object' && (plain as unknown[])[0] === 200 ? 'unset' : 'error',
        );
      });
    }

    clientTest('no arguments, and a URL that is none: as without us', async () => {
      for (const input of [undefined, null, '', '/relative?key=1', {}, 'http://']) {
        const errorOf = (call: AnyFetch): Promise<string> =>
          Promise.resolve()
            .then(() => call(input))
            .then(String, (error: Error) => `${error.name}: ${error.message}`);
        assert.equal(await errorOf(traceFetch(fetch)), await errorOf(fetch));
      }
    });
  });
}

describe('a Request as the input', () => {
  const fetch = traceFetch();

  clientTest('keeps its referrer and its policy, its body and its headers', async () => {
    peer.reset();
    const request = (): Request =>
      new Request(`${peer.origin}/ok`, {
        method: 'POST',
        body: 'sent',
        referrer: `${peer.origin}/page?id=7`,
        referrerPolicy: 'unsafe-url',
        headers: { 'x-app': '1', Traceparent: 'stale' },
      });
    await (await globalThis.fetch(request())).text();
    await (await fetch(request())).text();
    await (await fetch(request(), {})).text();
    const [plain, ...traced] = peer.received.map(({ headers, body }) => [
      headers.referer,
      headers['x-app'],
      body.toString(),
    ]);
    assert.deepEqual(plain?.slice(1), ['1', 'sent']); // not every Node sends the referrer
    assert.deepEqual(traced, [plain, plain]);
    const calls = await clientSpans();
    assert.deepEqual(
      peer.received.slice(1).map(({ headers }) => headers.traceparent),
      calls.map(traceparentOf),
    );
  });

  clientTest('is used up, and says so the second time, as without us', async () => {
    const request = new Request(`${peer.origin}/ok`, { method: 'POST', body: 'sent' });
    await fetch(request);
    assert.equal(request.bodyUsed, true);
    await assert.rejects(fetch(request), TypeError);
    await clientSpans();
  });

  clientTest('is cancelled by its own signal', async () => {
    const controller = new AbortController();
    const arrived = peer.arrived();
    const sent = fetch(new Request(`${peer.origin}/hang`, { signal: controller.signal }));
    await arrived;
    controller.abort();
    await assert.rejects(sent, { name: 'AbortError' });
    assert.equal((await clientSpan()).attributes['throughline.ending'], 'cancelled');
  });
});

describe('the properties of what was wrapped', () => {
  clientTest('are those of the function: classes, defaults, name and length', async () => {
    const traced2 = traceFetch(nodeFetch2) as typeof nodeFetch2 & Record<string, unknown>;
    const plain2 = nodeFetch2 as typeof nodeFetch2 & Record<string, unknown>;
    for (const key of ['Promise', 'isRedirect', 'Headers', 'Request', 'Response', 'FetchError']) {
      assert.equal(traced2[key], plain2[key], key);
    }
    assert.equal(new (traced2 as unknown as { Headers: typeof Headers }).Headers({ a: '1' }).get('a'), '1');
    assert.deepEqual([traced2.name, traced2.length], [plain2.name, plain2.length]);
    const happens = traceFetch(makeFetchHappen);
    assert.equal(happens.defaults, makeFetchHappen.defaults);
    const response = await happens.defaults({ retry: false })(`${peer.origin}/ok`);
    assert.equal(response.status, 200);
  });

  clientTest('are those of a mock', async () => {
    const mocked = mock.fn(async (_url: string) => new Response('mocked'));
    const traced = traceFetch(mocked);
    await traced('http://stock.example/');
    assert.equal(traced.mock.callCount(), 1);
    await clientSpan();
  });

  clientTest('a function that tells nothing of itself is traced all the same', async () => {
    const shy = new Proxy(async (_url: string) => new Response('shy'), {
      ownKeys: () => assert.fail('asked'),
      getPrototypeOf: () => assert.fail('asked'),
    });
    assert.equal(await (await traceFetch(shy)('http://stock.example/')).text(), 'shy');
    await clientSpan();
  });
});
