import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { SpanRecord } from 'throughline/exporters';
import { decodeTraceRequest } from '../../src/formats/otlp-json-decode.ts';
import {
  decodeStatusMessage,
  decodeTraceResponse,
  encodeStatus,
  encodeTraceResponse,
} from '../../src/formats/otlp-protobuf-answer.ts';
import { decodeTraceRequestProtobuf } from '../../src/formats/otlp-protobuf-decode.ts';
import { encodeTraceRequestProtobuf } from '../../src/formats/otlp-protobuf-encode.ts';
import { sampleRecord } from '../contract/suites/sample-record.ts';
import { messageOfJson, OfficialRequest, OfficialResponse } from './official-schema.ts';

const TRACE = '5b8aa5a2d2c872e8321cf37308d69df2';
const SPAN = '051581bf3cb55c13';
const IDS = { traceId: TRACE, spanId: SPAN };

describe('decodeTraceRequestProtobuf', () => {
  const requests: [what: string, span: object][] = [
    ['nothing but ids', IDS],
    ['a kind and a status that nobody knows', { ...IDS, kind: 99, status: { code: 7, message: 'm' } }],
    ['an end before the start', { ...IDS, startTimeUnixNano: '1700000000123456789', endTimeUnixNano: '5' }],
    ['the last nanosecond there is', { ...IDS, startTimeUnixNano: '18446744073709551615' }],
    ['flags of every bit', { ...IDS, flags: 0xffffffff }],
    ['a parent of zeros', { ...IDS, parentSpanId: '0000000000000000' }],
    ['a remote parent', { ...IDS, parentSpanId: SPAN, flags: 0x301 }],
    ['counts', { ...IDS, droppedAttributesCount: 4_294_967_295, droppedEventsCount: 1, droppedLinksCount: 2 }],
    ['a link without ids', { ...IDS, links: [{ traceId: TRACE }, { ...IDS, traceState: 'a=1', flags: 0x101 }] }],
    ['an event without anything', { ...IDS, events: [{}, { name: 'e', attributes: [{ key: 'k' }] }] }],
    ['values of every kind', { ...IDS, attributes: values() }],
  ];
  for (const [what, span] of requests) {
    it(`reads what the official schema writes, as the JSON of it: ${what}`, () => {
      const json = { resourceSpans: [{ resource: {}, scopeSpans: [{ scope: {}, spans: [span] }] }] };
      const bytes = OfficialRequest.encode(messageOfJson(json)).finish();
      assert.deepEqual(decodeTraceRequestProtobuf(bytes), decodeTraceRequest(json));
      assert.equal(decodeTraceRequestProtobuf(bytes).records.length, 1);
    });
  }

  it('takes a request without a byte for an empty one', () => {
    assert.deepEqual(decodeTraceRequestProtobuf(Buffer.alloc(0)), { records: [], rejected: 0, malformed: false });
  });

  it('keeps bytes as base64, and integers that a double cannot hold as digits', () => {
    const attributes = [
      { key: 'bytes', value: { bytesValue: 'aGk=' } },
      { key: 'big', value: { intValue: '9007199254740993' } },
      { key: 'least', value: { intValue: '-9223372036854775808' } },
      { key: 'minus', value: { intValue: '-1' } },
      { key: 'edge', value: { intValue: '-9007199254740991' } },
    ];
    assert.deepEqual(one(official({ ...IDS, attributes })).attributes, {
      bytes: 'aGk=',
      big: '9007199254740993',
      least: '-9223372036854775808',
      minus: -1,
      edge: -9007199254740991,
    });
  });

  it('finds resource and scope behind the spans they belong to', () => {
    const span = field(2, field(1, TRACE), field(2, SPAN));
    const scopeSpans = field(2, span, field(1, field(1, text('scope'))));
    const resource = field(1, field(1, field(1, text('service.name')), field(2, field(1, text('shop')))));
    const { records } = decodeTraceRequestProtobuf(bytesOf(field(1, scopeSpans, resource)));
    assert.deepEqual(records[0]?.resource, { attributes: { 'service.name': 'shop' } });
    assert.deepEqual(records[0]?.scope, { name: 'scope' });
  });

  it('passes over fields it does not know, of every wire type and everywhere', () => {
    const unknown = `9806019906${'00'.repeat(8)}9a06036162639d06${'00'.repeat(4)}`;
    const attribute = field(9, field(1, text('k')), field(2, '1001', unknown), unknown);
    const inner = [field(1, TRACE), unknown, field(2, SPAN), attribute, field(11, unknown), field(15, unknown)];
    const request = field(1, unknown, field(1, unknown), field(2, unknown, field(1, unknown), field(2, ...inner)));
    const span = one(bytesOf(request, unknown));
    assert.deepEqual([span.traceId, span.attributes], [TRACE, { k: true }]);
  });

  it('lets the last of a repeated field or key stand', () => {
    const key = field(1, text('k'));
    const first = field(9, key, field(2, '1801'));
    const second = field(9, key, field(2, '1801', '1802'));
    const span = one(
      spanBytes(field(1, TRACE), field(2, SPAN), field(5, text('a')), field(5, text('b')), first, second),
    );
    assert.deepEqual([span.name, span.attributes], ['b', { k: 2 }]);
  });

  it('keeps __proto__ and inherited names as plain keys', () => {
    const keys = ['__proto__', 'constructor', 'toString'];
    const attributes = keys.map((key) => ({ key, value: { stringValue: key } }));
    const span = one(official({ ...IDS, attributes }));
    assert.deepEqual(
      Object.entries(span.attributes),
      keys.map((key) => [key, key]),
    );
    assert.equal(Object.getPrototypeOf(span.attributes), Object.prototype);
  });

  const bad: [what: string, fields: string[], reason: RegExp][] = [
    ['no trace id', [field(2, SPAN)], /traceId must be 16 bytes/],
    ['a zero trace id', [field(1, '00'.repeat(16)), field(2, SPAN)], /traceId/],
    ['a trace id in hex', [field(1, text(TRACE)), field(2, SPAN)], /traceId/],
    ['a short span id', [field(1, TRACE), field(2, '01')], /spanId must be 8 bytes/],
    ['a long parent', [field(1, TRACE), field(2, SPAN), field(4, TRACE)], /parentSpanId must be 8 bytes/],
  ];
  for (const [what, fields, reason] of bad) {
    it(`rejects a span with ${what}, and keeps its neighbour`, () => {
      const spans = field(2, ...fields) + field(2, field(1, TRACE), field(2, SPAN));
      const result = decodeTraceRequestProtobuf(bytesOf(field(1, field(2, spans))));
      assert.deepEqual([result.records.length, result.rejected, result.malformed], [1, 1, false]);
      assert.match(result.message ?? '', reason);
    });
  }

  const malformed: [what: string, hex: string, message: RegExp][] = [
    ['text', text('hello, I am no protobuf'), /wire type|ends after/],
    ['JSON', text('{"resourceSpans":[]}'), /not valid protobuf/],
    ['a length beyond the end', '0aff', /a number ends after its message/],
    ['a length of 2^63', '0affffffffffffffffff01', /a field ends after its message/],
    ['a length of 4 GiB', '0affffffff0f', /a field ends after its message/],
    ['a number of eleven bytes', '0affffffffffffffffffffff01', /longer than ten bytes/],
    ['field number 0', '0200', /field number is out of range/],
    ['a group', '0b0c', /wire type 3 is unknown|field 1 has wire type 3/],
    ['a span that ends after its list', '0a05120312ff0000', /ends after its message/],
    ['a nested length that leaves its message', '0a0412040a00', /ends after its message/],
    ['resource_spans as a number', '0801', /field 1 has wire type 0, not 2/],
    ['an id as a number', span('0801'), /field 1 has wire type 0, not 2/],
    ['a time as text', span(field(7, text('now'))), /field 7 has wire type 2, not 1/],
    ['flags as a varint', span('800101'), /field 16 has wire type 0, not 5/],
    ['a kind as text', span(field(6, text('server'))), /field 6 has wire type 2, not 0/],
  ];
  for (const [what, hex, message] of malformed) {
    it(`calls ${what} malformed`, () => {
      const result = decodeTraceRequestProtobuf(Buffer.from(hex, 'hex'));
      assert.deepEqual([result.records, result.rejected, result.malformed], [[], 0, true]);
      assert.match(result.message ?? '', message);
    });
  }

  it('calls a request cut at any byte malformed, unless a part ends there', () => {
    const whole = encodeTraceRequestProtobuf([sampleRecord()]);
    for (let length = 1; length < whole.length; length++) {
      assert.equal(decodeTraceRequestProtobuf(whole.subarray(0, length)).malformed, true, `cut at ${length}`);
    }
  });

  it('never throws and never reads past the end, whatever byte is changed', () => {
    const whole = encodeTraceRequestProtobuf([sampleRecord()]);
    for (let at = 0; at < whole.length; at++) {
      for (const byte of [0, 1, 0x7f, 0x80, 0xff, (whole[at] ?? 0) ^ 1]) {
        const bytes = Buffer.from(whole);
        bytes[at] = byte;
        assert.ok(Array.isArray(decodeTraceRequestProtobuf(bytes).records));
      }
    }
  });

  it('never throws for random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        assert.ok(Array.isArray(decodeTraceRequestProtobuf(bytes).records));
        decodeTraceResponse(bytes);
        decodeStatusMessage(bytes);
      }),
      { seed: 20_261_125, numRuns: 3000 },
    );
  });

  it('drops a value nested deeper than 64 levels, without recursion running away', () => {
    // Each level is the one before in a list: AnyValue { array_value: ArrayValue { values: [...] } }.
    let value: Buffer = Buffer.from('1801', 'hex');
    for (let depth = 0; depth < 2000; depth++) value = lengthDelimited(5, lengthDelimited(1, value));
    const deep = field(9, field(1, text('deep')), field(2, value.toString('hex')));
    const span = one(spanBytes(field(1, TRACE), field(2, SPAN), deep));
    assert.deepEqual([span.attributes, span.droppedAttributesCount], [{}, 1]);
  });
});

