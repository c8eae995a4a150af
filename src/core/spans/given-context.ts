import { type Baggage, isBaggage } from '../../../propagation/baggage.ts';
import {
  FLAG_RANDOM,
  FLAG_SAMPLED,
  NO_SPAN_ID,
  type RemoteContext,
  type SpanContext,
  type VendorFields,
} from '../../../propagation/context.ts';
import { isSpanId, isTraceId } from '../../../propagation/traceparent.ts';
import { isTraceState, TraceState } from '../../../propagation/tracestate.ts';
import type { SpanContextInput } from '../record.ts';
import type { Span, SpanParent } from '../span.ts';

/** Fields of a context that go on with every span under it. */
export interface CarriedFields {
  readonly traceState?: TraceState | undefined;
  readonly debug?: boolean | undefined;
  readonly vendor?: VendorFields | undefined;
  readonly deferred?: boolean | undefined;
}

/** The context of a span, whoever made it; a context is its own. */
export function contextOf(span: Span): SpanContext;
export function contextOf(span: Span | SpanContextInput): SpanContextInput;
export function contextOf(span: Span | SpanContextInput): SpanContextInput {
  return 'spanContext' in span ? span.spanContext() : span;
}

/**
 * A span context that an app gave, as one of ours; undefined when it names no span. What is wrong in it
 * must not get into a record: a collector refuses the whole batch for one bad id. May throw on hostile
 * objects: callers guard.
 */
export function checkedContext(given: SpanContextInput): SpanContext | undefined {
  const { traceId, spanId, vendor } = given;
  if (!isTraceId(traceId) || !isSpanId(spanId)) return undefined;
  const traceState = isTraceState(given.traceState) ? given.traceState : TraceState.parse(textOf(given.traceState));
  return {
    traceId,
    spanId,
    traceFlags: given.traceFlags & (FLAG_SAMPLED | FLAG_RANDOM),
    isRemote: given.isRemote === true,
    debug: given.debug === true,
    ...(traceState && { traceState }),
    ...(vendor && { vendor }),
  };
}

/** Is this parent what `extract` read? It has a decision where a span context has flags. */
export function isRemoteContext(parent: Span | SpanContextInput | RemoteContext): parent is RemoteContext {
  return 'sampled' in parent && !('traceFlags' in parent);
}

/** A remote context that an app gave: ids of another shape count as none. */
export function checkedRemote(given: RemoteContext): RemoteContext {
  const { traceId, spanId } = given;
  if (!isTraceId(traceId)) return { ...given, traceId: undefined, spanId: undefined };
  return isSpanId(spanId) ? given : { ...given, spanId: undefined };
}

/** The baggage that goes with a span under `parent`: what `extract` read with it, in the place of what is active. */
export function baggageOf(parent: SpanParent, active: { readonly baggage: Baggage | undefined }): Baggage | undefined {
  if (!parent || !isRemoteContext(parent)) return active.baggage;
  return isBaggage(parent.baggage) ? parent.baggage : undefined;
}

/** A context that is only passed on, as the caller had sent it, with all that was missing in it. */
export function remoteOf(span: SpanContext): RemoteContext {
  const { traceId, spanId, traceFlags, traceState, vendor } = span;
  return {
    traceId,
    spanId: spanId === NO_SPAN_ID ? undefined : spanId,
    sampled: span.deferred === true ? undefined : (traceFlags & FLAG_SAMPLED) !== 0,
    random: (traceFlags & FLAG_RANDOM) !== 0,
    debug: span.debug === true,
    traceState,
    baggage: undefined,
    vendor,
  };
}

/** The context that a link names, also where it was read from a message; undefined when that names no span. */
export function linkedContext(given: SpanContextInput | RemoteContext): SpanContext | undefined {
  if (!isRemoteContext(given)) return checkedContext(given);
  const { traceId, spanId, sampled, random, traceState } = given;
  if (traceId === undefined || spanId === undefined) return undefined;
  const traceFlags = (sampled === true ? FLAG_SAMPLED : 0) | (random ? FLAG_RANDOM : 0);
  return checkedContext({ traceId, spanId, traceFlags, isRemote: true, traceState });
}

function textOf(traceState: SpanContextInput['traceState']): string {
  const text: unknown = traceState?.serialize();
  return typeof text === 'string' ? text : '';
}
