import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, beforeEach, describe } from 'node:test';
import axios, { type AxiosInstance } from 'axios';
import { baggage, type SpanOptions, span, traceAxios, traceFetch, traceHttp } from 'throughline';
import { Baggage } from 'throughline/propagation';
import { capture } from 'throughline/test';
import { sendByHttp } from './client/http-sender.ts';
import { Peer } from './client/peer.ts';
import { clientTest } from './client/tracer.ts';

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[0-3]$/;
const TRACESTATE_MEMBER =
  /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const OCTETS = String.raw`[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*`;
const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const BAGGAGE_MEMBER = new RegExp(`^${TOKEN}=${OCTETS}(;${TOKEN}(=${OCTETS})?)*$`);

const peer = new Peer();
before(() => peer.open());
beforeEach(() => peer.reset());
after(() => peer.close());

/** Asks for a URL; the status and the body of the answer. */
type Client = (url: string) => Promise<readonly [status: number, body: string]>;

function byAxios(instance: AxiosInstance): Client {
  return async (url) => {
    const { status, data } = await instance.get(url);
    return [status, data];
  };
}

function byFetch(fetch: typeof globalThis.fetch): Client {
  return async (url) => {
    const response = await fetch(url);
    return [response.status, await response.text()];
  };
}

const clients: readonly (readonly [string, Client])[] = [
  ['the http adapter of axios', byAxios(traceAxios(axios.create()))],
  ['the fetch adapter of axios', byAxios(traceAxios(axios.create({ adapter: 'fetch' })))],
  ['the global fetch', byFetch(traceFetch())],
  ['a fetch of the app', byFetch(traceFetch((input, init?: RequestInit) => fetch(input as string, init)))],
  [
    'node:http',
    async (url) => {
      const answer = await sendByHttp(traceHttp(http).request, 'http')({ url });
      return [answer.status, answer.body];
    },
  ],
];

/** As they stood on the wire: in a polluted process even node's `headers` are not to be believed. */
function sentHeaders(): Map<string, string> {
  const raw = peer.received.at(-1)?.rawHeaders ?? [];
  const headers = new Map<string, string>();
  for (let at = 0; at < raw.length; at += 2) headers.set(String(raw[at]).toLowerCase(), String(raw[at + 1]));
  return headers;
}

/** Sends one request; it must arrive, with headers of ours that are valid or absent. */
async function assertSent(client: Client): Promise<void> {
  assert.deepEqual(await client(`${peer.origin}/ok`), [200, 'ok']);
  const headers = sentHeaders();
  const [traceparent, tracestate, bag] = ['traceparent', 'tracestate', 'baggage'].map((name) => headers.get(name));
  if (traceparent !== undefined) assert.match(String(traceparent), TRACEPARENT);
  if (tracestate !== undefined) {
    const members = String(tracestate).split(',');
    assert.ok(members.length <= 32);
    for (const member of members) assert.match(member, TRACESTATE_MEMBER);
  }
  if (bag !== undefined) {
    const members = String(bag).split(',');
    assert.ok(members.length <= 64 && String(bag).length <= 8192);
    for (const member of members) assert.match(member, BAGGAGE_MEMBER);
  }
  assert.equal(headers.has('injected'), false);
}

const TEXTS: readonly (readonly [string, string])[] = [
  ['CR and LF', 'a\r\nInjected: 1\r\n\r\nGET /'],
  ['a lone LF', 'a\nInjected: 1'],
  ['NUL', 'a\0b'],
  ['other control characters', '\x01\x1b[31m\x7f\x80\x9f'],
  ['a lone high surrogate', 'a\ud83d'],
  ['a lone low surrogate', '\ude00b'],
  ['surrogates the wrong way round', '\ude00\ud83d'],
  ['beyond ASCII', '\u00e4\u20ac\u{1f600}\u2028\ufeff'],
  ['separators', ',;="\\%'],
  ['codes that decode to CR and LF', '%0d%0aInjected:%201'],
  ['1 MB', 'x'.repeat(1_000_000)],
  ['1 MB of what grows when coded', '\u20ac'.repeat(333_333)],
];
const NOT_TEXT: readonly unknown[] = [Symbol('s'), 1n, Number.NaN, null, undefined, {}, [], () => 1];

