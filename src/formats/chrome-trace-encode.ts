import type { Resource, SpanRecord } from '../core/record.ts';
import { type Interval, Lanes } from './chrome-trace-lanes.ts';
import { ResourceNumbers } from './resource-numbers.ts';

/** One entry of Chrome's Trace Event Format. Times are microseconds, fractions allowed. */
interface TraceEvent {
  readonly name: string;
  /** M names a process, X is a span, i a moment, s and f the ends of an arrow. */
  readonly ph: 'M' | 'X' | 'i' | 's' | 'f';
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly cat?: string;
  readonly id?: number;
  readonly s?: 't';
  readonly bp?: 'e';
  readonly args?: object;
}

/** A span with its place in the picture. */
interface Placed {
  readonly record: SpanRecord;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
}

/**
 * Spans in Chrome's Trace Event Format, for Perfetto (ui.perfetto.dev), `chrome://tracing` and Speedscope.
 * A service instance is a process there; its spans are laid out over as many tracks as run side by side,
 * children under their parents. Calls between processes are arrows. Times count from the first span on,
 * whose wall time is `otherData.start`. Never throws for finished records.
 */
export function encodeChromeTrace(records: readonly SpanRecord[]): string {
  const base = earliest(records);
  const processes = new ResourceNumbers();
  const names = records.flatMap(({ resource }) => processName(resource, processes));
  const placed = place(records, processes, base);
  const events = [...names, ...placed.flatMap((span) => eventsOf(span, base)), ...arrows(placed)];
  const start = base > 0 && base < 8.64e15 ? new Date(base).toISOString() : '';
  return JSON.stringify({ traceEvents: events, displayTimeUnit: 'ms', otherData: { start } });
}

function earliest(records: readonly SpanRecord[]): number {
  let base = Number.POSITIVE_INFINITY;
  for (const { startTimeMs } of records) if (startTimeMs < base) base = startTimeMs;
  return Number.isFinite(base) ? base : 0;
}

/** Once for each process. */
function processName(resource: Resource, processes: ResourceNumbers): TraceEvent[] {
  const { number: pid, isNew } = processes.numberOf(resource);
  const name = String(resource.attributes['service.name'] ?? 'unknown');
  return isNew ? [{ name: 'process_name', ph: 'M', pid, tid: 0, args: { name } }] : [];
}

/** Whole nanoseconds: a parent and a child that end together must do so in the picture too. */
function intervalOf({ startTimeMs, durationMs }: SpanRecord, base: number): Interval {
  const start = Math.round((startTimeMs - base) * 1e6);
  return { start, end: start + Math.round(durationMs * 1e6) };
}

function place(records: readonly SpanRecord[], processes: ResourceNumbers, base: number): Placed[] {
  const lanes = new Map<number, Lanes>();
  const inOrder = records
    .map((record) => ({ record, interval: intervalOf(record, base) }))
    .sort((a, b) => a.interval.start - b.interval.start || b.interval.end - a.interval.end);
  return inOrder.map(({ record, interval }) => {
    const { resource, traceId, spanId, parentSpanId = '' } = record;
    const pid = processes.numberOf(resource).number;
    const own = lanes.get(pid) ?? new Lanes();
    lanes.set(pid, own);
    const tid = own.place(traceId + spanId, traceId + parentSpanId, interval);
    return { record, pid, tid, ts: interval.start / 1000 };
  });
}

function eventsOf({ record, pid, tid, ts }: Placed, base: number): TraceEvent[] {
  const { traceId, spanId, parentSpanId, status, attributes } = record;
  const own = { traceId, spanId, ...(parentSpanId !== undefined && { parentSpanId }), status: status.code };
  const args = { ...own, ...(status.message !== undefined && { statusMessage: status.message }), attributes };
  const dur = Math.round(record.durationMs * 1e6) / 1000;
  const span: TraceEvent = { name: record.name, cat: record.kind, ph: 'X', pid, tid, ts, dur, args };
  const moments = record.events.map((event): TraceEvent => {
    const at = Math.round((event.timeMs - base) * 1e6) / 1000;
    return { name: event.name, cat: 'event', ph: 'i', s: 't', pid, tid, ts: at, args: event.attributes };
  });
  return [span, ...moments];
}

/** From a span to its child in another process, as far as both are here. */
function arrows(placed: readonly Placed[]): TraceEvent[] {
  const byId = new Map(placed.map((span) => [span.record.traceId + span.record.spanId, span]));
  const events: TraceEvent[] = [];
  let id = 0;
  for (const child of placed) {
    const parent = byId.get(child.record.traceId + (child.record.parentSpanId ?? ''));
    if (parent === undefined || parent.pid === child.pid) continue;
    id++;
    const common = { name: 'call', cat: 'call', id };
    events.push({ ...common, ph: 's', pid: parent.pid, tid: parent.tid, ts: parent.ts });
    events.push({ ...common, ph: 'f', bp: 'e', pid: child.pid, tid: child.tid, ts: child.ts });
  }
  return events;
}
