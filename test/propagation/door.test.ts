import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { IncomingMessage, OutgoingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { AxiosHeaders } from 'axios';
import { baggage, current, type Span, span, start } from 'throughline';
import { extract, inject, TraceState } from 'throughline/propagation';
import { endsClean } from '../contract/checks/no-leaks.ts';
import { repositoryRoot } from '../support/repository.ts';

const throughline = start({ service: 'test', exporters: 'none' });
const BAGGAGE = { tenant: { value: 'acme', metadata: 'ttl=30' } };

/** Runs `fn` with a span, a tracestate and baggage active. */
function withActive<Result>(fn: (active: Span) => Result): Promise<Result> {
  const traceState = TraceState.parse('congo=t61,rojo=00f');
  const parent = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 3, isRemote: true };
  return span('active', { parent: { ...parent, ...(traceState && { traceState }) } }, async (active) =>
    baggage.with(BAGGAGE, () => fn(active)),
  );
}

const fieldsOf = (active: Span) => ({
  traceparent: `00-${active.traceId}-${active.spanId}-03`,
  tracestate: 'congo=t61,rojo=00f',
  baggage: 'tenant=acme;ttl=30',
});

function clean(test: () => Promise<void> | void): () => Promise<void> {
  return endsClean(({ watch }) => {
    watch(throughline);
    return test();
  });
}

const carriers: readonly [name: string, make: () => unknown, read: (carrier: never, field: string) => unknown][] = [
  ['a plain object', () => ({}), (carrier: Record<string, string>, field) => carrier[field]],
  [
    'an object without a prototype',
    () => Object.create(null),
    (carrier: Record<string, string>, field) => carrier[field],
  ],
  ['Headers', () => new Headers(), (carrier: Headers, field) => carrier.get(field)],
  ['a Map', () => new Map(), (carrier: Map<string, string>, field) => carrier.get(field)],
  ['a list of pairs', () => [], (carrier: [string, string][], field) => new Map(carrier).get(field)],
  ["axios's headers", () => new AxiosHeaders(), (carrier: AxiosHeaders, field) => carrier.get(field)],
  [
    'an outgoing message of node:http',
    () => new OutgoingMessage(),
    (carrier: OutgoingMessage, field) => carrier.getHeader(field),
  ],
];

describe('inject and extract', () => {
  for (const [name, make, read] of carriers) {
    it(
      `carry the active span and its baggage in ${name}`,
      clean(() =>
        withActive((active) => {
          const carrier = make();
          assert.equal(inject(carrier), carrier);
          for (const [field, value] of Object.entries(fieldsOf(active)))
            assert.equal(read(carrier as never, field), value);
          const remote = extract(carrier);
          assert.deepEqual([remote?.traceId, remote?.spanId], [active.traceId, active.spanId]);
          assert.deepEqual([remote?.sampled, remote?.random, remote?.debug], [true, true, false]);
          assert.equal(remote?.traceState?.serialize(), 'congo=t61,rojo=00f');
          assert.equal(remote?.baggage?.serialize(), 'tenant=acme;ttl=30');
        }),
      ),
    );

    it(
      `replace what stands in ${name}, and write nothing where nothing is active`,
      clean(async () => {
        const carrier = make();
        inject(carrier);
        assert.equal(extract(carrier), undefined);
        await withActive(() => inject(carrier));
        await withActive((active) => {
          inject(carrier);
          assert.equal(extract(carrier)?.spanId, active.spanId);
        });
      }),
    );
  }

  it(
    'take a carrier of any other kind with a setter and a getter',
    clean(() =>
      withActive((active) => {
        const message = { properties: [] as string[] };
        inject(message, { setter: { set: (to, name, value) => to.properties.push(`${name}: ${value}`) } });
        assert.deepEqual(
          message.properties,
          Object.entries(fieldsOf(active)).map((field) => field.join(': ')),
        );
        const find = (from: typeof message, name: string) =>
          from.properties.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
        const remote = extract(message, { getter: { get: find, keys: () => [] } });
        assert.equal(remote?.spanId, active.spanId);
      }),
    ),
  );

  it(
    'read the headers of an incoming message',
    clean(() => {
      const req = new IncomingMessage(new Socket());
      req.headers.traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`;
      assert.deepEqual([extract(req.headers)?.traceId, extract(req.headers)?.sampled], ['a'.repeat(32), false]);
    }),
  );

  it(
    'give no baggage where none of it is valid',
    clean(() => {
      const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
      for (const baggage of ['junk', ',', 'a b=1', 'x'.repeat(20_000)]) {
        assert.equal(extract({ baggage }), undefined);
        const remote = extract({ traceparent, baggage });
        assert.deepEqual([remote?.traceId, remote?.baggage], ['a'.repeat(32), undefined]);
      }
      assert.equal(extract({ baggage: 'junk,a=1' })?.baggage?.serialize(), 'a=1');
    }),
  );

  it(
    'take a context in the place of the active one',
    clean(() =>
      withActive(() => {
        const context = { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16), traceFlags: 0 };
        const carrier = inject({}, { context: { span: context, baggage: undefined } });
        assert.deepEqual(carrier, { traceparent: `00-${context.traceId}-${context.spanId}-00` });
      }),
    ),
  );

  it(
    'carry the decision of a span that is not recorded, and one that has ended',
    clean(async () => {
      const parent = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 0 };
      const unsampled = span('unsampled', { parent }, (active) => [inject({}), active.spanId]);
      assert.deepEqual(unsampled[0], { traceparent: `00-${parent.traceId}-${unsampled[1]}-00` });
      const ended = span('ended', { parent: null });
      ended.run(() => {
        ended.end();
        assert.equal(extract(inject({}))?.spanId, ended.spanId);
      });
      assert.equal(current(), undefined);
    }),
  );

  it(
    'never throw, whatever the carrier is',
    clean(() =>
      withActive(() => {
        const refuse = (): never => {
          throw new Error('hands off');
        };
        const proxy = new Proxy({}, { get: refuse, set: refuse, ownKeys: refuse, has: refuse, getPrototypeOf: refuse });
        const sent = new OutgoingMessage();
        Object.defineProperty(sent, 'setHeader', { value: refuse });
        for (const carrier of [null, undefined, 5, 'text', Symbol('s'), () => 1, Object.freeze({}), proxy, sent]) {
          assert.equal(inject(carrier), carrier);
          assert.equal(extract(carrier), undefined);
        }
      }),
    ),
  );

  it('work for who imports nothing but throughline/propagation', async () => {
    const source = `
      import { extract, inject } from 'throughline/propagation';
      const remote = extract({ TraceParent: '00-${'a'.repeat(32)}-${'b'.repeat(16)}-01' });
      console.log(remote.spanId, JSON.stringify(inject({})));
    `;
    const args = ['--input-type=module', '--eval', source];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: repositoryRoot });
    assert.deepEqual([stdout, stderr], [`${'b'.repeat(16)} {}\n`, '']);
  });
});
