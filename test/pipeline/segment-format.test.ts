import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  CURSOR_OFFSET,
  cursorBytes,
  HEADER_BYTES,
  parseSegmentName,
  RECORD_HEADER_BYTES,
  readCursor,
  segmentHeader,
  segmentName,
  writeRecordHeader,
} from '../../src/core/pipeline/spool/segment-format.ts';
import { readAll, segmentOf } from './segments.ts';

const PAYLOADS = ['first', '', 'the third one', 'x'.repeat(100)].map((text) => Buffer.from(text));

describe('the header of a segment', () => {
  it('is what the documentation draws', () => {
    assert.equal(segmentHeader().toString('hex'), `${Buffer.from('tlspool\n').toString('hex')}10000000efffffff`);
    const header = Buffer.alloc(RECORD_HEADER_BYTES, 0xaa);
    writeRecordHeader(header, Buffer.from('abc'), 2, 1, 0, 1000);
    // mark, length, spans, type, zero, time as a double, CRC-32 of "abc" (0x352441c2), CRC-32 of all before
    assert.equal(header.subarray(0, 24).toString('hex'), 'ff544cfe0300000002000100' + '0000000000408f40' + 'c2412435');
    assert.equal(header.length, 28);
  });

  it('keeps a cursor, and one that is damaged counts as none', () => {
    const header = segmentHeader();
    assert.equal(readCursor(header), HEADER_BYTES);
    cursorBytes(123_456).copy(header, CURSOR_OFFSET);
    assert.equal(readCursor(header), 123_456);
    for (let byte = CURSOR_OFFSET; byte < HEADER_BYTES; byte++) {
      const damaged = Buffer.from(header);
      damaged[byte] = (damaged[byte] as number) ^ 0x40;
      assert.equal(readCursor(damaged), HEADER_BYTES);
    }
    assert.equal(readCursor(Buffer.alloc(HEADER_BYTES)), HEADER_BYTES);
    assert.equal(readCursor(header.subarray(0, 11)), HEADER_BYTES);
  });
});

describe('the name of a segment', () => {
  it('sorts as the files were made, and carries a salt', () => {
    const names = [2, 1, 10, 99_999_999].map(segmentName);
    assert.deepEqual(
      names.sort().map((name) => parseSegmentName(name)?.number),
      [1, 2, 10, 99_999_999],
    );
    assert.notEqual(parseSegmentName(segmentName(1))?.salt, parseSegmentName(segmentName(1))?.salt);
  });

  for (const name of [
    '',
    'a.txt',
    '00000001-9f3c11a2.v2.spool',
    '1-9f3c11a2.v1.spool',
    '00000001-9F3C11A2.v1.spool',
    '../00000001-9f3c11a2.v1.spool',
    '00000001-9f3c11a2.v1.spool\n',
  ]) {
    it(`is not ${JSON.stringify(name)}`, () => assert.equal(parseSegmentName(name), undefined));
  }
});

