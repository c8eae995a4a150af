import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { SpanRecord } from 'throughline/exporters';
import { decodeTraceRequest } from '../../src/formats/otlp-json-decode.ts';
import { encodeTraceRequest } from '../../src/formats/otlp-json-encode.ts';
import { bareRecord, sampleRecord } from '../contract/suites/sample-record.ts';
import { arbitraryRecord } from './arbitrary-record.ts';

const TRACE = '5b8aa5a2d2c872e8321cf37308d69df2';
const SPAN = '051581bf3cb55c13';

describe('encodeTraceRequest', () => {
  it('writes a root span byte for byte as OTLP JSON says', () => {
    const record = bareRecord({ traceId: TRACE, spanId: SPAN, name: 'root', durationMs: 1.5 });
    assert.equal(
      encodeTraceRequest([record]),
      '{"resourceSpans":[{"resource":{},"scopeSpans":[{"scope":{"name":"throughline"},"spans":[' +
        `{"traceId":"${TRACE}","spanId":"${SPAN}","flags":259,"name":"root","kind":1,` +
        '"startTimeUnixNano":"1700000000123250000","endTimeUnixNano":"1700000000124750000",' +
        '"status":{"code":0}}]}]}]}',
    );
  });

  it('writes a full span byte for byte', () => {
    const record = sampleRecord({
      traceId: TRACE,
      spanId: SPAN,
      parentSpanId: 'eee19b7ec3c1b174',
      attributes: { s: 'a', i: -7, d: 0.5, b: true, l: ['x', null, undefined] },
      events: [{ name: 'e', timeMs: 1_700_000_000_124, attributes: { n: 1 } }],
      links: [{ context: { traceId: TRACE, spanId: SPAN, traceFlags: 1, isRemote: true }, attributes: { n: 2 } }],
      traceState: 'a=1',
    });
    assert.equal(
      spanText(record),
      `{"traceId":"${TRACE}","spanId":"${SPAN}","traceState":"a=1","parentSpanId":"eee19b7ec3c1b174","flags":771,` +
        '"name":"GET /orders/:id","kind":2,' +
        '"startTimeUnixNano":"1700000000123250000","endTimeUnixNano":"1700000000135595678",' +
        '"attributes":[{"key":"s","value":{"stringValue":"a"}},{"key":"i","value":{"intValue":"-7"}},' +
        '{"key":"d","value":{"doubleValue":0.5}},{"key":"b","value":{"boolValue":true}},' +
        '{"key":"l","value":{"arrayValue":{"values":[{"stringValue":"x"},{},{}]}}}],"droppedAttributesCount":1,' +
        '"events":[{"timeUnixNano":"1700000000124000000","name":"e",' +
        '"attributes":[{"key":"n","value":{"intValue":"1"}}]}],"droppedEventsCount":2,' +
        `"links":[{"traceId":"${TRACE}","spanId":"${SPAN}",` +
        '"attributes":[{"key":"n","value":{"intValue":"2"}}],"flags":769}],"droppedLinksCount":3,' +
        '"status":{"code":2,"message":"stock is down"}}',
    );
  });

  const numbers: [value: number, json: string][] = [
    [0, '{"intValue":"0"}'],
    [-0, '{"doubleValue":-0}'],
    [Number.MAX_SAFE_INTEGER, '{"intValue":"9007199254740991"}'],
    [2 ** 53, '{"doubleValue":9007199254740992}'],
    [1e300, '{"doubleValue":1e+300}'],
    [Number.NaN, '{"doubleValue":"NaN"}'],
    [Number.POSITIVE_INFINITY, '{"doubleValue":"Infinity"}'],
    [Number.NEGATIVE_INFINITY, '{"doubleValue":"-Infinity"}'],
  ];
  for (const [value, json] of numbers) {
    it(`writes ${Object.is(value, -0) ? '-0' : value} as ${json}`, () => {
      assert.ok(spanText(bareRecord({ attributes: { value } })).includes(`"value":${json}`));
    });
  }

  const times: [startTimeMs: number, durationMs: number, start: string, end: string][] = [
    [0, 0, '0', '0'],
    [0.000001, 0, '1', '1'],
    [5.5, 1000, '5500000', '1005500000'],
    [999, 1, '999000000', '1000000000'],
    [1000.001, 999_999.999, '1000001000', '1001000000000'],
    [1_700_000_000_123.9998, 0.000244, '1700000000123999756', '1700000000124000000'],
    [1_700_000_000_000, 0.000001, '1700000000000000000', '1700000000000000001'],
    [1_700_000_000_000, -5, '1700000000000000000', '1700000000000000000'],
    [Number.NaN, Number.NaN, '0', '0'],
    [-1, 1, '0', '1000000'],
    [Number.POSITIVE_INFINITY, 1, '18446744073708000000', '18446744073708000000'],
  ];
  for (const [startTimeMs, durationMs, start, end] of times) {
    it(`writes ${startTimeMs} ms and ${durationMs} ms later as ${start} and ${end}`, () => {
      const text = spanText(bareRecord({ startTimeMs, durationMs }));
      assert.ok(text.includes(`"startTimeUnixNano":"${start}","endTimeUnixNano":"${end}"`), text);
    });
  }

  it('groups by the identity of resource and scope, and keeps the order inside a group', () => {
    const [a, b] = [bareRecord().resource, bareRecord().resource];
    const [s, u] = [{ name: 's' }, { name: 'u' }];
    const make = (name: string, resource: typeof a, scope: typeof s): SpanRecord =>
      bareRecord({ name, resource, scope });
    const text = encodeTraceRequest([make('1', a, s), make('2', b, s), make('3', a, u), make('4', a, s)]);
    const groups = JSON.parse(text).resourceSpans.map((group: { scopeSpans: { spans: { name: string }[] }[] }) =>
      group.scopeSpans.map(({ spans }) => spans.map(({ name }) => name)),
    );
    assert.deepEqual(groups, [[['1', '4'], ['3']], [['2']]]);
  });

  it('writes lone surrogates as escapes, so that the bytes are UTF-8', () => {
    const text = encodeTraceRequest([bareRecord({ name: 'a\ud800b', attributes: { '\udfff': '\udfff' } })]);
    assert.ok(Buffer.from(text).toString() === text);
    assert.ok(text.includes('"name":"a\\ud800b"'));
  });

  it('leaves out what others put on Object.prototype, and attributes without a value', () => {
    Object.defineProperty(Object.prototype, 'polluted', { value: 'x', enumerable: true, configurable: true });
    try {
      const text = spanText(bareRecord({ attributes: { a: undefined, b: 1 } }));
      assert.ok(text.includes('"attributes":[{"key":"b","value":{"intValue":"1"}}]'), text);
      assert.deepEqual(Object.keys(decodeTraceRequest(requestWith(text)).records[0]?.attributes ?? {}), ['b']);
    } finally {
      Reflect.deleteProperty(Object.prototype, 'polluted');
    }
  });

  it('tells 0 from -0 and true from 1 under one key, whatever came before', () => {
    const values = [0, -0, 0, 1, true, '1', 1, [1], 1, 'x'.repeat(1000), 'x'];
    const { records } = decodeTraceRequest(encodeTraceRequest(values.map((v) => bareRecord({ attributes: { v } }))));
    assert.deepEqual(
      records.map((record) => record.attributes.v),
      values,
    );
  });

  it('stays right with more keys than it remembers', () => {
    const records = Array.from({ length: 3000 }, (_, n) => bareRecord({ attributes: { [`key.${n}`]: n } }));
    assert.deepEqual(decodeTraceRequest(encodeTraceRequest(records)).records, records);
  });
});

describe('decodeTraceRequest of encodeTraceRequest', () => {
  it('is the identity on records', () => {
    fc.assert(
      fc.property(fc.array(arbitraryRecord(), { minLength: 1, maxLength: 5 }), (records) => {
        const { records: back, rejected, malformed } = decodeTraceRequest(encodeTraceRequest(records));
        assert.deepEqual({ rejected, malformed }, { rejected: 0, malformed: false });
        assert.deepEqual(back, records);
      }),
      { numRuns: 300 },
    );
  });
});

function spanText(record: SpanRecord): string {
  const text = encodeTraceRequest([record]);
  return text.slice(text.indexOf('"spans":[') + 9, -']}]}]}'.length);
}

function requestWith(span: string): string {
  return `{"resourceSpans":[{"scopeSpans":[{"spans":[${span}]}]}]}`;
}
