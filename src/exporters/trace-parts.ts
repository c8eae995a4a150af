import type { SpanRecord } from '../core/record.ts';
import { pushTo } from '../leaves/grouping.ts';

/** Spans of one trace to show together. */
export interface TracePart {
  readonly spans: readonly SpanRecord[];
  /** `late`: their local root was shown before. `incomplete`: it did not come before the buffer had to give them up. */
  readonly state: 'finished' | 'late' | 'incomplete';
}

/** The bounds of what waits for its local root. */
export interface BufferLimits {
  readonly traces: number;
  readonly spans: number;
  /** Batches a trace may wait without a new span. */
  readonly batches: number;
  /** Ids remembered to recognise late spans. */
  readonly shownIds: number;
}

interface Waiting {
  spans: SpanRecord[];
  touched: number;
}

/** The end of a span's chain of local parents: at its finished local root, at a span shown before, or nowhere yet. */
type Destination = SpanRecord | 'late' | 'waiting';

/**
 * Holds finished spans until the root of their local trace (no parent, or one in another process) has
 * come, which may be batches later. One trace id may have several local traces here, when a
 * process calls itself: each is handed out on its own.
 */
export class TracePartBuffer {
  readonly #limits: BufferLimits;
  /** By trace id, the one that got no span for the longest time first. */
  readonly #waiting: Map<string, Waiting> = new Map();
  /** `traceId:spanId` of what was handed out, oldest first. */
  readonly #shown: Set<string> = new Set();
  #spanCount = 0;
  #batch = 0;

  constructor(limits: BufferLimits) {
    this.#limits = limits;
  }

  /** Takes a batch in and hands out what is finished, late, or has waited too long. */
  add(batch: readonly SpanRecord[]): TracePart[] {
    this.#batch++;
    const touched = new Set<string>();
    for (const span of batch) {
      this.#hold(span);
      touched.add(span.traceId);
    }
    const ready: TracePart[] = [];
    for (const traceId of touched) this.#release(traceId, ready);
    this.#evict(ready);
    return ready;
  }

  /** Hands out everything that still waits. */
  drain(): TracePart[] {
    const ready: TracePart[] = [];
    for (const traceId of [...this.#waiting.keys()]) this.#giveUp(traceId, ready);
    return ready;
  }

  #hold(span: SpanRecord): void {
    const waiting = this.#waiting.get(span.traceId) ?? { spans: [], touched: 0 };
    waiting.spans.push(span);
    waiting.touched = this.#batch;
    this.#waiting.delete(span.traceId);
    this.#waiting.set(span.traceId, waiting);
    this.#spanCount++;
  }

  #release(traceId: string, ready: TracePart[]): void {
    const waiting = this.#waiting.get(traceId);
    if (!waiting) return;
    const groups = groupByDestination(waiting.spans, (id) => this.#shown.has(`${traceId}:${id}`));
    for (const [destination, spans] of groups) {
      if (destination === 'waiting') continue;
      this.#handOut({ spans, state: destination === 'late' ? 'late' : 'finished' }, ready);
    }
    waiting.spans = groups.get('waiting') ?? [];
    if (waiting.spans.length === 0) this.#waiting.delete(traceId);
  }

  #evict(ready: TracePart[]): void {
    for (const [traceId, waiting] of this.#waiting) {
      const tooMany = this.#waiting.size > this.#limits.traces || this.#spanCount > this.#limits.spans;
      if (!tooMany && this.#batch - waiting.touched < this.#limits.batches) return;
      this.#giveUp(traceId, ready);
    }
  }

  #giveUp(traceId: string, ready: TracePart[]): void {
    const spans = this.#waiting.get(traceId)?.spans ?? [];
    this.#waiting.delete(traceId);
    this.#handOut({ spans, state: 'incomplete' }, ready);
  }

  #handOut(trace: TracePart, ready: TracePart[]): void {
    this.#spanCount -= trace.spans.length;
    ready.push(trace);
    for (const span of trace.spans) this.#shown.add(`${span.traceId}:${span.spanId}`);
    for (const oldest of this.#shown) {
      if (this.#shown.size <= this.#limits.shownIds) return;
      this.#shown.delete(oldest);
    }
  }
}

function isLocalRoot(span: SpanRecord): boolean {
  return span.parentSpanId === undefined || span.parentIsRemote;
}

function groupByDestination(
  spans: readonly SpanRecord[],
  wasShown: (spanId: string) => boolean,
): Map<Destination, SpanRecord[]> {
  const byId = new Map(spans.map((span) => [span.spanId as string, span]));
  const known = new Map<SpanRecord, Destination>();
  const groups = new Map<Destination, SpanRecord[]>();
  for (const span of spans) {
    pushTo(groups, follow(span, byId, known, wasShown), span);
  }
  return groups;
}

/** Climbs the local parents, and notes the answer for every span on the way. A cycle ends in `waiting`. */
function follow(
  start: SpanRecord,
  byId: ReadonlyMap<string, SpanRecord>,
  known: Map<SpanRecord, Destination>,
  wasShown: (spanId: string) => boolean,
): Destination {
  const path: SpanRecord[] = [];
  let span = start;
  let destination = known.get(span);
  while (destination === undefined) {
    path.push(span);
    known.set(span, 'waiting');
    if (isLocalRoot(span)) {
      destination = span;
      break;
    }
    const parentId = span.parentSpanId ?? '';
    const parent = byId.get(parentId);
    if (!parent) {
      destination = wasShown(parentId) ? 'late' : 'waiting';
      break;
    }
    span = parent;
    destination = known.get(span);
  }
  for (const passed of path) known.set(passed, destination);
  return destination;
}