describe('a segment', () => {
  const whole = segmentOf(PAYLOADS);

  it('gives back what was written', () => {
    assert.deepEqual(readAll(whole.bytes, whole.salt), { payloads: PAYLOADS, damaged: 0 });
  });

  it('torn at any byte loses the torn record alone, and says so', () => {
    for (let length = HEADER_BYTES; length <= whole.bytes.length; length++) {
      const { payloads, damaged } = readAll(whole.bytes.subarray(0, length), whole.salt);
      const complete = whole.bounds.filter((bound) => bound <= length).length - 1;
      assert.deepEqual(payloads, PAYLOADS.slice(0, complete), `at byte ${length}`);
      assert.equal(damaged, whole.bounds.includes(length) ? 0 : 1, `at byte ${length}`);
    }
  });

  it('with any byte flipped loses the record of that byte alone, and says so', () => {
    for (let at = HEADER_BYTES; at < whole.bytes.length; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const bytes = Buffer.from(whole.bytes);
        bytes[at] = (bytes[at] as number) ^ mask;
        const hit = whole.bounds.findIndex((bound) => bound > at) - 1;
        const { payloads, damaged } = readAll(bytes, whole.salt);
        assert.deepEqual(payloads, PAYLOADS.toSpliced(hit, 1), `byte ${at} ^ ${mask}`);
        assert.equal(damaged, 1, `byte ${at} ^ ${mask}`);
      }
    }
  });

  it('filled with zeros from any byte on keeps what is before', () => {
    for (let from = HEADER_BYTES; from < whole.bytes.length; from += 3) {
      const bytes = Buffer.from(whole.bytes).fill(0, from);
      const { payloads, damaged } = readAll(bytes, whole.salt);
      const complete = whole.bounds.filter((bound) => bound <= from).length - 1;
      assert.deepEqual(payloads, PAYLOADS.slice(0, complete), `from byte ${from}`);
      assert.equal(damaged, 1, `from byte ${from}`);
    }
  });

  it('yields nothing under another salt: what the disk kept of another file is no record of this one', () => {
    assert.deepEqual(readAll(whole.bytes, whole.salt + 1), { payloads: [], damaged: 1 });
  });

  it('is not read from inside a damaged payload, though a caller put records there', () => {
    const planted = segmentOf([Buffer.from('planted')], 0).bytes.subarray(HEADER_BYTES);
    const { bytes, salt } = segmentOf([planted, Buffer.from('next')]);
    bytes[HEADER_BYTES] = 0; // the mark of the first
    assert.deepEqual(readAll(bytes, salt), { payloads: [Buffer.from('next')], damaged: 1 });
  });

  it('never gives a record that was not written, whatever happened to it', () => {
    const damage = fc.array(
      fc.record({
        at: fc.nat(400),
        length: fc.integer({ min: 1, max: 60 }),
        kind: fc.constantFrom('zero', 'cut', 'insert', 'copy', 'random'),
        seed: fc.uint8Array({ minLength: 60, maxLength: 60 }),
      }),
      { minLength: 1, maxLength: 4 },
    );
    const payloads = fc.array(fc.uint8Array({ maxLength: 80 }), { minLength: 1, maxLength: 6 });
    const property = fc.property(payloads, damage, fc.nat(0xffff_ffff), (contents, changes, salt) => {
      const segment = segmentOf(contents.map(Buffer.from), salt);
      let bytes = segment.bytes;
      for (const change of changes) bytes = damaged(bytes, change);
      const written = new Set(contents.map((content) => Buffer.from(content).toString('hex')));
      for (const payload of readAll(bytes, salt, 0).payloads) assert.ok(written.has(payload.toString('hex')));
    });
    fc.assert(property, { numRuns: 2000, seed: 6 });
  });

  it('never gives a record out of bytes that are foreign', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 500 }), fc.nat(0xffff_ffff), (bytes, salt) => {
      assert.deepEqual(readAll(Buffer.from(bytes), salt, 0).payloads, []);
    });
    fc.assert(property, { numRuns: 2000, seed: 6 });
  });
});

interface Damage {
  readonly at: number;
  readonly length: number;
  readonly kind: string;
  readonly seed: Uint8Array;
}

function damaged(bytes: Buffer, { at, length, kind, seed }: Damage): Buffer {
  const from = Math.min(at, bytes.length);
  const to = Math.min(from + length, bytes.length);
  switch (kind) {
    case 'zero':
      return Buffer.from(bytes).fill(0, from, to);
    case 'cut':
      return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
    case 'insert':
      return Buffer.concat([bytes.subarray(0, from), seed.subarray(0, length), bytes.subarray(from)]);
    case 'copy':
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
    default:
      return Buffer.concat([bytes.subarray(0, from), seed.subarray(0, to - from), bytes.subarray(to)]);
  }
}