describe('decodeTraceResponse', () => {
  it('reads what the official schema writes', () => {
    const partialSuccess = { rejectedSpans: 7, errorMessage: 'no room' };
    const bytes = OfficialResponse.encode(OfficialResponse.fromObject({ partialSuccess })).finish();
    assert.deepEqual(decodeTraceResponse(bytes), partialSuccess);
    assert.deepEqual(Buffer.from(encodeTraceResponse(7, 'no room')), Buffer.from(bytes));
  });

  it('takes no bytes for full success, and is undefined for what is no response', () => {
    assert.deepEqual(decodeTraceResponse(Buffer.alloc(0)), { rejectedSpans: 0, errorMessage: '' });
    assert.equal(encodeTraceResponse(0, '').length, 0);
    assert.equal(decodeTraceResponse(Buffer.from('<html>')), undefined);
  });

  it('takes a negative count for none', () => {
    const bytes = bytesOf(field(1, '08ffffffffffffffffff01'));
    assert.deepEqual(decodeTraceResponse(bytes), { rejectedSpans: 0, errorMessage: '' });
  });

  it('reads the message of a Status', () => {
    assert.equal(decodeStatusMessage(encodeStatus(3, 'bad span')), 'bad span');
    assert.equal(Buffer.from(encodeStatus(3, 'bad')).toString('hex'), '08031203626164');
    assert.equal(decodeStatusMessage(Buffer.from('oh')), undefined);
  });
});

