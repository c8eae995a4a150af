import assert from 'node:assert/strict';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { carrierGetter, carrierSetter } from '../../propagation/carriers.ts';
import {
  FLAG_RANDOM,
  FLAG_SAMPLED,
  NO_SPAN_ID,
  type OutboundContext,
  type Propagator,
  type RemoteContext,
} from '../../propagation/context.ts';
import type { Fields, WireFormat } from './wire-formats.ts';

/** The ids that a service gives where the caller gave none. */
const OWN_TRACE = '0af7651916cd43dd8448eb211c80319c';
const OWN_SPAN = 'b7ad6b7169203331';

/** Reads as from any message: a record of fields. */
export function read(propagator: Propagator, fields: Readonly<Record<string, unknown>>): RemoteContext | undefined {
  return propagator.extract(fields, carrierGetter(fields));
}

/** All that a format writes for this context. */
export function write(propagator: Propagator, context: OutboundContext): Fields {
  const carrier: Fields = {};
  propagator.inject(context, carrier, carrierSetter(carrier));
  return carrier;
}

/**
 * The message of a service that continues a context: its trace with the caller's decision. Where the caller
 * left the span id, the trace id or the decision open, the service gives its own.
 */
export function passOn(context: RemoteContext | undefined): OutboundContext {
  if (context === undefined) return { span: undefined, baggage: undefined };
  const { traceId = OWN_TRACE, spanId = OWN_SPAN, sampled, debug, random, traceState, baggage, vendor } = context;
  const isSampled = sampled ?? true;
  const traceFlags = (isSampled ? FLAG_SAMPLED : 0) | (random ? FLAG_RANDOM : 0);
  return {
    span: { traceId, spanId, traceFlags, debug, vendor, isRemote: true, ...(traceState && { traceState }) },
    baggage,
  };
}

/**
 * The part of a context that goes on where nobody makes a span of it: what was left open stays open. Nothing of one
 * without a trace id.
 */
export function relay(context: RemoteContext | undefined): OutboundContext {
  if (context?.traceId === undefined) return { span: undefined, baggage: context?.baggage };
  const { span, baggage } = passOn(context);
  const { spanId = NO_SPAN_ID, sampled } = context;
  return { span: span && { ...span, spanId, deferred: sampled === undefined }, baggage };
}

/** A context with its lists written out, so that two can be compared. */
export function visible(context: RemoteContext | undefined): unknown {
  if (context === undefined) return undefined;
  return { ...context, traceState: context.traceState?.serialize(), baggage: context.baggage?.serialize() };
}

/** Throws unless Node would send these fields, and each is of its format. */
export function assertValid(written: Readonly<Fields>, format: WireFormat): void {
  for (const [field, value] of Object.entries(written)) assertValidField(field, value, [format]);
  assert.ok(format.agrees?.(written) ?? true, `fields that do not go together: ${JSON.stringify(written)}`);
}

/** The same for fields that several formats wrote. */
export function assertValidField(field: string, value: string, formats: readonly WireFormat[]): void {
  const grammars = formats.map((format) => format.grammarOf(field)).filter((grammar) => grammar !== undefined);
  assert.ok(grammars.length > 0, `wrote ${JSON.stringify(field)}, which is no field of the format`);
  assert.ok(
    grammars.some((grammar) => grammar.test(value)),
    `${field}: ${JSON.stringify(value.slice(0, 300))} is not of its grammar`,
  );
  validateHeaderName(field);
  validateHeaderValue(field, value);
}