for (const [name, client] of clients) {
  describe(`with ${name} a request is sent whatever the app puts into`, () => {
    for (const [what, text] of TEXTS) {
      clientTest(`baggage values: ${what}`, async () => {
        await baggage.with({ before: '1', hostile: text, after: '2' }, () => assertSent(client));
        const arrived = Baggage.parse(String(peer.received[0]?.headers.baggage));
        assert.deepEqual([arrived?.get('before'), arrived?.get('after')], ['1', '2']);
        const expected = text.length >= 100_000 ? undefined : Buffer.from(text).toString(); // U+FFFD for lone halves
        assert.equal(arrived?.get('hostile'), expected);
      });

      clientTest(`baggage keys and metadata: ${what}`, async () => {
        await baggage.with({ [text]: '1', ok: { value: '1', metadata: `${text};k=${text}` } }, () =>
          assertSent(client),
        );
      });

      clientTest(`the tracestate of a parent: ${what}`, async () => {
        for (const state of [text, `a=${text}`, `a=1,${text}=2`]) {
          await span('caller', under({ traceState: { serialize: () => state } }), () => assertSent(client));
          assert.notEqual(peer.received.at(-1)?.headers.traceparent, undefined);
        }
      });

      clientTest(`the ids of a parent: ${what}`, async () => {
        for (const ids of [{ traceId: text }, { spanId: text }]) {
          await span('caller', under(ids), () => assertSent(client));
          assert.match(String(peer.received.at(-1)?.headers.traceparent), TRACEPARENT);
        }
      });
    }

    clientTest('baggage and parents: what is no text at all', async () => {
      const set = baggage.set as (...args: unknown[]) => void;
      for (const odd of NOT_TEXT) {
        await baggage.with({ odd, ok: { value: '1', metadata: odd } } as never, () => assertSent(client));
        await span('caller', async () => {
          set(odd, 'value');
          set('key', odd);
          set('key', 'value', odd);
          await assertSent(client);
        });
        await span('caller', under({ traceState: { serialize: () => odd } }), () => assertSent(client));
        await span('caller', under({ traceId: odd, spanId: odd, traceFlags: odd }), () => assertSent(client));
      }
    });

    clientTest('a parent whose tracestate throws', async () => {
      const refuse = (): never => assert.fail('on purpose');
      await span('caller', under({ traceState: { serialize: refuse } }), () => assertSent(client));
      const proxy = new Proxy({}, { get: refuse, has: refuse });
      await span('caller', { parent: proxy as never }, () => assertSent(client));
    });

    clientTest('a tracestate of 33 members, or of 1000', async () => {
      for (const count of [32, 33, 1000]) {
        const state = Array.from({ length: count }, (_, n) => `k${n}=v`).join(',');
        await span('caller', under({ traceState: { serialize: () => state } }), () => assertSent(client));
        assert.equal(peer.received.at(-1)?.headers.tracestate, count === 32 ? state : undefined);
      }
    });

    clientTest('a propagator of its own that writes what is no header', async () => {
      const fields: readonly (readonly [unknown, unknown])[] = [
        ['x-crlf', 'a\r\nInjected: 1'],
        ['x-nul', 'a\0'],
        ['x-wide', '\u20ac'],
        ['x y', '1'],
        ['', '1'],
        ['x-symbol', Symbol('s')],
        [Symbol('s'), '1'],
        ['x-ok', 'fine'],
      ];
      const propagator = {
        name: 'hostile',
        fields: [],
        extract: () => undefined,
        inject(_context: unknown, carrier: never, setter: { set(carrier: never, name: string, value: string): void }) {
          for (const [name, value] of fields) setter.set(carrier, name as string, value as string);
        },
      };
      await capture({ propagators: ['tracecontext', propagator] }, async () => {
        await assertSent(client);
        const headers = peer.received.at(-1)?.headers ?? {};
        assert.deepEqual(
          Object.keys(headers).filter((name) => name.startsWith('x')),
          ['x-ok'],
        );
      });
    });

    const pollutions: readonly (readonly [string, PropertyDescriptor])[] = [
      ['values', { value: 'polluted\r\nInjected: 1', writable: true }],
      ['values that cannot be replaced', { value: 'polluted\r\nInjected: 1', writable: false }],
      ['accessors that throw', { get: () => assert.fail('read'), set: () => assert.fail('written') }],
    ];
    // The server of the test is in the same process: it fails at a header that it then cannot keep. axios fails
    // to take one, so that none is sent.
    for (const [what, descriptor] of name.includes('axios') ? pollutions : pollutions.slice(0, 1)) {
      clientTest(`Object.prototype: ${what} under our names`, async () => {
        await span('caller', under({ traceState: { serialize: () => 'a=1' } }), () =>
          baggage.with({ tenant: 'acme' }, () => polluted(descriptor, () => assertSent(client))),
        );
        const headers = sentHeaders();
        if (what === 'values')
          assert.deepEqual([headers.get('tracestate'), headers.get('baggage')], ['a=1', 'tenant=acme']);
        if (!headers.has('traceparent')) assert.equal(headers.has('tracestate'), false, 'each with its other half');
        assert.doesNotMatch(JSON.stringify([...headers]), /polluted/);
      });
    }
  });
}

/** A span under a parent that is right but for `odd`. */
function under(odd: object): SpanOptions {
  const parent = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1, ...odd };
  return { parent: parent as NonNullable<SpanOptions['parent']> };
}

const POLLUTED = ['traceparent', 'tracestate', 'baggage', 'sampled', 'vendor', 'metadata', '__proto_polluted__'];

async function polluted(descriptor: PropertyDescriptor, fn: () => Promise<void>): Promise<void> {
  for (const name of POLLUTED) Object.defineProperty(Object.prototype, name, { ...descriptor, configurable: true });
  try {
    await fn();
  } finally {
    for (const name of POLLUTED) Reflect.deleteProperty(Object.prototype, name);
  }
}
