import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { SpanRecord } from 'throughline/exporters';
import { decodeTraceRequest } from '../../src/formats/otlp-json-decode.ts';

const TRACE = '5b8aa5a2d2c872e8321cf37308d69df2';
const SPAN = '051581bf3cb55c13';
const IDS = { traceId: TRACE, spanId: SPAN };

describe('decodeTraceRequest', () => {
  it('gives defaults for whatever is missing', () => {
    assert.deepEqual(one(IDS), {
      ...IDS,
      parentSpanId: undefined,
      parentIsRemote: false,
      name: '',
      kind: 'internal',
      startTimeMs: 0,
      durationMs: 0,
      attributes: {},
      events: [],
      links: [],
      status: { code: 'unset' },
      resource: { attributes: {} },
      scope: { name: '' },
      traceState: undefined,
      flags: 0,
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    });
  });

  it('takes null for missing, everywhere', () => {
    const names =
      'parentSpanId name kind startTimeUnixNano endTimeUnixNano attributes events links status traceState flags';
    const nulls = Object.fromEntries(names.split(' ').map((name) => [name, null]));
    assert.deepEqual(one({ ...IDS, ...nulls }), one(IDS));
  });

  it('takes text and parsed JSON alike, and ignores unknown keys', () => {
    const request = requestOf({ ...IDS, name: 'a', unknown: [{}] });
    assert.deepEqual(decodeTraceRequest(JSON.stringify(request)), decodeTraceRequest(request));
    assert.equal(decodeTraceRequest(request).records[0]?.name, 'a');
  });

  it('lower-cases ids', () => {
    const span = one({ traceId: TRACE.toUpperCase(), spanId: SPAN.toUpperCase(), parentSpanId: 'EEE19B7EC3C1B174' });
    assert.deepEqual([span.traceId, span.spanId, span.parentSpanId], [TRACE, SPAN, 'eee19b7ec3c1b174']);
  });

  for (const parentSpanId of ['', '0000000000000000']) {
    it(`takes the parent id "${parentSpanId}" for a root`, () => {
      assert.equal(one({ ...IDS, parentSpanId }).parentSpanId, undefined);
    });
  }

  const flags: [flags: unknown, parentIsRemote: boolean, low: number][] = [
    [0x301, true, 1],
    ['769', true, 1],
    [0x103, false, 3],
    [0x201, false, 1],
    [undefined, false, 0],
    [{}, false, 0],
  ];
  for (const [value, parentIsRemote, low] of flags) {
    it(`reads flags ${JSON.stringify(value)} as remote ${parentIsRemote}, trace flags ${low}`, () => {
      const span = one({ ...IDS, flags: value });
      assert.deepEqual([span.parentIsRemote, span.flags], [parentIsRemote, low]);
    });
  }

  it('takes enums as integers and by name, and unknown ones for the default', () => {
    const kinds = [
      1,
      2,
      3,
      4,
      5,
      'SPAN_KIND_SERVER',
      'SPAN_KIND_CONSUMER',
      0,
      'SPAN_KIND_UNSPECIFIED',
      99,
      -1,
      'x',
      {},
    ];
    assert.deepEqual(
      kinds.map((kind) => one({ ...IDS, kind }).kind),
      [
        ...['internal', 'server', 'client', 'producer', 'consumer', 'server', 'consumer'],
        ...['internal', 'internal', 'internal', 'internal', 'internal', 'internal'],
      ],
    );
    const codes = [0, 1, 2, 'STATUS_CODE_ERROR', 9, []];
    assert.deepEqual(
      codes.map((code) => one({ ...IDS, status: { code, message: 'm' } }).status.code),
      ['unset', 'ok', 'error', 'error', 'unset', 'unset'],
    );
  });

  it('takes times as strings and numbers, and an end before the start for no duration', () => {
    const start = '1700000000123456789';
    assert.equal(
      one({ ...IDS, startTimeUnixNano: start, endTimeUnixNano: '1700000000123456790' }).durationMs,
      0.000001,
    );
    assert.equal(one({ ...IDS, startTimeUnixNano: start }).startTimeMs, Number('1700000000123.456789'));
    assert.equal(one({ ...IDS, startTimeUnixNano: 1_700_000_000_000_000_000 }).startTimeMs, 1_700_000_000_000);
    assert.equal(one({ ...IDS, startTimeUnixNano: start, endTimeUnixNano: '5' }).durationMs, 0);
    assert.equal(one({ ...IDS, startTimeUnixNano: start }).durationMs, 0);
  });

  it('shares one resource and one scope among the spans of a group', () => {
    const scopeSpans = [{ scope: { name: 's', version: '1' }, spans: [IDS, { ...IDS, spanId: 'aa'.repeat(8) }] }];
    const { records } = decodeTraceRequest({ resourceSpans: [{ scopeSpans }] });
    assert.equal(records[0]?.resource, records[1]?.resource);
    assert.equal(records[0]?.scope, records[1]?.scope);
    assert.deepEqual(records[0]?.scope, { name: 's', version: '1' });
  });

  const bad: [what: string, span: unknown, reason: RegExp][] = [
    ['no object', 'x', /a span must be an object/],
    ['no trace id', { spanId: SPAN }, /traceId must be 32 hex digits/],
    ['a zero trace id', { ...IDS, traceId: '0'.repeat(32) }, /traceId/],
    ['a short trace id', { ...IDS, traceId: TRACE.slice(1) }, /traceId/],
    ['a base64 trace id', { ...IDS, traceId: 'W4qlotLIcugyHPNzCNad8g==' }, /traceId/],
    ['a numeric span id', { ...IDS, spanId: 1 }, /spanId must be 16 hex digits/],
    ['a zero span id', { ...IDS, spanId: '0'.repeat(16) }, /spanId/],
    ['a malformed parent', { ...IDS, parentSpanId: 'xyz' }, /parentSpanId/],
    ['a negative time', { ...IDS, startTimeUnixNano: '-1' }, /times/],
    ['a time in words', { ...IDS, endTimeUnixNano: 'now' }, /times/],
    ['an endless time', { ...IDS, endTimeUnixNano: '9'.repeat(1000) }, /times/],
    ['a name that is a number', { ...IDS, name: 7 }, /name must be a string/],
  ];
  for (const [what, span, reason] of bad) {
    it(`rejects a span with ${what}, and keeps its neighbours`, () => {
      const result = decodeTraceRequest(requestOf(IDS, span, { ...IDS, spanId: 'aa'.repeat(8) }));
      assert.equal(result.records.length, 2);
      assert.equal(result.rejected, 1);
      assert.match(result.message ?? '', reason);
      assert.equal(result.malformed, false);
    });
  }

  const malformed: [what: string, request: unknown, message: string][] = [
    ['no JSON', '{', 'not valid JSON'],
    ['empty text', '', 'not valid JSON'],
    ['a list', [], 'the request must be a JSON object'],
    ['a quoted string', '"x"', 'the request must be a JSON object'],
    ['null', null, 'the request must be a JSON object'],
    ['undefined', undefined, 'the request must be a JSON object'],
    ['spans in no list', { resourceSpans: {} }, '"resourceSpans" must be an array'],
    ['4 MB of brackets', '['.repeat(4_000_000), 'JSON is nested deeper than 256 levels'],
    ['4 MB of maps', '{"a":'.repeat(800_000), 'JSON is nested deeper than 256 levels'],
  ];
  for (const [what, request, message] of malformed) {
    it(`calls ${what} malformed`, () => {
      assert.deepEqual(decodeTraceRequest(request), { records: [], rejected: 0, message, malformed: true });
    });
  }

  it('counts brackets outside strings only', () => {
    const name = `${'['.repeat(1000)}\\"${'{'.repeat(1000)}`;
    assert.equal(one({ ...IDS, name }).name, name);
    assert.equal(decodeTraceRequest(JSON.stringify(requestOf({ ...IDS, name }))).records[0]?.name, name);
  });

  it('takes an empty request for what it is', () => {
    assert.deepEqual(decodeTraceRequest('{}'), { records: [], rejected: 0, malformed: false });
  });

  it('never throws, whatever the shape', () => {
    const shapes = fc.letrec((tie) => {
      const key = fc.constantFrom(
        ...['resourceSpans', 'resource', 'scopeSpans', 'scope', 'spans', 'attributes', 'key', 'value', 'events'],
        ...[
          'links',
          'arrayValue',
          'values',
          'kvlistValue',
          'intValue',
          'doubleValue',
          'traceId',
          'status',
          '__proto__',
        ],
      );
      const leaf = fc.oneof(fc.constant(TRACE), fc.constant(SPAN), fc.anything({ maxDepth: 1 }));
      const node = tie('node');
      return { node: fc.oneof({ maxDepth: 12 }, leaf, fc.array(node, { maxLength: 3 }), fc.dictionary(key, node)) };
    });
    fc.assert(
      fc.property(
        fc.oneof(
          shapes.node,
          shapes.node.map((spans) => requestOf(spans)),
        ),
        (shape) => {
          assert.ok(Array.isArray(decodeTraceRequest(shape).records));
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('decodeTraceRequest, attribute values', () => {
  const list = (...values: unknown[]) => ({ arrayValue: { values } });
  const map = (...values: unknown[]) => ({ kvlistValue: { values } });
  const values: [any: unknown, value: unknown][] = [
    [{ stringValue: '' }, ''],
    [{ boolValue: false }, false],
    [{ intValue: '42' }, 42],
    [{ intValue: 42 }, 42],
    [{ intValue: '9007199254740993' }, '9007199254740993'],
    [{ intValue: '-9223372036854775808' }, '-9223372036854775808'],
    [{ doubleValue: 1.5 }, 1.5],
    [{ doubleValue: '1.5' }, 1.5],
    [{ doubleValue: 'NaN' }, Number.NaN],
    [{ doubleValue: '-Infinity' }, Number.NEGATIVE_INFINITY],
    [{ bytesValue: 'aGk=' }, 'aGk='],
    [{}, ''],
    [null, ''],
    [{ somethingNew: 1 }, ''],
    [{ arrayValue: {} }, []],
    [list({ stringValue: 'a' }, {}, { stringValue: 'b' }), ['a', null, 'b']],
    [list({ intValue: '1' }, { doubleValue: 2.5 }), [1, 2.5]],
    [list({ intValue: '1' }, { stringValue: 'a' }), '[1,"a"]'],
    [list({ intValue: '1' }, { intValue: '9007199254740993' }), '[1,9007199254740993]'],
    [list(list({ boolValue: true }), { arrayValue: {} }, {}), '[[true],[],null]'],
    [
      map({ key: 'a', value: { intValue: '1' } }, { key: 'b', value: list({ boolValue: true }, { stringValue: 'x' }) }),
      '{"a":1,"b":[true,"x"]}',
    ],
    [
      map({ key: '__proto__', value: { doubleValue: 2 } }, { key: '__proto__', value: { doubleValue: 'NaN' } }),
      '{"__proto__":2.0,"__proto__":"NaN"}',
    ],
    [map({ key: 'b', value: { bytesValue: 'aGk=' } }, { key: 'n' }), '{"b":"aGk=","n":null}'],
    [{ kvlistValue: {} }, '{}'],
  ];
  for (const [any, value] of values) {
    it(`reads ${JSON.stringify(any)}`, () => {
      assert.deepEqual(one({ ...IDS, attributes: [{ key: 'k', value: any }] }).attributes, { k: value });
    });
  }

  it('counts what it cannot read as dropped, on top of what the sender counted', () => {
    const attributes = [{ key: 7, value: {} }, 'x', { key: 'a', value: 5 }, { key: 'b', value: { intValue: '1.5' } }];
    const events = [{ name: 'ok' }, { name: 5 }, null, { name: 'late', timeUnixNano: 'x' }];
    const links = [IDS, { traceId: 'x' }];
    const span = one({ ...IDS, attributes, events, links, droppedAttributesCount: '2', droppedEventsCount: -1 });
    assert.deepEqual(span.attributes, {});
    assert.equal(span.droppedAttributesCount, 6);
    assert.deepEqual(span.events, [{ name: 'ok', timeMs: 0, attributes: {} }]);
    assert.equal(span.droppedEventsCount, 3);
    assert.deepEqual(span.links, [{ context: { ...IDS, traceFlags: 0 }, attributes: {} }]);
    assert.equal(span.droppedLinksCount, 1);
  });

  it('drops a value nested deeper than 64 levels, without recursion running away', () => {
    let value: unknown = { intValue: '1' };
    for (let n = 0; n < 100_000; n++) value = { arrayValue: { values: [value] } };
    const span = one({ ...IDS, attributes: [{ key: 'deep', value }] });
    assert.deepEqual([span.attributes, span.droppedAttributesCount], [{}, 1]);
  });

  it('keeps __proto__ and inherited names as plain keys', () => {
    const keys = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    const attributes = keys.map((key) => ({ key, value: { stringValue: key } }));
    const span = one({ ...IDS, attributes });
    assert.deepEqual(
      Object.entries(span.attributes),
      keys.map((key) => [key, key]),
    );
    assert.equal(Object.getPrototypeOf(span.attributes), Object.prototype);
  });

  it('lets the last of a repeated key stand', () => {
    const attributes = [1, 2].map((n) => ({ key: 'k', value: { intValue: n } }));
    assert.deepEqual(one({ ...IDS, attributes }).attributes, { k: 2 });
  });
});

function requestOf(...spans: unknown[]): unknown {
  return { resourceSpans: [{ scopeSpans: [{ spans }] }] };
}

function one(span: unknown): SpanRecord {
  const { records, message } = decodeTraceRequest(requestOf(span));
  assert.equal(records.length, 1, message);
  return records[0] as SpanRecord;
}
