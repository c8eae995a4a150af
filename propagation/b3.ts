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
} from './context.ts';
import { format } from './format.ts';
import { setOrRemove } from './set-or-remove.ts';
import { hasIds, isSpanId, isTraceId } from './traceparent.ts';

// Clauses are named by the headings of the B3 specification (openzipkin/b3-propagation, README); brave,
// its reference implementation, where that is silent.

const SINGLE = 'b3';
const TRACE_ID = 'x-b3-traceid';
const SPAN_ID = 'x-b3-spanid';
const SAMPLED = 'x-b3-sampled';
const FLAGS = 'x-b3-flags';
/** Never sent by us, and not to be left beside other ids. */
const PARENT_SPAN_ID = 'x-b3-parentspanid';

/**
 * B3 in one header: `b3: 80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1`. Reads the separate
 * headers too, where there is no valid single one (OpenTelemetry, API Propagators, B3: extract MUST
 * attempt both; the single header takes precedence).
 */
export const b3: Propagator = format({
  name: 'b3',
  fields: [SINGLE],
  extract: extractB3,
  inject: injectSingle,
});

/** B3 in separate headers, `X-B3-TraceId` and the others. Reads the single header too, which comes first. */
export const b3multi: Propagator = format({
  name: 'b3multi',
  fields: [TRACE_ID, SPAN_ID, SAMPLED, FLAGS],
  extract: extractB3,
  inject: injectMulti,
});

/** Sampling State: what the caller decided. */
interface SamplingState {
  readonly sampled: boolean | undefined;
  readonly debug: boolean;
}

/** Defer: nothing was said, so the receiver decides. It is not a deny. */
const DEFER: SamplingState = { sampled: undefined, debug: false };
const DENY: SamplingState = { sampled: false, debug: false };
const ACCEPT: SamplingState = { sampled: true, debug: false };
/** Debug implies an accept decision. */
const DEBUG: SamplingState = { sampled: true, debug: true };

// { trace id, 32 or 16 digits    } - {    span id     } - s - { parent span id }
// 80f198ee56343ba864fe8b2a57d3eff7 - e457b5a2e4d86bd1 - 1 - 05e3ac9a4f6e3b90
const LONG_TRACE_ID = 32;
const SHORT_TRACE_ID = 16;
const SPAN_ID_PART = 17; // with its dash
const STATE_PART = 2;
const PARENT_PART = 17;

const DASH = 0x2d;
const LOWER_HEX: CharacterClass = characterClass(`${DIGITS}abcdef`);
const PADDING = '0'.repeat(LONG_TRACE_ID - SHORT_TRACE_ID);

/**
 * Reads a `b3` value (Single Header): lower-case hex only, no zero ids, nothing before or behind. The
 * parent span id is passed over: our server span never reuses the caller's span id, so it has no use.
 *
 * @returns `undefined` for anything else: the caller looks at the separate headers, or starts a new trace.
 * @example
 * parseB3('0')?.sampled; // false: deny alone, without ids
 * parseB3('463ac35c9f6413ad-a2fb4a1d1a96d312-d')?.traceId; // '0000000000000000463ac35c9f6413ad'
 */
export function parseB3(value: string): RemoteContext | undefined {
  // Single Header: a state may stand alone, and is a decision without ids then.
  if (value.length === 1) return remoteContext(undefined, undefined, stateOf(value.charCodeAt(0)));
  const traceIdEnd = value.charCodeAt(SHORT_TRACE_ID) === DASH ? SHORT_TRACE_ID : LONG_TRACE_ID;
  const spanIdEnd = traceIdEnd + SPAN_ID_PART;
  if (value.charCodeAt(traceIdEnd) !== DASH) return undefined;
  const traceId = longTraceId(value.slice(0, traceIdEnd));
  const spanId = value.slice(traceIdEnd + 1, spanIdEnd);
  if (traceId === undefined || !isSpanId(spanId)) return undefined;
  return remoteContext(traceId, spanId, readTail(value, spanIdEnd));
}

/** `[-state][-parent]` (Single Header: both are optional). Their lengths tell them apart. */
function readTail(value: string, start: number): SamplingState | undefined {
  switch (value.length - start) {
    case 0:
      return DEFER;
    case STATE_PART:
      return readState(value, start);
    case PARENT_PART:
      return isParent(value, start) ? DEFER : undefined;
    case STATE_PART + PARENT_PART:
      return isParent(value, start + STATE_PART) ? readState(value, start) : undefined;
    default:
      return undefined;
  }
}

function readState(value: string, start: number): SamplingState | undefined {
  return value.charCodeAt(start) === DASH ? stateOf(value.charCodeAt(start + 1)) : undefined;
}

function isParent(value: string, start: number): boolean {
  const end = start + PARENT_PART;
  return value.charCodeAt(start) === DASH && skipRun(value, start + 1, end, LOWER_HEX) === end;
}

function stateOf(code: number): SamplingState | undefined {
  if (code === 0x30) return DENY; // 0
  if (code === 0x31) return ACCEPT; // 1
  return code === 0x64 ? DEBUG : undefined; // d
}

