import {
  FLAG_RANDOM,
  FLAG_SAMPLED,
  NO_SPAN_ID,
  type RemoteContext,
  type SpanId,
  type TraceId,
} from '../../../propagation/context.ts';
import type { SpanContextInput } from '../record.ts';
import type { Span, SpanParent } from '../span.ts';
import { type CarriedFields, checkedContext, checkedRemote, contextOf, isRemoteContext } from './given-context.ts';
import type { IdGenerator } from './ids.ts';
import { isRecordingSpan, NO_SPAN, RecordingSpan } from './recording-span.ts';

/** A span that only carries another process's identity on: nothing is recorded or counted. */
export function passThrough(remote: RemoteContext, ids: IdGenerator): RecordingSpan | undefined {
  const { traceId, spanId } = remote;
  if (traceId === undefined) return remote.sampled === false ? denied(remote, ids) : undefined;
  const { traceState, debug, vendor } = remote;
  const flags = (remote.sampled === true ? FLAG_SAMPLED : 0) | (remote.random ? FLAG_RANDOM : 0);
  const passed = { traceState, debug, vendor, deferred: remote.sampled === undefined };
  return passedOn(traceId, spanId ?? NO_SPAN_ID, flags, passed);
}

/**
 * A deny without ids (`b3: 0`) must reach downstream, and only B3 can say it so: it goes on with ids that
 * no span has, which nobody will miss. A decision to record would leave the next span without its parent.
 */
function denied(remote: RemoteContext, ids: IdGenerator): RecordingSpan {
  return passedOn(ids.traceId(), ids.spanId(), 0, remote);
}

/** The span of a disabled tracer: nothing of its own, the parent's identity for what goes out. */
export function passOn(parent: SpanParent, ids: IdGenerator): RecordingSpan {
  if (!parent) return NO_SPAN;
  if (isPassedOn(parent)) return passedOn(parent.traceId, parent.spanId, parent.startFlags, parent);
  if (isRemoteContext(parent)) return passThrough(checkedRemote(parent), ids) ?? NO_SPAN;
  const context = checkedContext(contextOf(parent));
  if (context === undefined) return NO_SPAN;
  const { traceId, spanId, traceFlags } = context;
  return passedOn(traceId, spanId, traceFlags, context);
}

/** Another process's identity, as a span that records nothing. */
function passedOn(traceId: TraceId, spanId: SpanId, flags: number, carried: CarriedFields): RecordingSpan {
  return new RecordingSpan(traceId, spanId, flags, carried, undefined, undefined);
}

/** True for a span that is another process's identity, and nothing more. */
export function isPassedOn(parent: Span | SpanContextInput | RemoteContext): parent is RecordingSpan {
  return isRecordingSpan(parent) && parent.isRemote && parent.localTrace === undefined;
}
