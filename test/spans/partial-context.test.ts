import assert from 'node:assert/strict';
import { test } from 'node:test';
import { carrierGetter, carrierSetter } from '../../propagation/carriers.ts';
import type { RemoteContext } from '../../propagation/context.ts';
import type { StartOptions } from '../../src/core/settings/config.ts';
import type { Span } from '../../src/core/span.ts';
import type { Tracer } from '../../src/core/spans/tracer.ts';
import { testTracer } from '../core/tracer-fixture.ts';

const ROOT = 'Root=1-5759e988-bd862e3fe1be46a994272793';
const TRACE = '5759e988bd862e3fe1be46a994272793';
const SPAN = '53995c3f42cd8ad8';
const SCOPE = { name: 'test' };
const XRAY: StartOptions = { propagators: ['xray', 'cloudtrace', 'tracecontext'] };

function read(tracer: Tracer, fields: Readonly<Record<string, string>>): RemoteContext {
  const remote = tracer.propagator.extract(fields, carrierGetter(fields));
  assert.ok(remote);
  return remote;
}

function written(tracer: Tracer, span: Span | undefined): Readonly<Record<string, string>> {
  const carrier = {};
  tracer.propagator.inject({ span: span?.spanContext(), baggage: undefined }, carrier, carrierSetter(carrier));
  return carrier;
}

test('a trace id without a span id is continued by a root in that trace', async () => {
  const { tracer, onlyRecord } = testTracer(XRAY);
  const server = tracer.startRemote('GET', 'server', read(tracer, { 'x-amzn-trace-id': ROOT }), SCOPE);
  server.end();
  const record = await onlyRecord();
  assert.deepEqual([record.traceId, record.parentSpanId, record.parentIsRemote], [TRACE, undefined, false]);
  assert.equal(record.flags, 1, 'kept by our own decision, and no random flag made up');
});

test('a decision that is missing is taken here', () => {
  const { tracer } = testTracer({ ...XRAY, sample: 0 });
  const remote = read(tracer, { 'x-amzn-trace-id': `${ROOT};Parent=${SPAN};Sampled=?` });
  const server = tracer.startRemote('GET', 'server', remote, SCOPE);
  assert.equal(written(tracer, server)['x-amzn-trace-id'], `${ROOT};Parent=${server.spanId};Sampled=0`);
  server.end();
});

test('vendor fields reach the spans below and what they send', () => {
  const { tracer } = testTracer({ propagators: ['datadog'] });
  const fields = { 'x-datadog-trace-id': '7', 'x-datadog-parent-id': '8', 'x-datadog-sampling-priority': '2' };
  const server = tracer.startRemote('GET', 'server', read(tracer, { ...fields, 'x-datadog-origin': 'rum' }), SCOPE);
  const client = tracer.start('GET', 'client', {}, server, SCOPE);
  const sent = written(tracer, client);
  assert.deepEqual(sent, {
    ...fields,
    'x-datadog-parent-id': BigInt(`0x${client.spanId}`).toString(),
    'x-datadog-origin': 'rum',
  });
  client.end();
  server.end();
});

test('a disabled tracer passes on a trace id without a span id, and decides nothing', () => {
  const { tracer } = testTracer(XRAY, { variables: { OTEL_SDK_DISABLED: 'true' } });
  const passed = tracer.passThrough(read(tracer, { 'x-amzn-trace-id': ROOT }));
  assert.deepEqual(written(tracer, passed), { 'x-amzn-trace-id': ROOT, 'x-cloud-trace-context': TRACE });
  const below = tracer.start('GET', 'client', {}, passed, SCOPE);
  assert.deepEqual(written(tracer, below), { 'x-amzn-trace-id': ROOT, 'x-cloud-trace-context': TRACE });
});

test('a disabled tracer passes on a deferred decision', () => {
  const { tracer } = testTracer(XRAY, { variables: { OTEL_SDK_DISABLED: 'true' } });
  const passed = tracer.passThrough(read(tracer, { 'x-amzn-trace-id': `${ROOT};Parent=${SPAN};Sampled=?` }));
  assert.equal(written(tracer, passed)['x-amzn-trace-id'], `${ROOT};Parent=${SPAN}`);
  const below = tracer.start('GET', 'client', {}, passed, SCOPE);
  assert.equal(written(tracer, below)['x-amzn-trace-id'], `${ROOT};Parent=${SPAN}`);
});

test('a span under a context that is passed on continues it as it came', async () => {
  const { tracer, finished } = testTracer(XRAY);
  for (const header of [ROOT, `${ROOT};Parent=${SPAN}`, `${ROOT};Parent=${SPAN};Sampled=1`]) {
    tracer.start('GET', 'client', {}, tracer.passThrough(read(tracer, { 'x-amzn-trace-id': header })), SCOPE).end();
  }
  const parents = (await finished()).map((record) => [record.traceId, record.parentSpanId, record.flags]);
  assert.deepEqual(parents, [
    [TRACE, undefined, 1],
    [TRACE, SPAN, 1],
    [TRACE, SPAN, 1],
  ]);
});
