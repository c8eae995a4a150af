import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Baggage } from '../../propagation/baggage.ts';
import { carrierGetter, carrierSetter } from '../../propagation/carriers.ts';
import { compositePropagator, propagatorsByName } from '../../propagation/composite.ts';
import type { Propagator, RemoteContext } from '../../propagation/context.ts';
import { countLooks } from '../fuzz/looks.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const TRACEPARENT = `00-${TRACE}-${SPAN}-01`;

const W3C = [propagatorsByName.tracecontext, propagatorsByName.baggage];

/** A propagator as an app would write one: it finds what it is told, and writes one field. */
function own(found: unknown): Propagator {
  return {
    name: 'own',
    fields: ['x-own'],
    extract: () => found as RemoteContext,
    inject: (_context, carrier, setter) => setter.set(carrier, 'x-own', '1'),
  };
}

function throwing(): never {
  throw new Error('not today');
}

const BROKEN: Propagator = { name: 'broken', fields: ['x-broken'], extract: throwing, inject: throwing };

function extract(readers: readonly Propagator[], fields: object): RemoteContext | undefined {
  return compositePropagator({ extract: readers, inject: [] }).extract(fields, carrierGetter(fields));
}

test('reads trace context and baggage into one context', () => {
  const context = extract(W3C, { traceparent: TRACEPARENT, tracestate: 'a=1', baggage: 'b=2' });
  assert.equal(context?.traceId, TRACE);
  assert.equal(context.traceState?.serialize(), 'a=1');
  assert.equal(context.baggage?.serialize(), 'b=2');
});

test('gives what there is when only one is there, and nothing when there is neither', () => {
  assert.equal(extract(W3C, { traceparent: TRACEPARENT })?.baggage, undefined);
  const alone = extract(W3C, { traceparent: 'junk', baggage: 'b=2' });
  assert.equal(alone?.baggage?.get('b'), '2');
  assert.equal(alone.traceId, undefined);
  assert.equal(extract(W3C, { host: 'a' }), undefined);
});

test('takes the trace context of the first that has one, and the baggage of the first that has some', () => {
  const other = own({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), baggage: Baggage.empty.set('own', '1') });
  const fields = { traceparent: TRACEPARENT, baggage: 'w3c=1' };
  assert.equal(extract([other, ...W3C], fields)?.traceId, 'a'.repeat(32));
  assert.equal(extract([other, ...W3C], fields)?.baggage?.serialize(), 'own=1');
  assert.equal(extract([...W3C, other], fields)?.traceId, TRACE);
  assert.equal(extract([...W3C, other], fields)?.baggage?.serialize(), 'w3c=1');
  assert.equal(extract([...W3C, other], {})?.traceId, 'a'.repeat(32));
});

test('looks at baggage only where another format has some too', () => {
  const header = 'user=alice;p=1, '.repeat(1000);
  const W3C_AND_JAEGER = [...W3C, propagatorsByName.jaeger];
  for (const readers of [W3C, W3C_AND_JAEGER]) {
    const alone = { traceparent: TRACEPARENT, baggage: header };
    assert.ok(countLooks(() => extract(readers, alone)) < 500);
    assert.equal(extract(readers, alone)?.baggage?.serialize(), 'user=alice;p=1');
  }
  const both = (baggage: string) => ({ traceparent: TRACEPARENT, baggage, 'uberctx-old': '1' });
  assert.equal(extract(W3C_AND_JAEGER, both('new=1'))?.baggage?.serialize(), 'new=1');
  assert.equal(extract(W3C_AND_JAEGER, both('junk'))?.baggage?.serialize(), 'old=1');
  assert.equal(extract(W3C_AND_JAEGER, both('junk'))?.traceId, TRACE);
});

