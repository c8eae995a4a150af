import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatTraceparent, isSpanId, isTraceId, parseTraceparent } from '../../propagation/traceparent.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const VALID = `00-${TRACE}-${SPAN}-01`;

test('reads the examples of the specification', () => {
  assert.deepEqual(parseTraceparent(VALID), { traceId: TRACE, spanId: SPAN, flags: 1 });
  assert.deepEqual(parseTraceparent(`00-${TRACE}-${SPAN}-00`), { traceId: TRACE, spanId: SPAN, flags: 0 });
});

test('keeps the sampled and the random flag and clears all others, compared by bit', () => {
  for (let byte = 0; byte <= 0xff; byte += 1) {
    const parsed = parseTraceparent(`00-${TRACE}-${SPAN}-${byte.toString(16).padStart(2, '0')}`);
    assert.equal(parsed?.flags, byte & 3);
  }
});

test('writes two digits of flags whatever bits are set: ff is 03, fc is 00', () => {
  const flagsOf = (traceFlags: number) => formatTraceparent({ traceId: TRACE, spanId: SPAN, traceFlags }).slice(52);
  assert.deepEqual([0xff, 0xfc, 0x10, 0x101, 2].map(flagsOf), ['-03', '-00', '-00', '-01', '-02']);
});

test('ignores a malformed value', () => {
  const malformed = [
    '',
    '00',
    VALID.slice(0, -1),
    `${VALID} `,
    ` ${VALID}`,
    `${VALID}-`,
    `${VALID}-extra`,
    `${VALID}.`,
    `${VALID},${VALID}`, // two fields, joined
    `${VALID}, ${VALID}`,
    VALID.toUpperCase(),
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${SPAN.toUpperCase()}-01`,
    `00-${TRACE}-${SPAN}-0A`,
    `0A-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `ff-${TRACE}-${SPAN}-01`,
    `ff-${TRACE}-${SPAN}-01-more`,
    `0-${TRACE}-${SPAN}-001`,
    `000-${TRACE}-${SPAN}-0`,
    `.0-${TRACE}-${SPAN}-01`,
    `0.-${TRACE}-${SPAN}-01`,
    `00-${TRACE.slice(1)}-${SPAN}-01`,
    `00-${TRACE}0-${SPAN}-01`,
    `00-.${TRACE.slice(1)}-${SPAN}-01`,
    `00-${TRACE}-.${SPAN.slice(1)}-01`,
    `00-${TRACE}-${SPAN}-.1`,
    `00-${TRACE}-${SPAN}-1.`,
    `00_${TRACE}_${SPAN}_01`,
    `00-${TRACE}-${SPAN}_01`,
    `00-${TRACE.slice(1)}\u0130-${SPAN}-01`,
    `00-${TRACE.slice(1)}\uff11-${SPAN}-01`, // a digit, but of full width
    `01-${TRACE}-${SPAN}-01.`,
    `01-${TRACE}-${SPAN}-0100`,
    `01-${TRACE}-${SPAN}-01,01-${TRACE}-${SPAN}-01`,
  ];
  for (const value of malformed) assert.equal(parseTraceparent(value), undefined, JSON.stringify(value));
});

test('ignores a value with any one character of it replaced by what is no lower-case hex', () => {
  for (const bad of ['g', 'G', 'A', '/', ':', '`', '@', ' ', '\u0000', '\u0130']) {
    for (let at = 0; at < VALID.length; at += 1) {
      const value = VALID.slice(0, at) + bad + VALID.slice(at + 1);
      assert.equal(parseTraceparent(value), undefined, JSON.stringify(value));
    }
  }
});

test('reads a higher version by its first four fields and writes it as version 00', () => {
  for (const value of [`01-${TRACE}-${SPAN}-01`, `cc-${TRACE}-${SPAN}-ff-what-comes-then`, `fe-${TRACE}-${SPAN}-01-`]) {
    const parsed = parseTraceparent(value);
    assert.ok(parsed, value);
    const { traceId, spanId, flags: traceFlags } = parsed;
    assert.match(formatTraceparent({ traceId, spanId, traceFlags }), new RegExp(`^00-${TRACE}-${SPAN}-0[13]$`));
  }
});

test('reads the four fields of a higher version however much follows', () => {
  const parsed = parseTraceparent(`01-${TRACE}-${SPAN}-01-${'x'.repeat(1_048_576)}`);
  assert.deepEqual(parsed, { traceId: TRACE, spanId: SPAN, flags: 1 });
});

test('reads back whatever it writes', () => {
  const hex = fc.constantFrom(...'0123456789abcdef');
  const id = (length: number) => fc.string({ unit: hex, minLength: length, maxLength: length });
  fc.assert(
    fc.property(id(32), id(16), fc.integer({ min: 0, max: 3 }), (traceId, spanId, flags) => {
      const isValid = isTraceId(traceId) && isSpanId(spanId);
      const written = formatTraceparent({ traceId, spanId, traceFlags: flags });
      assert.deepEqual(parseTraceparent(written), isValid ? { traceId, spanId, flags } : undefined);
    }),
    { seed: 42, numRuns: 1000 },
  );
});

test('takes for an id only lower-case hex of the right length that is not all zero', () => {
  assert.ok(isTraceId(TRACE) && isSpanId(SPAN));
  for (const value of ['', SPAN, `${TRACE}0`, TRACE.toUpperCase(), '0'.repeat(32), 1, undefined, null, [TRACE]]) {
    assert.equal(isTraceId(value), false);
  }
  for (const value of ['', TRACE, SPAN.toUpperCase(), '0'.repeat(16), 1, undefined, null]) {
    assert.equal(isSpanId(value), false);
  }
});
