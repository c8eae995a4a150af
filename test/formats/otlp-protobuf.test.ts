import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { SpanRecord } from 'throughline/exporters';
import { encodeTraceRequest } from '../../src/formats/otlp-json-encode.ts';
import { decodeTraceRequestProtobuf } from '../../src/formats/otlp-protobuf-decode.ts';
import { encodeTraceRequestProtobuf } from '../../src/formats/otlp-protobuf-encode.ts';
import { bareRecord, sampleRecord } from '../contract/suites/sample-record.ts';
import { arbitraryRecord } from './arbitrary-record.ts';
import { messageOfJson, OfficialRequest } from './official-schema.ts';

const TRACE = '5b8aa5a2d2c872e8321cf37308d69df2';
const SPAN = '051581bf3cb55c13';

describe('encodeTraceRequestProtobuf', () => {
  it('writes a root span byte for byte', () => {
    const record = bareRecord({ traceId: TRACE, spanId: SPAN, name: 'root', durationMs: 1.5 });
    assert.equal(
      hex(encodeTraceRequestProtobuf([record])),
      [
        '0a51', // resource_spans
        '0a00', // resource
        '124d', // scope_spans
        `0a0d0a0b${Buffer.from('throughline').toString('hex')}`,
        '123c', // a span
        `0a10${TRACE}1208${SPAN}`,
        '2a04726f6f74', // name
        '3001', // kind
        '3950a5823dfe9c9717', // start: 1700000000123250000
        '41b088993dfe9c9717',
        '850103010000', // flags
      ].join(''),
    );
  });

  const batches: [what: string, records: SpanRecord[]][] = [
    ['a full span', [sampleRecord()]],
    ['a bare span', [bareRecord()]],
    ['an empty batch', []],
    ['spans of several resources and scopes', severalGroups()],
    ['every kind of number', [bareRecord({ attributes: numbers() })]],
    [
      'empty text, false and 0, which mean something in a value',
      [bareRecord({ attributes: { a: '', b: false, c: 0 } })],
    ],
    ['an empty name and key, which do not', [bareRecord({ name: '', attributes: { '': 1 }, scope: { name: '' } })]],
    ['text of all lengths around the length of a length', [bareRecord({ attributes: texts() })]],
    [
      'times at both ends of what can be named',
      [
        bareRecord({ startTimeMs: 0, durationMs: 0 }),
        bareRecord({ startTimeMs: 18_446_744_073_708, durationMs: 5 }),
        bareRecord({ startTimeMs: Number.NaN, durationMs: -1 }),
      ],
    ],
    ['more than the first buffer holds', Array.from({ length: 150 }, () => sampleRecord())],
  ];
  for (const [what, records] of batches) {
    it(`gives the bytes of the official schema for ${what}`, () => {
      assert.equal(hex(encodeTraceRequestProtobuf(records)), hex(officialBytes(records)));
    });
  }

  it('gives the bytes of the official schema for random spans', () => {
    fc.assert(
      fc.property(fc.array(arbitraryRecord(), { minLength: 1, maxLength: 4 }), (records) => {
        assert.equal(hex(encodeTraceRequestProtobuf(records)), hex(officialBytes(records)));
      }),
      { seed: 20_261_125, numRuns: 60 },
    );
  });

  it('writes U+FFFD for a lone surrogate, short text or long', () => {
    for (const filler of ['', 'x'.repeat(100)]) {
      const bytes = encodeTraceRequestProtobuf([
        bareRecord({ name: `${filler}\ud800`, attributes: { '\udfff': 'a\ud800b' } }),
      ]);
      const [record] = decodeTraceRequestProtobuf(bytes).records;
      assert.equal(record?.name, `${filler}\ufffd`);
      assert.deepEqual(record?.attributes, { '\ufffd': 'a\ufffdb' });
    }
  });

  it('leaves out what others put on Object.prototype, and attributes without a value', () => {
    Object.defineProperty(Object.prototype, 'polluted', { value: 'x', enumerable: true, configurable: true });
    try {
      const bytes = encodeTraceRequestProtobuf([bareRecord({ attributes: { a: undefined, b: 1 } })]);
      assert.deepEqual(Object.keys(decodeTraceRequestProtobuf(bytes).records[0]?.attributes ?? {}), ['b']);
    } finally {
      Reflect.deleteProperty(Object.prototype, 'polluted');
    }
  });

  it('tells 0 from -0 and true from 1 under one key, whatever came before', () => {
    const values = [0, -0, 0, 1, true, 1, '1', 1, Number.NaN, 0, -0, 'a', 'a', 'a', 'b', 'a'];
    const records = values.map((value) => bareRecord({ attributes: { 'one.key': value } }));
    const back = decodeTraceRequestProtobuf(encodeTraceRequestProtobuf(records)).records;
    assert.deepEqual(
      back.map(({ attributes }) => attributes['one.key']),
      values,
    );
  });

  it('hands out bytes that the next call does not change', () => {
    const first = encodeTraceRequestProtobuf([sampleRecord()]);
    const copy = hex(first);
    encodeTraceRequestProtobuf([sampleRecord(), sampleRecord()]);
    assert.equal(hex(first), copy);
  });

  it('goes on after an attribute whose getter threw', () => {
    const attributes = {
      get bad(): string {
        throw new Error('mine');
      },
    };
    assert.throws(() => encodeTraceRequestProtobuf([sampleRecord(), bareRecord({ attributes })]), /mine/);
    const record = sampleRecord();
    assert.deepEqual(decodeTraceRequestProtobuf(encodeTraceRequestProtobuf([record])).records, [record]);
  });
});

