import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { carrierGetter, carrierSetter } from '../../../propagation/carriers.ts';
import {
  FLAG_RANDOM,
  FLAG_SAMPLED,
  NO_SPAN_ID,
  type OutboundContext,
  type Propagator,
  type RemoteContext,
} from '../../../propagation/context.ts';

type Fields = Record<string, string>;

export interface PropagatorContractOptions {
  /** Carriers that hold a context in this format, in the form in which the format itself would write it. */
  readonly valid: readonly Readonly<Fields>[];
  /** The form that each field may have when it is written. */
  readonly grammar: Readonly<Record<string, RegExp>>;
}

const RUNS = { seed: 42, numRuns: 500 };
const EMPTY: OutboundContext = { span: undefined, baggage: undefined };

/** The rules that every format has to keep, whoever wrote it: run this for each propagator. */
export function propagatorContract(propagator: Propagator, options: PropagatorContractOptions): void {
  const { valid, grammar } = options;

  describe(`propagator contract: ${propagator.name}`, () => {
    test('names its fields in lower case, each with a grammar', () => {
      assert.ok(propagator.fields.length > 0);
      for (const field of propagator.fields) {
        assert.equal(field, field.toLowerCase());
        assert.ok(grammar[field], `no grammar for ${field}`);
      }
    });

    test('finds nothing in a carrier without its fields', () => {
      assert.equal(extractFrom(propagator, {}), undefined);
      assert.equal(extractFrom(propagator, { host: 'localhost', 'x-other': '1' }), undefined);
    });

    test('writes nothing for an empty context', () => {
      assert.deepEqual(injectInto(propagator, EMPTY), {});
    });

    test('writes what it read, in the same bytes', () => {
      for (const fields of valid) {
        assert.deepEqual(injectInto(propagator, outbound(extractFrom(propagator, fields))), fields);
      }
    });

    test('reads the same context from what it wrote', () => {
      for (const fields of valid) {
        const first = extractFrom(propagator, fields);
        const second = extractFrom(propagator, injectInto(propagator, outbound(first)));
        assert.deepEqual(visible(second), visible(first));
      }
    });

    test('reads field names in any case', () => {
      for (const fields of valid) {
        const shouted = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toUpperCase(), value]));
        assert.deepEqual(visible(extractFrom(propagator, shouted)), visible(extractFrom(propagator, fields)));
      }
    });

    test('throws for no bytes at all, and writes only its fields within their grammar', () => {
      fc.assert(
        fc.property(hostileFields(propagator, valid), (fields) => {
          checkWritten(injectInto(propagator, outbound(extractFrom(propagator, fields))), propagator, grammar);
        }),
        RUNS,
      );
    });

    test('reads one megabyte of anything without throwing', () => {
      for (const unit of [',', '=', ';', ' ', '%', '\t', '-', '0', 'a=', 'a=1,', 'a;', '\u0000', '\ud800', '😀']) {
        const hostile = unit.repeat(1_048_576 / unit.length);
        for (const fields of valid) {
          for (const field of propagator.fields) {
            const written = injectInto(propagator, outbound(extractFrom(propagator, { ...fields, [field]: hostile })));
            checkWritten(written, propagator, grammar);
          }
        }
      }
    });

    test('does not throw when the carrier does', () => {
      const throwing = new Proxy(
        {},
        { get: fail, set: fail, has: fail, ownKeys: fail, getOwnPropertyDescriptor: fail },
      );
      assert.equal(propagator.extract(throwing, carrierGetter(throwing)), undefined);
      for (const fields of valid) {
        for (const carrier of [throwing, Object.freeze({}), null, 'text']) {
          propagator.inject(outbound(extractFrom(propagator, fields)), carrier, carrierSetter(carrier));
        }
      }
    });
  });
}

/** The context that a service which only passes it on would send. */
export function outbound(context: RemoteContext | undefined): OutboundContext {
  if (context === undefined) return EMPTY;
  const { traceId, spanId = NO_SPAN_ID, sampled, traceState, baggage, debug, vendor } = context;
  if (traceId === undefined) return { span: undefined, baggage };
  const traceFlags = (sampled === true ? FLAG_SAMPLED : 0) | (context.random ? FLAG_RANDOM : 0);
  const deferred = sampled === undefined;
  return { span: { traceId, spanId, traceFlags, debug, vendor, deferred, ...(traceState && { traceState }) }, baggage };
}

/** The context that the propagator finds in these fields. */
export function extractFrom(propagator: Propagator, fields: Readonly<Fields>): RemoteContext | undefined {
  return propagator.extract(fields, carrierGetter(fields));
}

/** The fields that the propagator writes into an empty carrier. */
export function injectInto(propagator: Propagator, context: OutboundContext): Fields {
  const carrier: Fields = {};
  propagator.inject(context, carrier, carrierSetter(carrier));
  return carrier;
}

/** A context with its lists written out, so that two can be compared. */
function visible(context: RemoteContext | undefined): unknown {
  if (context === undefined) return undefined;
  return { ...context, traceState: context.traceState?.serialize(), baggage: context.baggage?.serialize() };
}

function checkWritten(
  written: Readonly<Fields>,
  propagator: Propagator,
  grammar: PropagatorContractOptions['grammar'],
): void {
  for (const [name, value] of Object.entries(written)) {
    assert.ok(propagator.fields.includes(name), `wrote ${name}`);
    assert.match(value, grammar[name] ?? /^$/);
  }
}

/** Random text in the fields, and valid fields with something put in, taken out or repeated. */
function hostileFields(propagator: Propagator, valid: readonly Readonly<Fields>[]): fc.Arbitrary<Fields> {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.string({ unit: fc.constantFrom(...'0aA-=,;% \t+_*/@"\\\u0000\r\n\u00e9'), maxLength: 80 }),
  );
  const random = fc.dictionary(fc.constantFrom(...propagator.fields), text, { noNullPrototype: true });
  const damaged = fc
    .record({ fields: fc.constantFrom(...valid), at: fc.nat(80), cut: fc.nat(3), put: fc.oneof(fc.constant(''), text) })
    .map(({ fields, at, cut, put }) => {
      return Object.fromEntries(
        Object.entries(fields).map(([name, value]) => [name, value.slice(0, at) + put + value.slice(at + cut)]),
      );
    });
  return fc.oneof(random, damaged);
}

function fail(): never {
  throw new Error('the carrier throws');
}
