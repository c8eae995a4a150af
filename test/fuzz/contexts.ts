import fc from 'fast-check';
import { Baggage } from '../../propagation/baggage.ts';
import { FLAG_SAMPLED, type OutboundContext, type SpanContext } from '../../propagation/context.ts';
import { TraceState } from '../../propagation/tracestate.ts';
import { hostileText } from './hostile-fields.ts';
import type { WireFormat } from './wire-formats.ts';

const HEX = fc.constantFrom(...'0123456789abcdef');

/** Lower-case hex of this many digits that is not all zero; often with zeros in front, as short ids are padded. */
function id(digits: number): fc.Arbitrary<string> {
  const random = fc.string({ unit: HEX, minLength: digits, maxLength: digits }).map(orOne);
  const padded = fc
    .string({ unit: HEX, minLength: 1, maxLength: digits })
    .map((text) => orOne(text.padStart(digits, '0')));
  return fc.oneof({ weight: 3, arbitrary: random }, { weight: 1, arbitrary: padded });
}

/** Not zero, nor in its lower 64 bits: a trace that Datadog has no name for. */
function orOne(hex: string): string {
  return /0{16}$/.test(hex) ? `${hex.slice(0, -1)}1` : hex;
}

/** A span context as a span of ours has it. */
export const spanContext: fc.Arbitrary<SpanContext> = fc
  .record({
    traceId: id(32),
    spanId: id(16),
    traceFlags: fc.integer({ min: 0, max: 3 }),
    traceState: fc.option(traceState(), { nil: undefined }),
    isRemote: fc.boolean(),
    debug: fc.boolean(),
  })
  .map(({ traceState, ...span }) => ({
    ...span,
    debug: span.debug && (span.traceFlags & FLAG_SAMPLED) !== 0,
    ...(traceState && { traceState }),
  }));

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

/** A context as an app may give it, types or not: ids that are none, vendor fields of its own, lists that throw. */
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

/** Names that formats keep their leftovers under. */
const VENDOR_NAMES = ['jaeger', 'datadog.sampling-priority', 'datadog.origin', 'datadog.tags'];

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
