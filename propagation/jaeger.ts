import type { Baggage } from './baggage.ts';
import { type CharacterClass, characterClass, DIGITS, skipRun } from './characters.ts';
import {
  FLAG_SAMPLED,
  type Getter,
  type OutboundContext,
  type Propagator,
  type RemoteContext,
  type Setter,
  type SpanContext,
  type SpanId,
  type TraceId,
  type VendorFields,
} from './context.ts';
import { format } from './format.ts';
import { readUberctx, writeUberctx } from './jaeger-baggage.ts';
import { decodePercent } from './percent.ts';
import { hasIds, isSpanId, isTraceId } from './traceparent.ts';

// Clauses are those of "Propagation Format" in Jaeger's documentation of its client libraries.

const UBER_TRACE_ID = 'uber-trace-id';

/**
 * Jaeger's own format: `uber-trace-id` and, a header a member, `uberctx-*` baggage. `fields` names the
 * first only, since the others depend on the baggage.
 */
export const jaeger: Propagator = format({
  name: 'jaeger',
  fields: [UBER_TRACE_ID],
  extract: extractJaeger,
  inject: injectJaeger,
});

/** The fields of an `uber-trace-id` header. */
export interface UberTraceId {
  readonly traceId: TraceId;
  readonly spanId: SpanId;
  /** The bits that have a meaning: 1 sampled, 2 debug (with 1 only), 8 firehose. */
  readonly flags: number;
}

const SAMPLED = 0x01;
const DEBUG = 0x02;
/** Kept for who writes this format again: it tells Jaeger's storage to leave the trace out of its index. */
const FIREHOSE = 0x08;
const FIREHOSE_KEPT: VendorFields = Object.freeze({ jaeger: 'firehose' });

// {            trace id            }:{   span id    }:{    parent    }:{flags}
// 4bf92f3577b34da6a3ce929d0e0e4736:00f067aa0ba902b7:0000000000000000:01
const TRACE_ID_DIGITS = 32;
const SPAN_ID_DIGITS = 16;
const FLAGS_DIGITS = 2;
/** Three times the longest value: every character may be URL-encoded. */
const MAX_LENGTH = 3 * (TRACE_ID_DIGITS + 2 * SPAN_ID_DIGITS + FLAGS_DIGITS + 3);

const COLON = 0x3a;
/** Trace and span id: base16, so in either case, unlike W3C's and B3's. What is sent is lower-case. */
const BASE16: CharacterClass = characterClass(`${DIGITS}abcdefABCDEF`);

/**
 * Reads an `uber-trace-id` value, also a URL-encoded one (`%3A` for `:`). Ids shorter than 32 and 16
 * digits MUST be accepted and are padded on the left; longer and zero ones are invalid. The deprecated
 * parent is passed over: zero, or none at all, will do. Flags are one or two digits.
 *
 * @returns `undefined` for anything else: the caller starts a new trace.
 * @example
 * parseUberTraceId('abc:1:0:1')?.traceId; // '00000000000000000000000000000abc'
 */
export function parseUberTraceId(value: string): UberTraceId | undefined {
  if (value.length > MAX_LENGTH) return undefined;
  const text = value.includes('%') ? decodePercent(value) : value;
  const traceEnd = fieldEnd(text, 0);
  const spanEnd = fieldEnd(text, traceEnd + 1);
  const parentEnd = fieldEnd(text, spanEnd + 1);
  const flagsStart = parentEnd + 1;
  if (!isColon(text, traceEnd) || !isColon(text, spanEnd) || !isColon(text, parentEnd)) return undefined;
  if (fieldEnd(text, flagsStart) !== text.length) return undefined;
  if (flagsStart === text.length || text.length - flagsStart > FLAGS_DIGITS) return undefined;
  if (parentEnd - spanEnd - 1 > SPAN_ID_DIGITS) return undefined;
  const traceId = traceIdOf(text.slice(0, traceEnd));
  const spanId = spanIdOf(text.slice(traceEnd + 1, spanEnd));
  if (traceId === undefined || spanId === undefined) return undefined;
  return { traceId, spanId, flags: knownFlags(Number.parseInt(text.slice(flagsStart), 16)) };
}

function fieldEnd(text: string, start: number): number {
  return skipRun(text, start, text.length, BASE16);
}

function isColon(text: string, at: number): boolean {
  return text.charCodeAt(at) === COLON;
}

function traceIdOf(digits: string): TraceId | undefined {
  if (isTraceId(digits)) return digits; // as nearly all are: nothing to pad
  const traceId = digits.toLowerCase().padStart(TRACE_ID_DIGITS, '0');
  return isTraceId(traceId) ? traceId : undefined;
}

function spanIdOf(digits: string): SpanId | undefined {
  if (isSpanId(digits)) return digits;
  const spanId = digits.toLowerCase().padStart(SPAN_ID_DIGITS, '0');
  return isSpanId(spanId) ? spanId : undefined;
}

/** Flags: debug is to be set together with sampled only, so alone it means nothing. */
function knownFlags(flags: number): number {
  return (flags & SAMPLED) === 0 ? flags & FIREHOSE : flags & (SAMPLED | DEBUG | FIREHOSE);
}

/**
 * Writes an `uber-trace-id` value: 32 and 16 digits always, and 0 for the parent, which nobody reads
 * any more. The ids must be valid.
 */
export function formatUberTraceId(span: SpanContext): string {
  return `${span.traceId}:${span.spanId}:0:${flagsOf(span).toString(16)}`;
}

/** Debug goes with sampled only, so debug alone is sent as both: it must not be lost. */
function flagsOf(span: SpanContext): number {
  const firehose = span.vendor?.jaeger === FIREHOSE_KEPT.jaeger ? FIREHOSE : 0;
  if (span.debug === true) return SAMPLED | DEBUG | firehose;
  return (span.traceFlags & FLAG_SAMPLED) === 0 ? firehose : SAMPLED | firehose;
}

function extractJaeger<Carrier>(carrier: Carrier, getter: Getter<Carrier>): RemoteContext | undefined {
  const header = getter.get(carrier, UBER_TRACE_ID);
  const parent = typeof header === 'string' ? parseUberTraceId(header) : undefined;
  const baggage = readUberctx(carrier, getter);
  return parent === undefined ? baggageAlone(baggage) : remoteContext(parent, baggage);
}

function remoteContext({ traceId, spanId, flags }: UberTraceId, baggage: Baggage | undefined): RemoteContext {
  return {
    traceId,
    spanId,
    sampled: (flags & SAMPLED) !== 0,
    random: false, // the format does not say, and a padded id never is
    debug: (flags & DEBUG) !== 0,
    traceState: undefined,
    baggage,
    vendor: (flags & FIREHOSE) === 0 ? undefined : FIREHOSE_KEPT,
  };
}

/** Baggage travels without a trace context too, as in W3C's format. */
function baggageAlone(baggage: Baggage | undefined): RemoteContext | undefined {
  if (baggage === undefined) return undefined;
  return {
    traceId: undefined,
    spanId: undefined,
    sampled: undefined,
    random: false,
    debug: false,
    traceState: undefined,
    baggage,
    vendor: undefined,
  };
}

function injectJaeger<Carrier>(context: OutboundContext, carrier: Carrier, setter: Setter<Carrier>): void {
  const { span, baggage } = context;
  if (hasIds(span)) setter.set(carrier, UBER_TRACE_ID, formatUberTraceId(span));
  if (baggage !== undefined) writeUberctx(baggage, carrier, setter);
}
