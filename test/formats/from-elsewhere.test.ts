import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildTrace, findingsIn, walk } from 'throughline/analysis';
import { parseSpans } from 'throughline/exporters';
import { decodeTraceRequestProtobuf } from '../../src/formats/otlp-protobuf-decode.ts';
import { encodeTraceRequestProtobuf } from '../../src/formats/otlp-protobuf-encode.ts';
import { record } from '../analysis/records.ts';

const TRACE = '5b8efff798038103d269b633813fc60c';
const BASE = 1_795_000_000_000;

const zipkin = (...spans: object[]) => parseSpans(JSON.stringify(spans.map((span) => ({ traceId: TRACE, ...span }))));
const micros = (ms: number): number => (BASE + ms) * 1000;
const names = (spans: ReturnType<typeof parseSpans>) =>
  [...walk(buildTrace(spans))].map(({ depth, span }) => `${depth} ${span.name}`);

describe('spans as others write them', () => {
  it('that have no start begin where their parents do, and leave the trace its length', () => {
    const nanos = (ms: number): string => `${BASE + ms}000000`;
    const span = (spanId: string, rest: object): object => ({ traceId: TRACE, spanId, name: spanId, ...rest });
    const spans = [
      span('00000000000000a1', { startTimeUnixNano: nanos(10), endTimeUnixNano: nanos(60) }),
      span('00000000000000a2', { parentSpanId: '00000000000000a1' }),
      span('00000000000000a3', {
        parentSpanId: '00000000000000a2',
        startTimeUnixNano: '0',
        endTimeUnixNano: nanos(40),
      }),
    ];
    const read = parseSpans(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }));
    const trace = buildTrace(read);
    assert.deepEqual([trace.startTimeMs, trace.durationMs], [BASE + 10, 50]);
    assert.deepEqual(
      [...walk(trace)].map((node) => [node.span.startTimeMs - BASE, node.span.durationMs]),
      [
        [10, 50],
        [10, 0],
        [40, 0],
      ],
    );
    const bytes = encodeTraceRequestProtobuf([record({ id: 1, startTimeMs: 0, took: BASE })]);
    assert.deepEqual(
      decodeTraceRequestProtobuf(bytes).records.map(({ durationMs }) => durationMs),
      [0],
    );
  });

  it('of Zipkin need no time at all', () => {
    const spans = zipkin(
      { id: 'a1', name: 'root', timestamp: micros(0), duration: 1000 },
      { id: 'a2', parentId: 'a1', name: 'child' },
    );
    assert.deepEqual([names(spans), spans.problems], [['0 root', '1 child'], []]);
    assert.equal(buildTrace(spans).durationMs, 1);
  });

  it('of Zipkin that share an id whose client is not there keep it: their children find them', () => {
    const server = { kind: 'SERVER', shared: true, timestamp: micros(0), duration: 9000 };
    const spans = zipkin(
      { ...server, id: 'a1', name: 'get', localEndpoint: { serviceName: 'front' } },
      {
        id: 'a2',
        parentId: 'a1',
        name: 'child',
        timestamp: micros(1),
        duration: 1000,
        localEndpoint: { serviceName: 'back' },
      },
    );
    assert.deepEqual(names(spans), ['0 get', '1 child']);
  });

  it('of Zipkin in which several servers answered one client are each a span', () => {
    const server = (n: number): object => ({
      id: 'a1',
      kind: 'SERVER',
      name: `answer ${n}`,
      timestamp: micros(n),
      duration: 1000,
      localEndpoint: { serviceName: 'hub', ipv4: `10.0.0.${n}` },
    });
    const client = {
      id: 'a1',
      kind: 'CLIENT',
      name: 'ask',
      timestamp: micros(0),
      duration: 9000,
      localEndpoint: { serviceName: 'app' },
    };
    const spans = zipkin(client, server(1), server(2), server(3));
    assert.deepEqual(names(spans), ['0 ask', '1 answer 1', '1 answer 2', '1 answer 3']);
    assert.equal(buildTrace(spans).duplicates, 0);
  });

  it('of Jaeger whose only reference is FOLLOWS_FROM are children, those of other traces links', () => {
    const span = (spanID: string, references: object[]): object => ({
      traceID: TRACE,
      spanID,
      operationName: spanID,
      references,
      startTime: micros(0),
      duration: 1000,
    });
    const follows = (traceID: string, spanID: string): object => ({ refType: 'FOLLOWS_FROM', traceID, spanID });
    const spans = parseSpans(
      JSON.stringify({
        data: [
          {
            traceID: TRACE,
            processes: {},
            spans: [span('a1', [follows('ff', 'b1')]), span('a2', [follows(TRACE, 'a1')])],
          },
        ],
      }),
    );
    assert.deepEqual(names(spans), ['0 a1', '1 a2']);
    assert.deepEqual(
      spans.map(({ links }) => links.length),
      [1, 0],
    );
  });
});

describe('clocks', () => {
  const call = (took: number, host?: string) =>
    record({
      id: 1,
      at: 100,
      took,
      name: 'GET',
      kind: 'client',
      resource: { attributes: { 'service.name': 'x', 'host.name': host } },
    });
  const server = (at: number, took: number, host?: string) =>
    record({
      id: 2,
      parent: 1,
      at,
      took,
      kind: 'server',
      parentIsRemote: true,
      resource: { attributes: { 'service.name': 'y', 'host.name': host } },
    });

  it('move a server that begins before its client to its start, even when it is the longer one', () => {
    const [finding] = findingsIn([buildTrace([call(50), server(60, 80)])]);
    assert.equal(finding?.kind, 'clock-skew');
    assert.match(finding.message, /is about 40 ms behind/);
  });

  it('of one host are told as what they are', () => {
    const [finding] = findingsIn([buildTrace([call(100, 'one'), server(60, 20, 'one')])]);
    assert.match(finding?.message ?? '', /though both run on one host/);
  });
});

describe('a long time in a sentence', () => {
  it('has the unit that its heading has', () => {
    const loop = Array.from({ length: 6 }, (_, i) =>
      record({ id: i + 2, parent: 1, at: i * 20_000, took: 20_000, kind: 'client', name: 'SELECT item' }),
    );
    const [finding] = findingsIn([buildTrace([record({ id: 1, took: 120_000, kind: 'server' }), ...loop])]);
    assert.match(finding?.message ?? '', /save up to 1\.67 min$/);
  });
});
