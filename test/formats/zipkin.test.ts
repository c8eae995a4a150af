import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { SpanRecord } from 'throughline/exporters';
import { decodeZipkinSpans } from '../../src/formats/zipkin-json-decode.ts';
import { encodeZipkinSpans, zipkinSpanOf } from '../../src/formats/zipkin-json-encode.ts';
import { decodeZipkinV1Spans } from '../../src/formats/zipkin-v1-decode.ts';
import { asZipkin } from '../contract/checks/as-zipkin.ts';
import { bareRecord, sampleRecord } from '../contract/suites/sample-record.ts';

const TRACE = '5b8aa5a2d2c872e8321cf37308d69df2';
const SPAN = '051581bf3cb55c13';
const IDS = { traceId: TRACE, id: SPAN, timestamp: 1_700_000_000_123_456 };

describe('encodeZipkinSpans', () => {
  it('writes a full span as OpenTelemetry to Zipkin Transformation says', () => {
    const record = sampleRecord({
      traceId: TRACE,
      spanId: SPAN,
      parentSpanId: 'eee19b7ec3c1b174',
      kind: 'client',
      attributes: {
        'http.request.method': 'GET',
        'app.list': ['a', null],
        'peer.service': 'stock',
        'network.peer.address': '10.0.0.7',
        'network.peer.port': 8080,
      },
      links: [{ context: { traceId: TRACE, spanId: SPAN, traceFlags: 1, traceState: 'a=1' }, attributes: { n: 2 } }],
      resource: { attributes: { 'service.name': 'shop', 'host.ip': ['10.0.0.1', 'fe80::1'], 'process.pid': 7 } },
    });
    assert.deepEqual(JSON.parse(encodeZipkinSpans([record])), [
      {
        traceId: TRACE,
        id: SPAN,
        parentId: 'eee19b7ec3c1b174',
        name: 'GET /orders/:id',
        kind: 'CLIENT',
        timestamp: 1_700_000_000_123_250,
        duration: 12_346,
        localEndpoint: { serviceName: 'shop', ipv4: '10.0.0.1', ipv6: 'fe80::1' },
        remoteEndpoint: { serviceName: 'stock', ipv4: '10.0.0.7', port: 8080 },
        annotations: [
          { timestamp: 1_700_000_000_124_500, value: '"asked stock": {"attempt":2}' },
          { timestamp: 1_700_000_000_130_000, value: 'done' },
        ],
        tags: {
          'host.ip': '["10.0.0.1","fe80::1"]',
          'process.pid': '7',
          'http.request.method': 'GET',
          'app.list': '["a",null]',
          'peer.service': 'stock',
          'network.peer.address': '10.0.0.7',
          'network.peer.port': '8080',
          'otel.status_code': 'ERROR',
          error: 'stock is down',
          'otel.scope.name': 'throughline',
          'otel.scope.version': '1.2.3',
          'w3c.tracestate': 'congo=t61rcWkgMzE,rojo=00f067aa0ba902b7',
          'otel.dropped_attributes_count': '1',
          'otel.dropped_events_count': '2',
          'otel.dropped_links_count': '3',
          'otlp.link.0': `${TRACE}|${SPAN}|a=1|{"n":2}|0`,
        },
      },
    ]);
  });

  it('leaves out what there is not, and gives a span that took no time a microsecond', () => {
    const record = bareRecord({ traceId: TRACE, spanId: SPAN, name: 'x', startTimeMs: 0, durationMs: 0 });
    assert.deepEqual(zipkinSpanOf(record), {
      traceId: TRACE,
      id: SPAN,
      name: 'x',
      duration: 1,
      localEndpoint: {},
      tags: { 'otel.scope.name': 'throughline' },
    });
  });

  it('marks no span as failed for an attribute named error', () => {
    const tags = (overrides: Partial<SpanRecord>) => zipkinSpanOf(bareRecord(overrides)).tags?.error;
    assert.equal(tags({ attributes: { error: 'true' } }), undefined);
    assert.equal(tags({ status: { code: 'error' } }), '');
  });
});