test('asks for each field of B3 once where both of its formats are read, and every format of the app', () => {
  const asked: string[] = [];
  const getter = {
    get: (_carrier: object, name: string) => {
      asked.push(name);
      return undefined;
    },
    keys: () => [],
  };
  const fromApp = { ...own(undefined), extract: propagatorsByName.requestid.extract };
  const readers = [propagatorsByName.b3, propagatorsByName.b3multi, fromApp, { ...fromApp }];
  compositePropagator({ extract: readers, inject: [] }).extract({}, getter);
  assert.deepEqual(asked.slice(0, 5).toSorted(), ['b3', 'x-b3-flags', 'x-b3-sampled', 'x-b3-spanid', 'x-b3-traceid']);
  assert.deepEqual(asked.slice(5), ['x-request-id', 'x-request-id']);
});

test('takes a decision without ids for a trace context', () => {
  const context = extract([own({ sampled: false }), ...W3C], { traceparent: TRACEPARENT, baggage: 'b=2' });
  assert.equal(context?.sampled, false);
  assert.equal(context.traceId, undefined);
  assert.equal(context.baggage?.get('b'), '2');
});

test('keeps a trace id without a span id', () => {
  const context = extract([own({ traceId: TRACE, vendor: { xray: 'Lineage=1' } })], {});
  assert.deepEqual([context?.traceId, context?.spanId, context?.sampled], [TRACE, undefined, undefined]);
  assert.deepEqual(context?.vendor, { xray: 'Lineage=1' });
});

test('goes on when a propagator of the app throws', () => {
  const composite = compositePropagator({ extract: [BROKEN, ...W3C], inject: [BROKEN, ...W3C] });
  const fields = { traceparent: TRACEPARENT };
  assert.equal(composite.extract(fields, carrierGetter(fields))?.traceId, TRACE);
  const carrier = {};
  composite.inject(
    { span: { traceId: TRACE, spanId: SPAN, traceFlags: 1 }, baggage: undefined },
    carrier,
    carrierSetter(carrier),
  );
  assert.deepEqual(carrier, { traceparent: TRACEPARENT });
});

test('goes on when a getter or a setter of the app throws', () => {
  const composite = compositePropagator({ extract: W3C, inject: W3C });
  assert.equal(composite.extract({}, { get: throwing, keys: throwing }), undefined);
  const context = { span: { traceId: TRACE, spanId: SPAN, traceFlags: 1 }, baggage: undefined };
  assert.doesNotThrow(() => composite.inject(context, {}, { set: throwing }));
});

test('believes nothing that a propagator of the app gets wrong', () => {
  for (const found of [null, 'text', 1, {}, { traceId: TRACE.toUpperCase(), spanId: SPAN }, { traceId: '1\r\nx: y' }]) {
    assert.equal(extract([own(found)], {}), undefined);
  }
  const context = extract(
    [own({ traceId: TRACE, spanId: 'short', sampled: 'yes', random: 1, traceState: 'a=1', baggage: 'b=2', vendor: 1 })],
    {},
  );
  assert.deepEqual(context, {
    traceId: TRACE,
    spanId: undefined,
    sampled: undefined,
    random: false,
    debug: false,
    traceState: undefined,
    baggage: undefined,
    vendor: undefined,
  });
});

test('writes every format and names all their fields once', () => {
  const composite = compositePropagator({ extract: [], inject: [...W3C, own(undefined), propagatorsByName.baggage] });
  assert.deepEqual(composite.fields, ['traceparent', 'tracestate', 'baggage', 'x-own']);
  const carrier = {};
  const span = { traceId: TRACE, spanId: SPAN, traceFlags: 1 };
  composite.inject({ span, baggage: Baggage.empty.set('b', '2') }, carrier, carrierSetter(carrier));
  assert.deepEqual(carrier, { traceparent: TRACEPARENT, baggage: 'b=2', 'x-own': '1' });
});

test('knows the formats by their names', () => {
  assert.deepEqual(Object.keys(propagatorsByName), [
    ...['tracecontext', 'baggage', 'b3', 'b3multi', 'jaeger', 'xray', 'datadog', 'cloudtrace', 'requestid'],
  ]);
});
