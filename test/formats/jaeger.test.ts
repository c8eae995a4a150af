import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { SpanRecord } from 'throughline/exporters';
import { decodeJaegerTraces } from '../../src/formats/jaeger-json-decode.ts';
import { encodeJaegerTraces } from '../../src/formats/jaeger-json-encode.ts';
import { bareRecord, sampleRecord } from '../contract/suites/sample-record.ts';

const TRACE = '5b8aa5a2d2c872e8321cf37308d69df2';
const SPAN = '051581bf3cb55c13';
const PARENT = 'eee19b7ec3c1b174';
const IDS = { traceID: TRACE, spanID: SPAN, startTime: 1_700_000_000_123_456 };

describe('encodeJaegerTraces', () => {
  it('writes what the UI reads: whole microseconds, typed tags, links as FOLLOWS_FROM, logs always a list', () => {
    const record = sampleRecord({
      traceId: TRACE,
      spanId: SPAN,
      parentSpanId: PARENT,
      attributes: { s: 'a', i: 7, d: 0.5, b: true, l: ['a', null], nan: Number.NaN, error: 'mine' },
      links: [{ context: { traceId: TRACE, spanId: PARENT, traceFlags: 1 }, attributes: {} }],
      events: [{ name: 'asked', timeMs: 1_700_000_000_124.5, attributes: { attempt: 2 } }],
    });
    assert.deepEqual(JSON.parse(encodeJaegerTraces([record])), {
      data: [
        {
          traceID: TRACE,
          spans: [
            {
              traceID: TRACE,
              spanID: SPAN,
              flags: 1,
              operationName: 'GET /orders/:id',
              references: [
                { refType: 'CHILD_OF', traceID: TRACE, spanID: PARENT },
                { refType: 'FOLLOWS_FROM', traceID: TRACE, spanID: PARENT },
              ],
              startTime: 1_700_000_000_123_250,
              duration: 12_346,
              tags: [
                { key: 's', type: 'string', value: 'a' },
                { key: 'i', type: 'int64', value: 7 },
                { key: 'd', type: 'float64', value: 0.5 },
                { key: 'b', type: 'bool', value: true },
                { key: 'l', type: 'string', value: '["a",null]' },
                { key: 'nan', type: 'float64', value: 'NaN' },
                { key: 'span.kind', type: 'string', value: 'server' },
                { key: 'otel.status_code', type: 'string', value: 'ERROR' },
                { key: 'error', type: 'bool', value: true },
                { key: 'otel.status_description', type: 'string', value: 'stock is down' },
                { key: 'otel.scope.name', type: 'string', value: 'throughline' },
                { key: 'otel.scope.version', type: 'string', value: '1.2.3' },
                { key: 'w3c.tracestate', type: 'string', value: 'congo=t61rcWkgMzE,rojo=00f067aa0ba902b7' },
                { key: 'otel.dropped_attributes_count', type: 'int64', value: 1 },
                { key: 'otel.dropped_events_count', type: 'int64', value: 2 },
                { key: 'otel.dropped_links_count', type: 'int64', value: 3 },
              ],
              logs: [
                {
                  timestamp: 1_700_000_000_124_500,
                  fields: [
                    { key: 'event', type: 'string', value: 'asked' },
                    { key: 'attempt', type: 'int64', value: 2 },
                  ],
                },
              ],
              processID: 'p1',
              warnings: null,
            },
          ],
          processes: { p1: { serviceName: 'shop', tags: [{ key: 'process.pid', type: 'int64', value: 4711 }] } },
          warnings: null,
        },
      ],
      total: 1,
      limit: 0,
      offset: 0,
      errors: null,
    });
  });

  it('has a trace for each trace id, and a process for each different resource in it', () => {
    const shop = sampleRecord({ traceId: TRACE });
    const again = sampleRecord({ traceId: TRACE, resource: { attributes: { ...shop.resource.attributes } } });
    const stock = sampleRecord({ traceId: TRACE, resource: { attributes: { 'service.name': 'stock' } } });
    const { data } = JSON.parse(encodeJaegerTraces([shop, sampleRecord(), again, stock]));
    assert.deepEqual(
      data.map((trace: { spans: { processID: string }[] }) => trace.spans.map(({ processID }) => processID)),
      [['p1', 'p1', 'p2'], ['p1']],
    );
    assert.deepEqual(Object.keys(data[0].processes), ['p1', 'p2']);
    assert.deepEqual(JSON.parse(encodeJaegerTraces([])).data, []);
  });
});

