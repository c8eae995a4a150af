import type { TraceState } from '../../../propagation/tracestate.ts';
import type { Clock } from '../clock.ts';
import type { OpenRecord } from '../record.ts';
import type { RecordingSpan } from '../spans/recording-span.ts';
import type { Tracer } from '../spans/tracer.ts';
import { Decision } from './decision.ts';

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
  readonly #recordsFromStart: boolean;
  /** Undefined while what was decided at the start of the local root is all there is to say: the usual case. */
  #decision: Decision | undefined;

  constructor(tracer: Tracer, clock: Clock, records: boolean, decision?: Decision) {
    this.tracer = tracer;
    this.#clock = clock;
    this.#offsetMs = Number.NaN;
    this.#recordsFromStart = records;
    this.#decision = decision;
  }

  /** Milliseconds since the Unix epoch, never before an earlier reading of this local trace. */
  now(): number {
    const monotonicMs = this.#clock.monotonicMs();
    if (Number.isNaN(this.#offsetMs)) this.#offsetMs = this.#clock.wallMs() - monotonicMs;
    return this.#offsetMs + monotonicMs;
  }

  /** Whether spans that start now are recorded. */
  get records(): boolean {
    return this.#decision === undefined ? this.#recordsFromStart : this.#decision.records;
  }

  /** What is still to be decided, or was late; undefined where the start decided. */
  get decision(): Decision | undefined {
    return this.#decision;
  }

  /** Whether spans of this trace are known to be kept. False while it is open. */
  get isKept(): boolean {
    return this.#decision === undefined ? this.#recordsFromStart : this.#decision.isKept;
  }

  /** The trace flags to send: asking is what decides, where nobody has. `flags` are those of the start. */
  outboundFlags(flags: number): number {
    return this.#decision === undefined ? flags : this.#decision.outboundFlags(flags);
  }

  /** The `tracestate` to send, given the one that came. */
  outboundState(state: TraceState | undefined): TraceState | undefined {
    return this.#decision === undefined ? state : this.#decision.traceState(state);
  }

  /** Keeps all of this local trace, whatever the sampler says. */
  keep(): void {
    this.#decision?.keep();
  }

  /** Lets go of all of this local trace that has not left yet. */
  drop(): void {
    if (!this.#recordsFromStart) return; // shared by all that are not sampled
    this.#decision ??= Decision.none(this.tracer, this.#clock);
    this.#decision.drop();
  }

  /** Takes over what a span recorded; `record` is undefined for a span that was not recorded. */
  ended(span: RecordingSpan, record: OpenRecord | undefined): void {
    if (this.#decision === undefined) this.tracer.spanEnded(span, record, 'leaves');
    else this.#decision.ended(span, record);
  }
}
