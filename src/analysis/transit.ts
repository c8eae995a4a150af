import type { SpanRecord } from '../core/record.ts';
import type { Transit } from './types.ts';

/** Below this, two clocks agree: some are read in whole milliseconds. */
export const TOLERANCE_MS = 1;

/** A server sees its response close after the client has read the last byte, and later when it is busy. */
export const CLOSE_TOLERANCE_MS = 10;

/** Transit times of the edge, or `undefined` when it stays inside one process. */
export function transitOf(parent: SpanRecord, child: SpanRecord): Transit | undefined {
  if (!isRemoteEdge(parent, child)) return undefined;
  const requestMs = child.startTimeMs - parent.startTimeMs;
  const responseMs = parent.startTimeMs + parent.durationMs - (child.startTimeMs + child.durationMs);
  return { requestMs, responseMs, clockSkewed: isClockSkewed(parent, child, requestMs, responseMs) };
}

function isRemoteEdge(parent: SpanRecord, child: SpanRecord): boolean {
  if (child.parentIsRemote) return true;
  if (parent.resource === child.resource) return false;
  return differs(parent, child, 'service.instance.id') || differs(parent, child, 'service.name');
}

function differs(parent: SpanRecord, child: SpanRecord, key: string): boolean {
  return parent.resource.attributes[key] !== child.resource.attributes[key];
}

/**
 * No request arrives before it is sent. A late end proves something only when the caller waits for
 * the answer (a client, not a producer) and would have had room for the whole child: a server that
 * goes on after its client gave up is longer than the call, and its clock is right.
 */
function isClockSkewed(parent: SpanRecord, child: SpanRecord, requestMs: number, responseMs: number): boolean {
  if (requestMs < -TOLERANCE_MS) return true;
  const callerWaits = parent.kind === 'client' && child.kind !== 'consumer';
  return callerWaits && child.durationMs <= parent.durationMs && endsTooLate(parent, child, responseMs);
}

/** True where both say that they ran on one host. */
export function isOneHost(one: SpanRecord, other: SpanRecord): boolean {
  const host = one.resource.attributes['host.name'];
  return host !== undefined && host === other.resource.attributes['host.name'];
}

/**
 * True where the end of a server says that the clocks disagree. Two processes of one host read the same clock:
 * there a busy server merely noticed late that its response was closed, unless it began after the call was over.
 */
export function endsTooLate(call: SpanRecord, server: SpanRecord, responseMs: number): boolean {
  if (isOneHost(call, server) && server.startTimeMs <= call.startTimeMs + call.durationMs) return false;
  return responseMs < -CLOSE_TOLERANCE_MS;
}