function values(): unknown[] {
  const list = (...items: unknown[]) => ({ arrayValue: { values: items } });
  const map = (...items: unknown[]) => ({ kvlistValue: { values: items } });
  const all: unknown[] = [
    { stringValue: '' },
    { stringValue: 'short' },
    { stringValue: 'ünï 🦊' },
    { stringValue: 'x'.repeat(200) },
    { boolValue: false },
    { intValue: '42' },
    { intValue: '0' },
    { intValue: '9007199254740993' },
    { doubleValue: 1.5 },
    { doubleValue: 'NaN' },
    {},
    { arrayValue: {} },
    list({ stringValue: 'a' }, {}, { stringValue: 'b' }),
    list({ intValue: '1' }, { stringValue: 'a' }),
    list(list({ boolValue: true }), { arrayValue: {} }, {}),
    map({ key: 'a', value: { intValue: '1' } }, { key: 'b', value: list({ doubleValue: 2 }, { stringValue: 'x' }) }),
    map({ key: '__proto__', value: map({ key: 'n' }) }),
    { kvlistValue: {} },
  ];
  return all.map((value, n) => ({ key: `k${n}`, value }));
}

function official(span: object): Uint8Array {
  return OfficialRequest.encode(messageOfJson({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })).finish();
}

/** One length-delimited field as hex, its parts given as hex. */
function field(number: number, ...parts: string[]): string {
  return lengthDelimited(number, bytesOf(...parts)).toString('hex');
}

function lengthDelimited(number: number, content: Buffer): Buffer {
  const header: number[] = [];
  for (let rest of [(number << 3) | 2, content.length]) {
    for (; rest > 0x7f; rest >>>= 7) header.push((rest & 0x7f) | 0x80);
    header.push(rest);
  }
  return Buffer.concat([Buffer.from(header), content]);
}

function span(...parts: string[]): string {
  return field(1, field(2, field(2, ...parts)));
}

function spanBytes(...parts: string[]): Buffer {
  return bytesOf(span(...parts));
}

function text(value: string): string {
  return Buffer.from(value).toString('hex');
}

function bytesOf(...parts: string[]): Buffer {
  return Buffer.from(parts.join(''), 'hex');
}

function one(bytes: Uint8Array): SpanRecord {
  const { records, message } = decodeTraceRequestProtobuf(bytes);
  assert.equal(records.length, 1, message);
  return records[0] as SpanRecord;
}
