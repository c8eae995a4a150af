import assert from 'node:assert/strict';
import { test } from 'node:test';
import { carrierGetter, carrierSetter } from '../../propagation/carriers.ts';
import type { RemoteContext, SpanContext } from '../../propagation/context.ts';
import { tracecontext } from '../../propagation/tracecontext.ts';
import { TraceState } from '../../propagation/tracestate.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const VALID = `00-${TRACE}-${SPAN}-01`;

function extract(fields: Record<string, unknown>): RemoteContext | undefined {
  return tracecontext.extract(fields, carrierGetter(fields));
}

function inject(span: SpanContext): Record<string, string> {
  const fields: Record<string, string> = {};
  tracecontext.inject({ span, baggage: undefined }, fields, carrierSetter(fields));
  return fields;
}

test('reads both headers into a complete context', () => {
  const context = extract({ traceparent: VALID, tracestate: 'congo=t61rcWkgMzE' });
  assert.equal(context?.traceState?.serialize(), 'congo=t61rcWkgMzE');
  assert.deepEqual(
    { ...context, traceState: undefined },
    {
      traceId: TRACE,
      spanId: SPAN,
      sampled: true,
      random: false,
      debug: false,
      traceState: undefined,
      baggage: undefined,
      vendor: undefined,
    },
  );
});

test('tells sampled and random apart', () => {
  const flags = ['00', '01', '02', '03'].map((digits) => extract({ traceparent: `00-${TRACE}-${SPAN}-${digits}` }));
  assert.deepEqual(
    flags.map((context) => [context?.sampled, context?.random]),
    [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ],
  );
});

test('ignores tracestate without a valid traceparent', () => {
  assert.equal(extract({ tracestate: 'a=1' }), undefined);
  assert.equal(extract({ traceparent: 'junk', tracestate: 'a=1' }), undefined);
  assert.equal(extract({ traceparent: [VALID, VALID], tracestate: 'a=1' }), undefined);
});

test('keeps the parent when tracestate is malformed', () => {
  for (const tracestate of ['', ' ', 'A=1', 'a', 'a=1,b', '\u0000', {}, 1, null]) {
    const context = extract({ traceparent: VALID, tracestate });
    assert.equal(context?.traceId, TRACE);
    assert.equal(context.traceState, undefined);
  }
});

test('reads several tracestate fields as one list in order', () => {
  const context = extract({ traceparent: VALID, tracestate: ['a=1,b=2', 'c=3', 'a=stale'] });
  assert.equal(context?.traceState?.serialize(), 'a=1,b=2,c=3');
});

test('sends tracestate also when the span is not sampled, and never an empty one', () => {
  const span = { traceId: TRACE, spanId: SPAN, traceFlags: 0 };
  const traceState = TraceState.empty.set('a', '1');
  assert.deepEqual(inject({ ...span, traceState }), { traceparent: `00-${TRACE}-${SPAN}-00`, tracestate: 'a=1' });
  assert.deepEqual(inject({ ...span, traceState: TraceState.empty }), { traceparent: `00-${TRACE}-${SPAN}-00` });
});

test('writes nothing for ids that an app made up', () => {
  for (const id of ['', 'x', TRACE.toUpperCase(), '0'.repeat(32), `${TRACE}\r\n`, '1\r\nset-cookie: a']) {
    assert.deepEqual(inject({ traceId: id, spanId: SPAN, traceFlags: 1 }), {});
    assert.deepEqual(inject({ traceId: TRACE, spanId: id, traceFlags: 1 }), {});
  }
});

test("reads another library's tracestate like one off the wire", () => {
  const foreign = (serialize: () => unknown) => {
    const traceState = { serialize } as unknown as TraceState;
    return inject({ traceId: TRACE, spanId: SPAN, traceFlags: 1, traceState }).tracestate;
  };
  assert.equal(
    foreign(() => 'a=1, b=2'),
    'a=1,b=2',
  );
  assert.equal(
    foreign(() => 'a=1\r\nx: y'),
    undefined,
  );
  assert.equal(
    foreign(() => {
      throw new Error('not today');
    }),
    undefined,
  );
});
