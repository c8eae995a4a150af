import { FLAG_RANDOM, FLAG_SAMPLED, type SpanContext } from '../../propagation/context.ts';
import { isSpanId, isTraceId } from '../../propagation/traceparent.ts';
import { TraceState } from '../../propagation/tracestate.ts';
import type { SpanContextInput } from './record.ts';

/**
 * A span context that an app gave, as one of ours; undefined when it names no span. What is wrong in it
 * must not get into a record: a collector refuses the whole batch for one bad id. May throw on hostile
 * objects: callers guard.
 */
export function checkedContext(given: SpanContextInput): SpanContext | undefined {
  const { traceId, spanId, traceState } = given;
  if (!isTraceId(traceId) || !isSpanId(spanId)) return undefined;
  return {
    traceId,
    spanId,
    traceFlags: given.traceFlags & (FLAG_SAMPLED | FLAG_RANDOM),
    isRemote: given.isRemote === true,
    traceState: traceState instanceof TraceState ? traceState : TraceState.parse(textOf(traceState)),
    debug: given.debug === true,
    vendor: given.vendor,
  };
}

function textOf(traceState: SpanContextInput['traceState']): string {
  const text: unknown = traceState?.serialize();
  return typeof text === 'string' ? text : '';
}
