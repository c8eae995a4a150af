import fc from 'fast-check';
import type { Propagator } from '../../propagation/context.ts';
import { BYTE_CLASSES } from './corpus.ts';
import type { Fields, WireFormat } from './wire-formats.ts';

/** One character of each class, and the delimiters twice. */
const HOSTILE_CHARACTER = fc.constantFrom(...Object.values(BYTE_CLASSES), ...',;:=%-/ \t');
/** A byte that Node's HTTP parser lets through: a tab, and 20 to ff without 7f. */
const HEADER_BYTE = fc
  .oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0x80, max: 0xff }), fc.constant(0x09))
  .map((code) => String.fromCharCode(code));

/** Any text that a hostile peer may send in a field of this format, or an app may set. */
export function hostileText(format: WireFormat): fc.Arbitrary<string> {
  const piece = fc.constantFrom(...format.pieces);
  const unit = fc.oneof(piece, HOSTILE_CHARACTER, HEADER_BYTE);
  return fc.oneof(
    fc.string({ unit: HEADER_BYTE, maxLength: 80 }),
    fc.string({ unit: HOSTILE_CHARACTER, maxLength: 60 }),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.array(unit, { maxLength: 12 }).map((parts) => parts.join('')),
    fc.tuple(unit, fc.nat(3000), unit).map(([text, times, end]) => text.repeat(Math.ceil(times / text.length)) + end),
    fc.bigInt({ min: 0n, max: 2n ** 80n }).map(String),
    fc.tuple(fc.nat(100), fc.constantFrom('k', '_dd.p.k', 'uberctx-'), fc.constantFrom(',', ', ', ';')).map(numbered),
  );
}

/** More members than any list may have, each with a name of its own. */
function numbered([count, name, delimiter]: [number, string, string]): string {
  return Array.from({ length: count }, (_, index) => `${name}${index}=v`).join(delimiter);
}

/** A carrier of this format gone wrong: valid fields with text put in, taken out or repeated, and fields of mere noise. */
export function hostileFields(propagator: Propagator, format: WireFormat): fc.Arbitrary<Fields> {
  const text = hostileText(format);
  const noise = fc.dictionary(fc.constantFrom(...fieldNames(propagator, format)), text, {
    noNullPrototype: true,
    maxKeys: 4,
  });
  const damage = fc.oneof(
    fc.record({ at: fc.nat(70), cut: fc.nat(3), put: text }).map(inserted),
    fc.record({ which: fc.nat(12), change: fc.constantFrom(...CHANGES) }).map(changedPart),
    text.map((more) => (value: string) => `${value},${more}`),
  );
  const damaged = fc
    .tuple(fc.constantFrom(...format.seeds), fc.array(damage, { minLength: 1, maxLength: 2 }), fc.nat(9))
    .map(([seed, changes, which]) => {
      const [name = '', value = ''] = Object.entries(seed)[which % Object.keys(seed).length] ?? [];
      return { ...seed, [name]: changes.reduce((changed, change) => change(changed), value) };
    });
  return fc.oneof({ weight: 1, arbitrary: noise }, { weight: 2, arbitrary: damaged });
}

type Change = (value: string) => string;

/** Some text put in somewhere, in place of a few characters or of none. */
function inserted({ at, cut, put }: { at: number; cut: number; put: string }): Change {
  return (value) => {
    const start = at % (value.length + 1);
    return value.slice(0, start) + put + value.slice(start + cut);
  };
}

/** The faults of one id, name or number in a value that is right everywhere else. */
const CHANGES: readonly Change[] = [
  () => '',
  (part) => '0'.repeat(part.length),
  (part) => part.toUpperCase(),
  (part) => part.slice(1),
  (part) => part + part,
  (part) => `0${part}`,
  (part) => '9'.repeat(part.length),
  () => '9'.repeat(20),
  (part) => part.padStart(32, '0'),
  () => '__proto__',
];

/** One of the words of a value changed, its delimiters left as they are. */
function changedPart({ which, change }: { which: number; change: Change }): Change {
  return (value) => {
    const words = value.split(/([0-9A-Za-z_.]+)/);
    const at = (which * 2 + 1) % words.length;
    return words.map((word, index) => (index === at ? change(word) : word)).join('');
  };
}

function fieldNames(propagator: Propagator, format: WireFormat): string[] {
  return [...new Set([...propagator.fields, ...format.seeds.flatMap(Object.keys)])];
}
