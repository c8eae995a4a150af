import fc from 'fast-check';
import { Baggage } from '../../propagation/baggage.ts';
import type { OutboundContext, Propagator, SpanContext } from '../../propagation/context.ts';
import { TraceState } from '../../propagation/tracestate.ts';
import { BYTE_CLASSES } from './corpus.ts';
import type { Fields, WireFormat } from './wire-formats.ts';

const HEX = fc.constantFrom(...'0123456789abcdef');
/** One character of each class, and the delimiters twice. */
const HOSTILE_CHARACTER = fc.constantFrom(...Object.values(BYTE_CLASSES), ...',;:=%-/ \t');
/** What Node's HTTP parser lets through: a tab, and 20 to ff without 7f. */
const HEADER_BYTE = fc
  .oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0x80, max: 0xff }), fc.constant(0x09))
  .map((code) => String.fromCharCode(code));

/** Lower-case hex of this many digits that is not all zero; often with zeros in front, as short ids are padded. */
export function id(digits: number): fc.Arbitrary<string> {
  const random = fc.string({ unit: HEX, minLength: digits, maxLength: digits }).map(orOne);
  const padded = fc
    .string({ unit: HEX, minLength: 1, maxLength: digits })
    .map((text) => orOne(text.padStart(digits, '0')));
  return fc.oneof({ weight: 3, arbitrary: random }, { weight: 1, arbitrary: padded });
}

function orOne(hex: string): string {
  return /^0+$/.test(hex) ? `${hex.slice(1)}1` : hex;
}

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
  );
}

/** A carrier of this format gone wrong: valid fields with text put in, taken out or repeated, and fields of mere noise. */
export function hostileFields(propagator: Propagator, format: WireFormat): fc.Arbitrary<Fields> {
  const text = hostileText(format);
  const noise = fc.dictionary(fc.constantFrom(...fieldNames(propagator, format)), text, {
    noNullPrototype: true,
    maxKeys: 4,
  });
  const damage = fc.record({ at: fc.nat(70), cut: fc.nat(3), put: fc.oneof(fc.constant(''), text) });
  const damaged = fc
    .tuple(fc.constantFrom(...format.seeds), damage, fc.boolean(), fc.nat(9))
    .map(([seed, { at, cut, put }, isJoined, which]) => {
      const entries = Object.entries(seed).map(([name, value], index, all): [string, string] => {
        if (index !== which % all.length) return [name, value];
        const start = at % (value.length + 1);
        const changed = value.slice(0, start) + put + value.slice(start + cut);
        return [name, isJoined ? `${value}, ${changed}` : changed];
      });
      return Object.fromEntries(entries);
    });
  return fc.oneof({ weight: 1, arbitrary: noise }, { weight: 2, arbitrary: damaged });
}

function fieldNames(propagator: Propagator, format: WireFormat): string[] {
  return [...new Set([...propagator.fields, ...format.seeds.flatMap(Object.keys)])];
}

/** A span context as a span of ours has it. */
export const spanContext: fc.Arbitrary<SpanContext> = fc.record({
  traceId: id(32),
  spanId: id(16),
  traceFlags: fc.integer({ min: 0, max: 3 }),
  traceState: fc.option(traceState(), { nil: undefined }),
  isRemote: fc.boolean(),
});

/** Baggage as an app makes it: any text as a value. */
export const baggage: fc.Arbitrary<Baggage> = fc
  .array(fc.tuple(fc.string({ minLength: 1, maxLength: 8 }), fc.string({ unit: 'binary', maxLength: 20 })), {
    maxLength: 5,
  })
  .map((entries) => entries.reduce((bag, [key, value]) => bag.set(key, value), Baggage.empty));

function traceState(): fc.Arbitrary<TraceState> {
  const member = fc.tuple(fc.constantFrom('a', '0', 'a@b', 'ot', 'k/1'), fc.string({ minLength: 1, maxLength: 12 }));
  return fc
    .array(member, { maxLength: 4 })
    .map((members) => members.reduce((state, [key, value]) => state.set(key, value), TraceState.empty))
    .filter((state) => state.serialize() !== '');
}

/** What an app may hand in for a context, whatever its types say: ids that are none, vendor fields of its own, lists that throw. */
export function hostileOutbound(format: WireFormat): fc.Arbitrary<OutboundContext> {
  const text = hostileText(format);
  const anything = fc.oneof(text, fc.constantFrom(undefined, null, 0, Number.NaN, {}, [], true), fc.bigInt());
  const names = fc.oneof(fc.constantFrom(...VENDOR_NAMES), text);
  const span = fc.record(
    {
      traceId: fc.oneof({ weight: 3, arbitrary: id(32) }, { weight: 1, arbitrary: anything }),
      spanId: fc.oneof({ weight: 3, arbitrary: id(16) }, { weight: 1, arbitrary: anything }),
      traceFlags: fc.oneof(fc.integer(), fc.double(), anything),
      debug: fc.oneof(fc.boolean(), anything),
      traceState: fc.oneof(fc.constant(undefined), traceState(), text.map(foreignState), fc.constant(THROWING_STATE)),
      vendor: fc.oneof(
        fc.dictionary(names, fc.oneof({ weight: 4, arbitrary: text }, { weight: 1, arbitrary: anything }), {
          maxKeys: 5,
        }),
        anything,
      ),
    },
    { requiredKeys: ['traceId', 'spanId'] },
  );
  return fc.record({
    span: fc.option(span, { nil: undefined }) as fc.Arbitrary<never>,
    baggage: fc.option(fc.oneof(baggage, hostileBaggage(text)), { nil: undefined }),
  });
}

/** Names that formats may keep their leftovers under. */
const VENDOR_NAMES = [
  'b3',
  'jaeger',
  'xray',
  'datadog',
  'origin',
  'tags',
  'priority',
  'requestid',
  'cloudtrace',
  'flags',
];

function foreignState(text: string): unknown {
  return { serialize: () => text };
}

const THROWING_STATE = {
  serialize(): never {
    throw new Error('not today');
  },
};

function hostileBaggage(text: fc.Arbitrary<string>): fc.Arbitrary<Baggage> {
  return fc
    .array(fc.tuple(fc.oneof(fc.constantFrom('a', '__proto__', 'k-1'), text), text, text), { maxLength: 5 })
    .map((entries) => {
      return entries.reduce((bag, [key, value, metadata]) => bag.setEntry(key, { value, metadata }), Baggage.empty);
    });
}
