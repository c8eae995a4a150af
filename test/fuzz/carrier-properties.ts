import assert from 'node:assert/strict';
import fc from 'fast-check';
import { carrierGetter, carrierSetter } from '../../propagation/carriers.ts';
import { compositePropagator } from '../../propagation/composite.ts';
import { spanContext } from './contexts.ts';
import type { Format, FuzzProperty } from './fuzz-property.ts';
import { hostileFields, hostileText } from './hostile-fields.ts';
import { assertValidField, passOn, visible } from './wire.ts';
import type { Fields } from './wire-formats.ts';

/** A carrier reads the same whatever kind it is, and nothing that it holds or does comes out as an exception. */
export function carrierProperties(formats: readonly Format[]): FuzzProperty[] {
  const all = formats.map(({ propagator }) => propagator);
  const wires = formats.map(({ wire }) => wire);
  const composite = compositePropagator({ extract: all, inject: all });
  const fields = fc.oneof(...formats.map(({ propagator, wire }) => hostileFields(propagator, wire)));
  const names = fc.constantFrom(...all.flatMap((propagator) => propagator.fields), '__proto__', 'toString', 'host');
  const text = fc.oneof(...wires.map(hostileText));

  return [
    {
      name: 'carriers: give the same context whatever their kind',
      share: 2,
      property: fc.property(fields, (record) => {
        const expected = visible(composite.extract(record, carrierGetter(record)));
        for (const carrier of kindsOf(record)) {
          assert.deepEqual(visible(composite.extract(carrier, carrierGetter(carrier))), expected);
        }
      }),
    },
    {
      name: 'carriers: hold values of any kind, and nothing throws or goes out wrong',
      share: 2,
      property: fc.property(fc.array(fc.tuple(names, heldValue(text)), { maxLength: 6 }), (held) => {
        const entries = held.map(([name, value]): [string, unknown] => [name, value === WILL_THROW ? THROWING : value]);
        for (const carrier of [Object.fromEntries(entries), new Map(entries), entries]) {
          const context = composite.extract(carrier, carrierGetter(carrier));
          const sent: Fields = {};
          composite.inject(passOn(context), sent, carrierSetter(sent));
          for (const [field, value] of Object.entries(sent)) assertValidField(field, value, wires);
        }
      }),
    },
    {
      name: 'carriers: are written to without an exception, whatever they are and do',
      share: 1,
      property: fc.property(
        fc.anything({ withMap: true, withSet: true, withBigInt: true }),
        spanContext,
        (carrier, span) => {
          composite.inject({ span, baggage: undefined }, carrier, carrierSetter(carrier));
          composite.extract(carrier, carrierGetter(carrier));
          const failing = new Proxy(Object(carrier) as object, TRAPS);
          composite.inject({ span, baggage: undefined }, failing, carrierSetter(failing));
          assert.equal(composite.extract(failing, carrierGetter(failing)), undefined);
        },
      ),
    },
  ];
}

function kindsOf(record: Readonly<Fields>): unknown[] {
  const entries = Object.entries(record);
  const bytes = entries.filter(([, value]) => isLatin1(value));
  const asBytes = entries.map(([name, value]) => [name, isLatin1(value) ? Buffer.from(value, 'latin1') : value]);
  return [
    new Map(entries),
    entries,
    entries.map(([name, value]) => [name.toUpperCase(), value]),
    Object.fromEntries(entries.map(([name, value]) => [name, [value]])),
    ...(bytes.length > 0 ? [Object.fromEntries(asBytes), new Map(asBytes as [string, unknown][])] : []),
  ];
}

function isLatin1(text: string): boolean {
  return Buffer.from(text, 'latin1').toString('latin1') === text;
}

/** Text, bytes, numbers, lists of them, and things that throw when looked at. */
function heldValue(text: fc.Arbitrary<string>): fc.Arbitrary<unknown> {
  const scalar = fc.oneof(
    { weight: 4, arbitrary: text },
    { weight: 1, arbitrary: text.map((value) => Buffer.from(value)) },
    { weight: 1, arbitrary: fc.oneof(fc.double(), fc.bigInt(), fc.boolean()) },
    { weight: 1, arbitrary: fc.constantFrom(null, undefined, Symbol('a'), new Date(Number.NaN)) },
    { weight: 1, arbitrary: fc.constant(WILL_THROW) },
  );
  return fc.oneof({ weight: 4, arbitrary: scalar }, { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) });
}

function fail(): never {
  throw new Error('the carrier throws');
}

const TRAPS: ProxyHandler<object> = {
  get: fail,
  set: fail,
  has: fail,
  ownKeys: fail,
  getPrototypeOf: fail,
  getOwnPropertyDescriptor: fail,
  defineProperty: fail,
  deleteProperty: fail,
};
/** Stands for {@link THROWING} until it is used: fast-check itself looks at what it generates. */
const WILL_THROW: unique symbol = Symbol('throws');
const THROWING: object = new Proxy({}, TRAPS);