function extractB3<Carrier>(carrier: Carrier, getter: Getter<Carrier>): RemoteContext | undefined {
  const single = textOf(carrier, getter, SINGLE);
  const found = single === undefined ? undefined : parseB3(single);
  return found ?? extractMulti(carrier, getter); // brave: a malformed single header is as none
}

/** Multiple Headers. `X-B3-ParentSpanId` is not looked at, for the reason given at {@link parseB3}. */
function extractMulti<Carrier>(carrier: Carrier, getter: Getter<Carrier>): RemoteContext | undefined {
  const traceText = textOf(carrier, getter, TRACE_ID);
  const spanId = textOf(carrier, getter, SPAN_ID);
  const state = multiState(textOf(carrier, getter, SAMPLED), textOf(carrier, getter, FLAGS));
  // A decision alone is a context; no decision and no ids is none.
  if (traceText === undefined && spanId === undefined) {
    return state === DEFER ? undefined : remoteContext(undefined, undefined, state);
  }
  const traceId = longTraceId(traceText);
  if (traceId === undefined || !isSpanId(spanId)) return undefined; // both ids or neither
  return remoteContext(traceId, spanId, state);
}

function textOf<Carrier>(carrier: Carrier, getter: Getter<Carrier>, name: string): string | undefined {
  const value: unknown = getter.get(carrier, name); // a getter of the app's may say null for nothing
  return typeof value === 'string' ? value : undefined;
}

/** Sampled: `1` or `0`, of old clients `true` or `false`. Flags: `1` is debug, all else means nothing. */
function multiState(sampled: string | undefined, flags: string | undefined): SamplingState | undefined {
  const state = sampled === undefined ? DEFER : sampledState(sampled);
  if (state === undefined) return undefined; // brave: nonsense restarts the trace
  return flags === '1' ? DEBUG : state;
}

function sampledState(text: string): SamplingState | undefined {
  if (text.length > 'false'.length) return undefined;
  const word = text.toLowerCase();
  if (word === '0' || word === 'false') return DENY;
  return word === '1' || word === 'true' ? ACCEPT : undefined;
}

/**
 * A trace id of 32 digits; one of 16 is padded on the left (OpenTelemetry, API Propagators, B3; Trace
 * Context 9.4).
 */
function longTraceId(text: string | undefined): TraceId | undefined {
  if (isTraceId(text)) return text;
  return isSpanId(text) ? PADDING + text : undefined; // 16 digits, not all zero: the shape of a span id
}

function remoteContext(
  traceId: TraceId | undefined,
  spanId: SpanId | undefined,
  state: SamplingState | undefined,
): RemoteContext | undefined {
  if (state === undefined) return undefined;
  return {
    traceId,
    spanId,
    sampled: state.sampled,
    random: false, // B3 does not say, and half of a padded id is none (Trace Context 3.2.2.5.2)
    debug: state.debug,
    traceState: undefined,
    baggage: undefined,
    vendor: undefined,
  };
}

/**
 * Writes a `b3` value. The parent span id is never sent (OpenTelemetry, API Propagators, B3: MUST NOT).
 * A 64-bit trace id is sent with the 16 digits that it has everywhere else in its trace: who takes
 * 128 bits takes them too, the other way round not. The ids must be valid.
 */
export function formatB3(span: SpanContext): string {
  const ids = `${sentTraceId(span.traceId)}-${span.spanId}`;
  return isDeferred(span) ? ids : `${ids}-${stateDigit(span)}`;
}

function injectSingle<Carrier>({ span }: OutboundContext, carrier: Carrier, setter: Setter<Carrier>): void {
  if (hasIds(span)) setter.set(carrier, SINGLE, formatB3(span));
}

function injectMulti<Carrier>({ span }: OutboundContext, carrier: Carrier, setter: Setter<Carrier>): void {
  if (!hasIds(span)) return;
  setter.set(carrier, TRACE_ID, sentTraceId(span.traceId));
  setter.set(carrier, SPAN_ID, span.spanId);
  // Debug Flag: it implies an accept decision, which is then not sent beside it.
  const flags = span.debug === true ? '1' : undefined;
  const sampled = flags !== undefined || isDeferred(span) ? undefined : stateDigit(span);
  setOrRemove(carrier, setter, FLAGS, flags);
  setOrRemove(carrier, setter, SAMPLED, sampled);
  setter.remove?.(carrier, PARENT_SPAN_ID);
  setter.remove?.(carrier, SINGLE); // it would win over these
}

function sentTraceId(traceId: TraceId): string {
  return traceId.startsWith(PADDING) ? traceId.slice(SHORT_TRACE_ID) : traceId;
}

/** Defer is said by saying nothing: only of a context that is passed on undecided. */
function isDeferred(span: SpanContext): boolean {
  return span.deferred === true && span.debug !== true;
}

/** Debug MUST be preserved (OpenTelemetry, API Propagators, B3), also by a service that did not record. */
function stateDigit(span: SpanContext): '0' | '1' | 'd' {
  if (span.debug === true) return 'd';
  return (span.traceFlags & FLAG_SAMPLED) === 0 ? '0' : '1';
}
