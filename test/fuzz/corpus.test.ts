import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compositePropagator } from '../../propagation/composite.ts';
import type { Propagator } from '../../propagation/context.ts';
import { TraceState } from '../../propagation/tracestate.ts';
import { type HostileText, hostileTexts, SIZES } from './corpus.ts';
import { type Format, formats } from './fuzz-property.ts';
import { countLooks } from './looks.ts';
import { assertValid, passOn, read, write } from './wire.ts';
import type { Fields } from './wire-formats.ts';

/**
 * The most characters that reading and passing on one carrier may look at: a few times each of its first
 * 64 KiB, and none beyond (the longest that any format reads of a field, twice over).
 */
const LOOKS_A_CHARACTER = 8;
const LOOKED_AT = 65_536;
const LOOKS_TO_BEGIN_WITH = 4096;
/** The last is long enough to be above the limit when all of it is looked at once. */
const LOOK_SIZES = [4096, 16_384, 600_000];

/** A valid carrier of the format with one field that is hostile. */
interface HostileCarrier {
  readonly what: string;
  make(length: number): Fields;
}

function hostileCarriers({ propagator, wire }: Format): HostileCarrier[] {
  const names = new Set([...propagator.fields, ...wire.seeds.flatMap(Object.keys)]);
  return [...names].flatMap((field) => {
    const values = wire.seeds.flatMap((seed) => seed[field] ?? []);
    const seed = wire.seeds.find((candidate) => field in candidate) ?? {};
    return hostileTexts([...new Set(values)]).map(({ name, text }: HostileText) => ({
      what: `${field}: ${name}`,
      make: (length: number) => ({ ...seed, [field]: text(length) }),
    }));
  });
}

function readAndPassOn(propagator: Propagator, fields: Readonly<Fields>): Fields {
  return write(propagator, passOn(read(propagator, fields)));
}

for (const format of formats) {
  describe(`${format.name}, the corpus of hostile headers`, () => {
    const carriers = hostileCarriers(format);
    const { propagator, wire } = format;

    test(`sends nothing invalid of what stands in any of them, from 0 B to 1 MB`, () => {
      for (const { what, make } of carriers) {
        for (const size of SIZES) {
          const fields = make(size);
          const written = readAndPassOn(propagator, fields);
          assert.doesNotThrow(() => assertValid(written, wire), `${what}, ${size} characters`);
          assert.deepEqual(readAndPassOn(propagator, written), written, `${what}, ${size} characters`);
        }
      }
    });

    test('looks at each character a few times, and at none beyond what a format reads', () => {
      for (const { what, make } of carriers) {
        for (const size of LOOK_SIZES) {
          const fields = make(size);
          const looks = countLooks(() => readAndPassOn(propagator, fields));
          const most = LOOKS_TO_BEGIN_WITH + LOOKS_A_CHARACTER * Math.min(size, LOOKED_AT);
          assert.ok(looks <= most, `${what}, ${size} characters: ${looks} looks, at most ${most} expected`);
        }
      }
    });
  });
}

test('a message that is hostile in every format at once costs no more than the formats one by one', () => {
  const all = formats.map(({ propagator }) => propagator);
  const composite = compositePropagator({ extract: all, inject: all });
  const fields = Object.assign({}, ...formats.map((format) => hostileCarriers(format).at(-1)?.make(16_384))) as Fields;
  const looks = countLooks(() => readAndPassOn(composite, fields));
  const names = Object.keys(fields).length;
  assert.ok(looks <= names * (LOOKS_TO_BEGIN_WITH + LOOKS_A_CHARACTER * 16_384), `${looks} looks`);
});

test('the counter of looks sees a parser that goes over its text again and again', () => {
  const text = 'a,'.repeat(1000);
  const quadratic = () => {
    for (let at = 0; at < text.length; at += 1) text.slice(at).indexOf(';');
  };
  assert.ok(countLooks(quadratic) > 1_000_000);
  assert.ok(countLooks(() => text.split(',')) < 10_000);
  assert.ok(countLooks(() => /(a,)*;/.test(text)) > 1_000_000);
  assert.ok(countLooks(() => TraceState.parse(`a=${'v'.repeat(250)}`)) >= 250); // what is looked at as bytes
  assert.ok(countLooks(() => BigInt('9'.repeat(2000))) > 1_000_000);
});