describe('decodeZipkinSpans', () => {
  it('gives back what a Zipkin span can hold of a record', () => {
    for (const kind of ['internal', 'server', 'client', 'producer', 'consumer'] as const) {
      const records = [sampleRecord({ kind }), bareRecord({ kind })];
      assert.deepEqual(decodeZipkinSpans(encodeZipkinSpans(records)).records, records.map(asZipkin));
    }
  });

  it('gives defaults for whatever is missing', () => {
    assert.deepEqual(one(IDS), {
      traceId: TRACE,
      spanId: SPAN,
      parentSpanId: undefined,
      parentIsRemote: false,
      name: '',
      kind: 'internal',
      startTimeMs: 1_700_000_000_123.456,
      durationMs: 0,
      attributes: {},
      events: [],
      links: [],
      status: { code: 'unset' },
      resource: { attributes: {} },
      scope: { name: '' },
      traceState: undefined,
      flags: 1,
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    });
  });

  it('pads ids on the left, and lower-cases them', () => {
    const span = one({ ...IDS, traceId: '321CF37308D69DF2', id: 'ab', parentId: 'CD' });
    assert.deepEqual(
      [span.traceId, span.spanId, span.parentSpanId],
      ['0000000000000000321cf37308d69df2', '00000000000000ab', '00000000000000cd'],
    );
  });

  it('takes the addresses of both sides for attributes, where no tag says them', () => {
    const span = one({
      ...IDS,
      localEndpoint: { serviceName: 'shop', ipv4: '10.0.0.1', port: 80 },
      remoteEndpoint: { serviceName: 'stock', ipv6: '::1', port: 8080 },
      tags: { 'network.peer.port': '9' },
    });
    assert.deepEqual(span.resource.attributes, { 'service.name': 'shop' });
    assert.deepEqual(span.attributes, {
      'network.peer.port': '9',
      'network.local.address': '10.0.0.1',
      'network.local.port': 80,
      'peer.service': 'stock',
      'network.peer.address': '::1',
    });
  });

  const statuses: [tags: object, status: object][] = [
    [{ error: 'true' }, { code: 'error' }],
    [{ error: '' }, { code: 'error' }],
    [{ error: 'no room' }, { code: 'error', message: 'no room' }],
    [{ error: 'false' }, { code: 'unset' }],
    [{ 'otel.status_code': 'ERROR' }, { code: 'error' }],
    [{ 'otel.status_code': 'OK' }, { code: 'ok' }],
    [{ 'otel.status_code': 'what' }, { code: 'unset' }],
  ];
  for (const [tags, status] of statuses) {
    it(`reads the status of ${JSON.stringify(tags)}`, () => {
      assert.deepEqual(one({ ...IDS, tags }).status, status);
      assert.deepEqual(one({ ...IDS, tags }).attributes, {});
    });
  }

  it('gives the server its own id under the client where they share one, and its children go along', () => {
    const client = { ...IDS, kind: 'CLIENT', localEndpoint: { serviceName: 'shop' } };
    const server = { ...client, kind: 'SERVER', shared: true, localEndpoint: { serviceName: 'stock' } };
    const child = { ...IDS, id: 'b0', parentId: SPAN, localEndpoint: { serviceName: 'stock' } };
    const other = { ...IDS, id: 'c0', parentId: SPAN, localEndpoint: { serviceName: 'shop' } };
    const [a, b, c, d] = decodeZipkinSpans([client, server, child, other]).records;
    assert.deepEqual([a?.spanId, b?.parentSpanId, b?.parentIsRemote, d?.parentSpanId], [SPAN, SPAN, true, SPAN]);
    assert.match(b?.spanId ?? '', /^[0-9a-f]{16}$/);
    assert.notEqual(b?.spanId, SPAN);
    assert.equal(c?.parentSpanId, b?.spanId);
    // The same id for every reader, also when the halves come apart.
    assert.equal(decodeZipkinSpans([server]).records[0]?.spanId, b?.spanId);
    // Without the word, the client's presence tells.
    assert.equal(decodeZipkinSpans([client, { ...server, shared: undefined }]).records[1]?.spanId, b?.spanId);
    assert.equal(decodeZipkinSpans([{ ...server, shared: undefined }]).records[0]?.spanId, SPAN);
  });

  const bad: [what: string, span: unknown, reason: RegExp][] = [
    ['no object', 7, /a span must be an object/],
    ['no trace id', { ...IDS, traceId: undefined }, /traceId must be/],
    ['a long trace id', { ...IDS, traceId: `${TRACE}0` }, /traceId must be/],
    ['a zero id', { ...IDS, id: '0000000000000000' }, /id must be/],
    ['a time in words', { ...IDS, timestamp: 'now' }, /timestamp must be/],
  ];
  for (const [what, span, reason] of bad) {
    it(`rejects a span with ${what}, and keeps its neighbour`, () => {
      const result = decodeZipkinSpans([span, { ...IDS, id: 'a' }]);
      assert.deepEqual([result.records.length, result.rejected, result.malformed], [1, 1, false]);
      assert.match(result.message ?? '', reason);
    });
  }

  for (const request of ['', '{', '{}', 'null', '['.repeat(100_000)]) {
    it(`calls ${request.slice(0, 10) || 'nothing'} malformed`, () => {
      assert.equal(decodeZipkinSpans(request).malformed, true);
      assert.equal(decodeZipkinV1Spans(request).malformed, true);
    });
  }

  it('keeps names of slots as plain keys, and counts annotations it cannot read', () => {
    const tags = JSON.parse('{"__proto__":"a","constructor":"b","n":7,"o":{}}');
    const annotations = [{ timestamp: 5, value: '"a": {b' }, { value: 'no time' }, { timestamp: 1 }, null];
    const span = one({ ...IDS, tags, annotations });
    assert.deepEqual(
      Object.entries(span.attributes),
      Object.entries(JSON.parse('{"__proto__":"a","constructor":"b","n":"7"}')),
    );
    assert.deepEqual(span.events, [{ name: '"a": {b', timeMs: 0.005, attributes: {} }]);
    assert.equal(span.droppedEventsCount, 3);
  });

  it('never throws, whatever the shape', () => {
    const keys = ['traceId', 'id', 'parentId', 'kind', 'tags', 'annotations', 'binaryAnnotations', 'localEndpoint'];
    const more = ['timestamp', 'value', 'key', 'endpoint', 'serviceName', 'otlp.link.0', '__proto__', 'shared'];
    const leaf = fc.oneof(fc.constantFrom(TRACE, SPAN, 'cs', 'sr', 1), fc.anything({ maxDepth: 1 }));
    const { node } = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 5 },
        leaf,
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...keys, ...more), tie('node')),
      ),
    }));
    fc.assert(
      fc.property(fc.array(fc.tuple(node, node)), (pairs) => {
        const spans = pairs.map(([a, b]) => ({ ...IDS, ...Object(a), tags: b, annotations: b }));
        for (const shape of [spans, pairs.flat()]) {
          assert.ok(Array.isArray(decodeZipkinSpans(shape).records));
          assert.ok(Array.isArray(decodeZipkinV1Spans(shape).records));
        }
      }),
      { seed: 20_261_125, numRuns: 300 },
    );
  });
});

