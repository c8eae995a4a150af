import type { Clock } from '../clock.ts';
import type { OpenRecord, RecordingSpan } from '../span.ts';
import type { Tracer } from '../tracer.ts';

/**
 * The part of a trace that happens in this process under one local root (a server request, or a root
 * span of our own), and the seam between spans and the pipeline: ended span → local trace → decide →
 * queue.
 *
 * It is also the one clock anchor of those spans: wall time is read once, everything later is measured
 * from it on the monotonic clock. So a child never starts before its parent in one process, whatever
 * the wall clock does in between.
 */
export class LocalTrace {
  readonly tracer: Tracer;
  readonly #clock: Clock;
  /** Wall time less monotonic time; NaN until the first reading, which is the start of the local root. */
  #offsetMs: number;

  constructor(tracer: Tracer, clock: Clock) {
    this.tracer = tracer;
    this.#clock = clock;
    this.#offsetMs = Number.NaN;
  }

  /** Milliseconds since the Unix epoch, never before an earlier reading of this local trace. */
  now(): number {
    const monotonicMs = this.#clock.monotonicMs();
    if (Number.isNaN(this.#offsetMs)) this.#offsetMs = this.#clock.wallMs() - monotonicMs;
    return this.#offsetMs + monotonicMs;
  }

  /**
   * Takes over what a span recorded; `record` is undefined for a span that was not sampled. The
   * decision was taken at the start of the local root (decision 5 of the design: the parent or the
   * ratio alone can decide), so a record goes straight to the queue.
   */
  ended(span: RecordingSpan, record: OpenRecord | undefined): void {
    this.tracer.spanEnded(span, record);
  }
}
