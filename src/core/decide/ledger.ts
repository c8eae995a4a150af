import { FLAG_SAMPLED } from '../../../propagation/context.ts';
import type { Limits } from '../limits.ts';
import type { SpanCounts, SpanSink } from '../pipeline/stats.ts';
import type { OpenRecord } from '../record.ts';
import type { OpenSpan } from './open-span.ts';
import { named, OpenSpansWatch } from './open-spans-watch.ts';

/**
 * The books of one tracer: where each of its spans is, from its start until its record has left.
 *
 *     began ─▶ open ─▶ ended ─┬─ leave ───────────────────▶ the sink
 *                             ├─ wait ─▶ waiting ─┬─ release ─▶ the sink
 *                             │                   └─ releaseNone ─▶ sampled out
 *                             ├─ leaveOut ────────────────▶ sampled out
 *                             └─ endedUnrecorded ─────────▶ sampled out, or over the limit
 */
export class Ledger {
  readonly limits: Limits;
  readonly #sink: SpanSink;
  /** Oldest first, recorded or not, up to the limit: an app that never ends its spans must not fill the memory. */
  readonly #open = new Set<OpenSpan>();
  readonly #watch: OpenSpansWatch;
  readonly #listeners = new Set<() => void>();
  #started = 0;
  #ended = 0;
  #waiting = 0;
  #sampledOut = 0;
  #overLimit = 0;
  #ignoredKeeps = 0;
  #requestsOpen = 0;
  #rootsWhileServing = 0;

  constructor(sink: SpanSink, limits: Limits) {
    this.limits = limits;
    this.#sink = sink;
    this.#watch = new OpenSpansWatch(this.#open, limits.openMs);
  }

  /** False while as many spans are open as may be: those that start now are not recorded. */
  get hasRoom(): boolean {
    return this.#open.size < this.limits.openSpans;
  }

  /** A span was started. */
  began(span: OpenSpan): void {
    this.#started++;
    if (this.hasRoom) this.#open.add(span);
    if (span.record !== undefined) this.#watch.touch();
  }

  /** A span has ended; what becomes of its record is told next. */
  ended(span: OpenSpan): void {
    this.#ended++;
    this.#open.delete(span);
    for (const listener of this.#listeners) listener();
  }

  /** Its record leaves for the exporters. */
  leave(record: OpenRecord): void {
    this.#sink.accept(record);
  }

  /** Its record is not to be kept. */
  leaveOut(): void {
    this.#sampledOut++;
  }

  /** It has none: it was not to be kept, or there was no room for it. */
  endedUnrecorded({ startFlags }: OpenSpan): void {
    if ((startFlags & FLAG_SAMPLED) === 0) this.#sampledOut++;
    else this.#overLimit++;
  }

  /** Its record waits until its trace is decided. */
  wait(): void {
    this.#waiting++;
  }

  /** A record of so many estimated bytes has waited, and leaves. */
  release(record: OpenRecord, bytes: number): void {
    this.#waiting--;
    this.#sink.accept(record, bytes);
  }

  /** Records have waited, and are not kept. */
  releaseNone(count: number): void {
    this.#waiting -= count;
    this.#sampledOut += count;
  }

  /** An inbound request has begun. */
  requestBegan(): void {
    this.#requestsOpen++;
  }

  /** It is over. */
  requestEnded(): void {
    this.#requestsOpen--;
  }

  /** A root begins that is no request: background work, or what has lost the context of its request. */
  noteRoot(): void {
    if (this.#requestsOpen > 0) this.#rootsWhileServing++;
  }

  /** Somebody asked to keep a trace of which nothing is recorded. */
  noteIgnoredKeep(): void {
    this.#ignoredKeeps++;
  }

  /** Calls of `keep()` that came for nothing. */
  get ignoredKeeps(): number {
    return this.#ignoredKeeps;
  }

  /** Spans started and not ended yet, oldest first; at most `limits.openSpans`, though more may be counted. */
  openSpans(): OpenSpan[] {
    return [...this.#open].map(named);
  }

  /** The number of them that are open for longer than `limits.openMs`. */
  countOverdue(): number {
    let count = 0;
    for (const _span of this.#watch.overdue()) count++;
    return count;
  }

  /** The spans that the sink does not know yet, by where they are. */
  counts(): SpanCounts {
    return {
      started: this.#started,
      ended: this.#ended,
      open: this.#started - this.#ended,
      waiting: this.#waiting,
      sampledOut: this.#sampledOut,
      overLimit: this.#overLimit,
      rootsWhileServing: this.#rootsWhileServing,
    };
  }

  /** Calls `listener`, which must not throw, at the end of each span until the function returned is called. */
  onEnded(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
