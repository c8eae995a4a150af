import type { SpanRecord } from '../src/core/record.ts';

/** Traces, and spans of all together, that are waited for; the one that came first is shown early. */
const MOST_TRACES = 500;
const MOST_SPANS = 50_000;

/** Traces that were shown and are remembered, so that what comes late is shown with the rest. */
const REMEMBERED = 100;
/** Larger ones are not. */
const REMEMBERED_SPANS = 500;

interface Gathered {
  readonly spans: SpanRecord[];
  lastMs: number;
}

/** A trace that is ready to be shown. */
export interface ReadyTrace {
  readonly traceId: string;
  readonly spans: readonly SpanRecord[];
  /** The number of spans that it had when it was shown before; 0: it was not. */
  readonly shownBefore: number;
}

/** Gathers spans that come one after the other into traces. A trace has no end mark: it is ready when nothing of it has come for a while. */
export class TraceGatherer {
  readonly #settleMs: number;
  /** In the order in which they came. */
  readonly #waiting = new Map<string, Gathered>();
  readonly #shown = new Map<string, readonly SpanRecord[]>();
  #spans = 0;

  constructor(settleMs: number) {
    this.#settleMs = settleMs;
  }

  add(spans: readonly SpanRecord[], nowMs: number): void {
    for (const span of spans) {
      const trace = this.#waiting.get(span.traceId) ?? { spans: [], lastMs: nowMs };
      trace.spans.push(span);
      trace.lastMs = nowMs;
      this.#waiting.set(span.traceId, trace);
      this.#spans++;
    }
  }

  /** The traces that are ready, and those that there is no more room for. */
  *ready(nowMs: number): Generator<ReadyTrace, void, undefined> {
    for (const [traceId, { lastMs }] of this.#waiting) {
      const isCrowded = this.#waiting.size > MOST_TRACES || this.#spans > MOST_SPANS;
      if (isCrowded || nowMs - lastMs >= this.#settleMs) yield this.#take(traceId);
    }
  }

  /** All of it: nothing more will come. */
  *rest(): Generator<ReadyTrace, void, undefined> {
    for (const traceId of [...this.#waiting.keys()]) yield this.#take(traceId);
  }

  #take(traceId: string): ReadyTrace {
    const news = this.#waiting.get(traceId)?.spans ?? [];
    const before = this.#shown.get(traceId) ?? [];
    this.#waiting.delete(traceId);
    this.#spans -= news.length;
    const spans = [...before, ...news];
    this.#shown.delete(traceId);
    if (spans.length <= REMEMBERED_SPANS) this.#shown.set(traceId, spans);
    for (const oldest of this.#shown.keys()) {
      if (this.#shown.size <= REMEMBERED) break;
      this.#shown.delete(oldest);
    }
    return { traceId, spans, shownBefore: before.length };
  }
}