describe('decodeZipkinV1Spans', () => {
  const shop = { serviceName: 'shop', ipv4: '10.0.0.1' };
  const stock = { serviceName: 'stock' };

  it('reads a client span', () => {
    const span = {
      ...IDS,
      name: 'get',
      duration: 900,
      annotations: [
        { timestamp: 1_700_000_000_123_456, value: 'cs', endpoint: shop },
        { timestamp: 1_700_000_000_123_900, value: 'wrote', endpoint: shop },
        { timestamp: 1_700_000_000_124_356, value: 'cr', endpoint: shop },
      ],
      binaryAnnotations: [
        { key: 'http.path', value: '/a', endpoint: shop },
        { key: 'sa', value: true, endpoint: stock },
        { key: 'error', value: 'down', endpoint: shop },
      ],
    };
    const [record] = decodeZipkinV1Spans([span]).records;
    assert.deepEqual(
      [record?.kind, record?.name, record?.startTimeMs, record?.durationMs],
      ['client', 'get', 1_700_000_000_123.456, 0.9],
    );
    assert.deepEqual(record?.resource.attributes, { 'service.name': 'shop' });
    assert.deepEqual(record?.attributes, {
      'http.path': '/a',
      'network.local.address': '10.0.0.1',
      'peer.service': 'stock',
    });
    assert.deepEqual(record?.status, { code: 'error', message: 'down' });
    assert.deepEqual(
      record?.events.map(({ name }) => name),
      ['wrote'],
    );
  });

  it('makes two spans of one that holds both halves of a call', () => {
    const span = {
      ...IDS,
      annotations: [
        { timestamp: 1_700_000_000_000_000, value: 'cs', endpoint: shop },
        { timestamp: 1_700_000_000_002_000, value: 'sr', endpoint: stock },
        { timestamp: 1_700_000_000_005_000, value: 'ss', endpoint: stock },
        { timestamp: 1_700_000_000_009_000, value: 'cr', endpoint: shop },
      ],
      binaryAnnotations: [{ key: 'rows', value: '3', endpoint: stock }],
      timestamp: 1_700_000_000_000_000,
      duration: 9000,
    };
    const [client, server] = decodeZipkinV1Spans(JSON.stringify([span])).records;
    assert.deepEqual([client?.kind, client?.durationMs, client?.attributes.rows], ['client', 9, undefined]);
    assert.deepEqual(
      [server?.kind, server?.startTimeMs, server?.durationMs, server?.attributes.rows, server?.parentSpanId],
      ['server', 1_700_000_000_002, 3, '3', SPAN],
    );
  });

  it('reads a local span by its component', () => {
    const [record] = decodeZipkinV1Spans([
      { ...IDS, name: 'sum', duration: 5, binaryAnnotations: [{ key: 'lc', value: 'calc', endpoint: shop }] },
    ]).records;
    assert.deepEqual(
      [record?.kind, record?.durationMs, record?.resource.attributes['service.name'], record?.attributes.lc],
      ['internal', 0.005, 'shop', 'calc'],
    );
  });
});