describe('decodeTraceRequestProtobuf of encodeTraceRequestProtobuf', () => {
  it('gives the records back', () => {
    fc.assert(
      fc.property(fc.array(arbitraryRecord(), { minLength: 1, maxLength: 5 }), (records) => {
        const { records: back, ...rest } = decodeTraceRequestProtobuf(encodeTraceRequestProtobuf(records));
        assert.deepEqual(back, records);
        assert.deepEqual(rest, { rejected: 0, malformed: false });
      }),
      { seed: 20_261_125, numRuns: 100 },
    );
  });
});

/** The bytes that the classes generated from the .proto files write for the OTLP JSON of the records. */
function officialBytes(records: readonly SpanRecord[]): Uint8Array {
  return OfficialRequest.encode(messageOfJson(JSON.parse(encodeTraceRequest(records)))).finish();
}

function severalGroups(): SpanRecord[] {
  const [one, two] = [sampleRecord(), sampleRecord({ resource: { attributes: { 'service.name': 'b' } } })];
  const scope = { name: 'other' };
  return [
    one,
    sampleRecord({ resource: one.resource, scope: one.scope }),
    sampleRecord({ resource: one.resource, scope }),
    two,
  ];
}

function numbers(): Record<string, number | number[]> {
  const { MAX_SAFE_INTEGER, MIN_SAFE_INTEGER, MAX_VALUE, MIN_VALUE } = Number;
  const around = [7, 14, 21, 28, 31, 32, 35, 42, 49, 52].flatMap((bits) => [
    2 ** bits - 1,
    2 ** bits,
    -(2 ** bits),
    1 - 2 ** bits,
  ]);
  const list = [...around, MAX_SAFE_INTEGER, MIN_SAFE_INTEGER, MAX_VALUE, MIN_VALUE, -0, 2 ** 53, 2 ** 63, 0.1, -1];
  return { list, nan: Number.NaN, inf: Number.POSITIVE_INFINITY, minus: Number.NEGATIVE_INFINITY };
}

function texts(): Record<string, string> {
  const lengths = [0, 1, 39, 40, 41, 127, 128, 129, 16_383, 16_384, 100_000];
  const units = ['x', 'ü', '\u2028', '🦊'];
  return Object.fromEntries(units.flatMap((unit) => lengths.map((n) => [`${unit}${n}`, unit.repeat(n)])));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
