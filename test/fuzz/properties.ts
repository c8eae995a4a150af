import assert from 'node:assert/strict';
import fc from 'fast-check';
import { incomingHeadersGetter } from '../../propagation/carriers.ts';
import { compositePropagator } from '../../propagation/composite.ts';
import type { RemoteContext, SpanContext } from '../../propagation/context.ts';
import { carrierProperties } from './carrier-properties.ts';
import { baggage, hostileOutbound, spanContext } from './contexts.ts';
import { type Format, type FuzzProperty, formats } from './fuzz-property.ts';
import { hostileFields } from './hostile-fields.ts';
import { listProperties } from './list-properties.ts';
import { assertValid, assertValidField, passOn, read, relay, visible, write } from './wire.ts';
import type { Fields, WireFormat } from './wire-formats.ts';

const WIRES = formats.map(({ wire }) => wire);

/** All properties. The suite runs them at a fixed seed, `npm run fuzz` at any. */
export const fuzzProperties: readonly FuzzProperty[] = [
  ...formats.flatMap(formatProperties),
  ...allAtOnce(),
  ...carrierProperties(formats),
  ...listProperties(),
];

function formatProperties({ name, propagator, wire }: Format): FuzzProperty[] {
  // As every service has it: what a format does with flags that are no number is the composite's to catch.
  const guarded = compositePropagator({ extract: [propagator], inject: [propagator] });
  return [
    {
      name: `${name}: sends nothing invalid, whatever comes in`,
      share: 4,
      property: fc.property(hostileFields(propagator, wire), (fields) => {
        const context = read(propagator, fields);
        const viaHeaders = propagator.extract(fields, incomingHeadersGetter);
        assert.deepEqual(visible(viaHeaders), visible(context));
        assertValid(write(propagator, passOn(context)), wire);
        assertValid(write(propagator, relay(context)), wire);
      }),
    },
    {
      name: `${name}: writes again what it wrote`,
      share: 3,
      property: fc.property(hostileFields(propagator, wire), (fields) => {
        const first = write(propagator, passOn(read(propagator, fields)));
        const again = read(propagator, first);
        assert.deepEqual(write(propagator, passOn(again)), first);
        assert.deepEqual(visible(read(propagator, write(propagator, passOn(again)))), visible(again));
      }),
    },
    {
      name: `${name}: reads back the context it wrote`,
      share: 2,
      property: fc.property(spanContext, baggage, (span, bag) => {
        const found = read(propagator, write(propagator, { span, baggage: bag }));
        for (const part of wire.keeps) assertKept(part, found, span, bag.serialize());
      }),
    },
    {
      name: `${name}: sends nothing invalid, whatever the app hands in`,
      share: 3,
      property: fc.property(hostileOutbound(wire), (outbound) => {
        assertValid(write(guarded, outbound), wire);
      }),
    },
  ];
}

function assertKept(
  part: WireFormat['keeps'][number],
  found: RemoteContext | undefined,
  span: SpanContext,
  baggageText: string,
): void {
  const isSampled = (span.traceFlags & 1) !== 0;
  const sent = {
    traceId: span.traceId,
    spanId: span.spanId,
    sampled: isSampled,
    random: (span.traceFlags & 2) !== 0,
    debug: isSampled && span.debug === true,
    traceState: span.traceState?.serialize(),
    baggage: baggageText === '' ? undefined : baggageText,
  };
  const came = {
    traceId: found?.traceId,
    spanId: found?.spanId,
    sampled: found?.sampled,
    random: found?.random,
    debug: found?.debug,
    traceState: found?.traceState?.serialize(),
    baggage: found?.baggage?.serialize(),
  };
  assert.equal(came[part], sent[part], part);
}

/** Several formats in one message, in any order of reading: what one leaves behind, the others write. */
function allAtOnce(): FuzzProperty[] {
  const all = formats.map(({ propagator }) => propagator);
  const writer = compositePropagator({ extract: [], inject: all });
  const carriers = fc
    .tuple(...formats.map(({ propagator, wire }) => fc.option(hostileFields(propagator, wire), { nil: {} as Fields })))
    .map((parts): Fields => Object.assign({}, ...parts));
  const order = fc.shuffledSubarray(all, { minLength: 1 });
  return [
    {
      name: 'all formats: each sends within its grammar what any of them read',
      share: 6,
      property: fc.property(carriers, order, (fields, readers) => {
        const reader = compositePropagator({ extract: readers, inject: [] });
        const context = read(reader, fields);
        for (const written of [write(writer, passOn(context)), write(writer, relay(context))]) {
          for (const [field, value] of Object.entries(written)) assertValidField(field, value, WIRES);
        }
      }),
    },
    {
      name: 'all formats: tell of the same trace what they are able to tell',
      share: 3,
      property: fc.property(carriers, order, (fields, readers) => {
        const reader = compositePropagator({ extract: readers, inject: [] });
        const context = read(reader, fields);
        const { span } = passOn(context);
        const written = write(writer, passOn(context));
        if (span === undefined) return;
        for (const { propagator, wire } of formats) {
          const found = read(propagator, written);
          if (wire.names?.(span.traceId) === false) continue;
          // A request id that came is sent on as it is, whichever trace it goes along with.
          if (propagator.name === 'requestid' && span.vendor?.['requestid.id'] !== undefined) continue;
          if (wire.keeps.includes('traceId')) assert.equal(found?.traceId, span.traceId);
          if (wire.keeps.includes('spanId')) assert.equal(found?.spanId, span.spanId);
          if (wire.keeps.includes('sampled')) assert.equal(found?.sampled, (span.traceFlags & 1) !== 0);
        }
      }),
    },
  ];
}