function one(span: object): SpanRecord {
  const { records, message } = decodeZipkinSpans([span]);
  assert.equal(records.length, 1, message);
  return records[0] as SpanRecord;
}

describe('the other side of a Zipkin span', () => {
  const peerOf = (kind: SpanRecord['kind'], attributes: SpanRecord['attributes']): unknown =>
    JSON.parse(encodeZipkinSpans([bareRecord({ kind, attributes })]))[0].remoteEndpoint;
  const called = { 'server.address': 'stock.internal', 'server.port': 8080 };
  const ranks: readonly [attributes: SpanRecord['attributes'], peer: unknown][] = [
    [
      { ...called, 'peer.service': 'old', 'service.peer.name': 'stock' },
      { serviceName: 'stock', port: 8080 },
    ],
    [
      { ...called, 'peer.service': 'old' },
      { serviceName: 'old', port: 8080 },
    ],
    [called, { serviceName: 'stock.internal', port: 8080 }],
    [{ 'server.address': '10.0.0.7' }, { serviceName: '10.0.0.7', ipv4: '10.0.0.7' }],
    [
      { ...called, 'network.peer.address': '::1', 'network.peer.port': 9 },
      { serviceName: 'stock.internal', ipv6: '::1', port: 9 },
    ],
    [{ 'net.peer.name': 'n', 'db.name': 'd' }, { serviceName: 'n' }],
    [{ 'db.name': 'd' }, { serviceName: 'd' }],
    [{ 'url.path': '/' }, undefined],
  ];
  for (const [attributes, peer] of ranks) {
    it(`is told of a caller by the best name there is: ${JSON.stringify(attributes)}`, () => {
      assert.deepEqual(peerOf('client', attributes), peer);
      assert.deepEqual(peerOf('producer', attributes), peer);
    });
  }

  it('is never the own address of who was called', () => {
    assert.equal(peerOf('server', called), undefined);
    assert.deepEqual(peerOf('server', { ...called, 'network.peer.address': '10.0.0.9' }), { ipv4: '10.0.0.9' });
  });
});
