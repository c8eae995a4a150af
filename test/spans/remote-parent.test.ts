import assert from 'node:assert/strict';
import { test } from 'node:test';
import { span, start } from 'throughline';
import { memory } from 'throughline/exporters';
import { extract, inject, jaeger } from 'throughline/propagation';
import { assertCounterLaw } from '../contract/checks/counter-law.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const exporter = memory();
const tl = start({ service: 'consumer', exporters: exporter });

async function recorded() {
  await tl.flush();
  const spans = [...exporter.spans];
  exporter.reset();
  assertCounterLaw(tl.stats());
  assert.deepEqual(tl.openSpans(), []);
  return spans;
}

test('a span continues the trace that extract read from a message', async () => {
  const remote = extract({ traceparent: `00-${TRACE}-${SPAN}-03`, tracestate: 'a=1' });
  const sent = span('job', { kind: 'consumer', ...(remote && { parent: remote }) }, () => inject({}));
  const [job] = await recorded();
  assert.equal(job?.traceId, TRACE);
  assert.equal(job?.parentSpanId, SPAN);
  assert.equal(job?.parentIsRemote, true);
  assert.equal(job?.flags, 3);
  assert.deepEqual(sent, { traceparent: `00-${TRACE}-${job?.spanId}-03`, tracestate: 'a=1' });
});

test('a message whose sender did not sample stays unsampled', async () => {
  const before = tl.stats().sampledOut;
  const remote = extract({ traceparent: `00-${TRACE}-${SPAN}-00` });
  span('job', { parent: remote ?? null }, (s) => assert.equal(s.traceId, TRACE));
  assert.deepEqual(await recorded(), []);
  assert.equal(tl.stats().sampledOut, before + 1);
});

test('a message without a context begins a trace of its own', async () => {
  span('job', { parent: extract({}) ?? null }, () => {});
  const [job] = await recorded();
  assert.notEqual(job?.traceId, TRACE);
  assert.equal(job?.parentSpanId, undefined);
});

test('a remote context with ids of another shape counts as none', async () => {
  const remote = extract({ traceparent: `00-${TRACE}-${SPAN}-01` });
  assert.ok(remote);
  span('bad trace', { parent: { ...remote, traceId: 'x' } }, () => {});
  span('bad span', { parent: { ...remote, spanId: 'x' } }, () => {});
  const [badTrace, badSpan] = await recorded();
  assert.match(badTrace?.traceId ?? '', /^[0-9a-f]{32}$/);
  assert.deepEqual([badTrace?.parentSpanId, badSpan?.parentSpanId], [undefined, undefined]);
  assert.equal(badSpan?.traceId, TRACE);
});

test('debug and what a format keeps for itself go on under a span context that the app hands in', async () => {
  const fields = { 'uber-trace-id': `${TRACE}:${SPAN}:0:b` };
  const get = (from: Record<string, string>, name: string) => from[name];
  const remote = jaeger.extract(fields, { get, keys: Object.keys });
  const context = span('job', { parent: remote ?? null }, (job) => job.spanContext());
  assert.equal(context.debug, true);
  const sent: string[] = [];
  span('later', { parent: context }, (later) => {
    const set = (to: string[], _name: string, value: string) => to.push(value);
    jaeger.inject({ span: later.spanContext(), baggage: undefined }, sent, { set });
    assert.deepEqual(sent, [`${TRACE}:${later.spanId}:0:b`]);
  });
  assert.equal((await recorded()).length, 2);
});

test('the span context of a span without them has no such fields', async () => {
  const context = span('plain', { parent: null }, (plain) => plain.spanContext());
  assert.deepEqual(Object.keys(context), ['traceId', 'spanId', 'traceFlags', 'isRemote']);
  await recorded();
});

test('a span links to what extract read, and to nothing where that names no span', async () => {
  const remote = extract({ traceparent: `00-${TRACE}-${SPAN}-03`, tracestate: 'a=1' });
  assert.ok(remote);
  const bad = [
    { ...remote, spanId: undefined },
    { ...remote, traceId: undefined },
    { ...remote, spanId: 'x' },
  ];
  span('job', { links: [{ context: remote, attributes: { n: 1 } }, ...bad.map((context) => ({ context }))] }, (s) => {
    s.addLink({ context: { ...remote, sampled: undefined, random: false } });
  });
  const [job] = await recorded();
  const named = { traceId: TRACE, spanId: SPAN, isRemote: true, traceState: 'a=1' };
  assert.deepEqual(job?.links, [
    { context: { ...named, traceFlags: 3 }, attributes: { n: 1 } },
    { context: { ...named, traceFlags: 0 }, attributes: {} },
  ]);
  assert.notEqual(job?.traceId, TRACE);
});
