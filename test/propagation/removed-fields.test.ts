import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compositePropagator, type PropagatorName, propagatorsByName } from '../../propagation/composite.ts';
import type { Propagator, Setter, SpanContext } from '../../propagation/context.ts';
import { TraceState } from '../../propagation/tracestate.ts';

const SPAN: SpanContext = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', traceFlags: 1 };

/** Into headers that hold another context: the app's own. */
const overwriting: Setter<Map<string, string>> = {
  set: (headers, name, value) => void headers.set(name, value),
  remove: (headers, name) => void headers.delete(name),
};

function inject(formats: readonly (PropagatorName | Propagator)[], span: SpanContext, stale: readonly string[]) {
  const inject = formats.map((format) => (typeof format === 'string' ? propagatorsByName[format] : format));
  const headers = new Map(stale.map((name) => [name, 'stale']));
  compositePropagator({ extract: [], inject }).inject({ span, baggage: undefined }, headers, overwriting);
  return Object.fromEntries(headers);
}

const STALE_B3 = ['b3', 'x-b3-traceid', 'x-b3-spanid', 'x-b3-parentspanid', 'x-b3-sampled', 'x-b3-flags'];
const STALE_DATADOG = ['trace-id', 'parent-id', 'sampling-priority', 'origin', 'tags'].map((of) => `x-datadog-${of}`);

test('a tracestate of another traceparent does not stay beside ours', () => {
  assert.deepEqual(Object.keys(inject(['tracecontext'], SPAN, ['tracestate'])), ['traceparent']);
  const traceState = TraceState.parse('a=1') ?? TraceState.empty;
  assert.equal(inject(['tracecontext'], { ...SPAN, traceState }, ['tracestate']).tracestate, 'a=1');
});

test('separate headers of B3 stand alone, whatever the decision', () => {
  const ids = { 'x-b3-traceid': SPAN.traceId, 'x-b3-spanid': SPAN.spanId };
  assert.deepEqual(inject(['b3multi'], SPAN, STALE_B3), { ...ids, 'x-b3-sampled': '1' });
  assert.deepEqual(inject(['b3multi'], { ...SPAN, debug: true }, STALE_B3), { ...ids, 'x-b3-flags': '1' });
  assert.deepEqual(inject(['b3multi'], { ...SPAN, deferred: true }, STALE_B3), ids);
});

test('both forms of B3 are written, in whatever order they are named', () => {
  for (const formats of [['b3', 'b3multi'] as const, ['b3multi', 'b3'] as const]) {
    assert.equal(inject(formats, SPAN, STALE_B3).b3, `${SPAN.traceId}-${SPAN.spanId}-1`);
    assert.equal(inject(formats, SPAN, [])['x-b3-sampled'], '1');
  }
});

test("Datadog's origin, tags and priority of another trace do not stay beside our ids", () => {
  const short = { ...SPAN, traceId: `${'0'.repeat(16)}a3ce929d0e0e4736` };
  const of = (span: SpanContext): string[] => Object.keys(inject(['datadog'], span, STALE_DATADOG)).toSorted();
  const ids = ['x-datadog-parent-id', 'x-datadog-trace-id'];
  assert.deepEqual(of(short), [ids[0], 'x-datadog-sampling-priority', ids[1]]);
  assert.deepEqual(of({ ...short, deferred: true }), ids);
  assert.deepEqual(of({ ...short, vendor: { 'datadog.origin': 'rum' } }), [
    ...['x-datadog-origin', 'x-datadog-parent-id', 'x-datadog-sampling-priority', 'x-datadog-trace-id'],
  ]);
});

test('a format that writes nothing removes nothing', () => {
  const nowhere = { ...SPAN, spanId: '0'.repeat(16) };
  const stale = [...STALE_B3, 'traceparent', 'tracestate'];
  assert.deepEqual(Object.keys(inject(['tracecontext', 'b3multi'], nowhere, stale)), stale);
});

test('a propagator of the app writes and removes valid fields alone', () => {
  const own: Propagator = {
    name: 'own',
    fields: [],
    extract: () => undefined,
    inject(_context, carrier, setter) {
      setter.set(carrier, 'x-own', 'fine');
      setter.set(carrier, 'x own', 'no token');
      setter.set(carrier, 'x-lines', 'a\r\nInjected: 1');
      setter.set(carrier, 'x-wide', '\u00e4');
      setter.set(carrier, 'x-number', 7 as never);
      setter.remove?.(carrier, 'x-stale');
      setter.remove?.(carrier, 7 as never);
    },
  };
  assert.deepEqual(inject([own], SPAN, ['x-stale', 'x-app']), { 'x-app': 'stale', 'x-own': 'fine' });
});