describe('decodeJaegerTraces', () => {
  it('gives back what the format can hold of a record', () => {
    const traceId = TRACE;
    const server = sampleRecord({ traceId, flags: 1 });
    const root = bareRecord({ traceId, flags: 0, resource: server.resource });
    const child = bareRecord({ traceId, parentSpanId: root.spanId, flags: 1, resource: server.resource });
    const records = [server, root, child, sampleRecord({ kind: 'consumer', status: { code: 'ok' }, flags: 0 })];
    assert.deepEqual(decodeJaegerTraces(encodeJaegerTraces(records)).records, records.map(asJaeger));
  });

  it('reads the answer of the API, one trace of it, a list of traces, and old files', () => {
    const trace = { spans: [{ ...IDS, parentSpanID: PARENT, process: { serviceName: 'a' } }] };
    for (const shape of [trace, [trace], { data: [trace] }, JSON.stringify({ data: [trace] })]) {
      const [record] = decodeJaegerTraces(shape).records;
      assert.deepEqual([record?.parentSpanId, record?.resource.attributes], [PARENT, { 'service.name': 'a' }]);
    }
  });

  it('takes a parent of another process for remote, and one of the same for local', () => {
    const processes = { p1: { serviceName: 'a' }, p2: { serviceName: 'b' } };
    const under = (id: string, processID: string) => ({
      ...IDS,
      spanID: id,
      processID,
      references: [{ refType: 'CHILD_OF', traceID: TRACE, spanID: SPAN }],
    });
    const spans = [{ ...IDS, processID: 'p1' }, under('1', 'p1'), under('2', 'p2')];
    const { records } = decodeJaegerTraces({ data: [{ spans, processes }] });
    assert.deepEqual(
      records.map(({ parentIsRemote }) => parentIsRemote),
      [false, false, true],
    );
  });

  const statuses: [tags: object[], status: object][] = [
    [[{ key: 'error', type: 'bool', value: true }], { code: 'error' }],
    [[{ key: 'error', type: 'string', value: 'true' }], { code: 'error' }],
    [[{ key: 'error', type: 'bool', value: false }], { code: 'unset' }],
    [[{ key: 'otel.status_code', type: 'string', value: 'OK' }], { code: 'ok' }],
  ];
  for (const [tags, status] of statuses) {
    it(`reads the status of ${JSON.stringify(tags)}`, () => {
      assert.deepEqual(decodeJaegerTraces([{ spans: [{ ...IDS, tags }] }]).records[0]?.status, status);
    });
  }

  it('rejects spans without ids or time, and keeps their neighbours', () => {
    const spans = [{ ...IDS, traceID: 'x' }, { ...IDS, spanID: '0' }, { ...IDS, startTime: 'now' }, null, IDS];
    const result = decodeJaegerTraces([{ spans }]);
    assert.deepEqual([result.records.length, result.rejected, result.malformed], [1, 4, false]);
    assert.match(result.message ?? '', /^4 rejected: traceID must be/);
  });

  for (const request of ['', '{', '{}', 'null', '{"data":7}', '['.repeat(100_000)]) {
    it(`calls ${request.slice(0, 12) || 'nothing'} malformed`, () => {
      assert.equal(decodeJaegerTraces(request).malformed, true);
    });
  }

  it('never throws, and takes no name of a slot for a process or tag', () => {
    const names = ['constructor', '__proto__', 'toString', 'event', 'error', 'span.kind', 'a'];
    const any = fc.oneof(fc.constantFrom(TRACE, SPAN, ...names, 1, null), fc.anything({ maxDepth: 2 }));
    const tags = fc.oneof(any, fc.array(fc.record({ key: fc.constantFrom(...names), type: any, value: any })));
    const logs = fc.oneof(any, fc.array(fc.record({ timestamp: any, fields: tags })));
    const span = fc.record({ tags, logs, references: fc.oneof(any, fc.array(any)), processID: any, duration: any });
    fc.assert(
      fc.property(fc.array(span), any, (spans, processes) => {
        const trace = { spans: spans.map((fields) => ({ ...IDS, ...fields })), processes };
        for (const { resource, attributes } of decodeJaegerTraces([trace]).records) {
          assert.equal(Object.getPrototypeOf(resource.attributes), Object.prototype);
          assert.equal(Object.getPrototypeOf(attributes), Object.prototype);
        }
        assert.ok(Array.isArray(decodeJaegerTraces(processes).records));
      }),
      { seed: 20_261_125, numRuns: 300 },
    );
  });
});

/** The rest of a record after the way through Jaeger's JSON. */
function asJaeger(record: SpanRecord): SpanRecord {
  const micros = (ms: number) => Math.round(ms * 1000) / 1000;
  const texts = Object.entries(record.attributes).map(([key, value]) => {
    return [key, typeof value === 'object' ? JSON.stringify(value) : value] as const;
  });
  return {
    ...record,
    startTimeMs: micros(record.startTimeMs),
    durationMs: micros(record.durationMs),
    attributes: Object.fromEntries(texts),
    events: record.events.map((event) => ({ ...event, timeMs: micros(event.timeMs) })),
    links: record.links.map(({ context: { traceId, spanId } }) => {
      return { context: { traceId, spanId, traceFlags: 0 }, attributes: {} };
    }),
  };
}
