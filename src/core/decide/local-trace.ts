import type { TraceState } from '../../../propagation/tracestate.ts';
import type { Clock } from '../clock.ts';
import type { Limits } from '../limits.ts';
import type { OpenRecord } from '../record.ts';
import type { SpanStarter } from '../span.ts';
import { Decision } from './decision.ts';
import type { Ledger } from './ledger.ts';
import type { OpenSpan } from './open-span.ts';
import type { TraceIdentity } from './sampler.ts';

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
  /** Whoever starts the spans of it. */
  readonly starter: SpanStarter;
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  /** Wall time less monotonic time; NaN until the first reading, which is the start of the local root. */
  #offsetMs: number;
  readonly #recordsFromStart: boolean;
  /** Undefined while what was decided at the start of the local root is all there is to say: the usual case. */
  #decision: Decision | undefined;
  /** The first span; known only where its end decides. */
  #root: OpenSpan | undefined;

  constructor(starter: SpanStarter, ledger: Ledger, clock: Clock, records: boolean, decision?: Decision) {
    this.starter = starter;
    this.#ledger = ledger;
    this.#clock = clock;
    this.#offsetMs = Number.NaN;
    this.#recordsFromStart = records;
    this.#decision = decision;
    this.#root = undefined;
  }

  /** The limits of each span of it. */
  get limits(): Limits {
    return this.#ledger.limits;
  }

  /** Milliseconds since the Unix epoch, never before an earlier reading of this local trace. */
  now(): number {
    const monotonicMs = this.#clock.monotonicMs();
    if (Number.isNaN(this.#offsetMs)) this.#offsetMs = this.#clock.wallMs() - monotonicMs;
    return this.#offsetMs + monotonicMs;
  }

  /** True when spans that start now are recorded. */
  get records(): boolean {
    return this.#decision === undefined ? this.#recordsFromStart : this.#decision.records;
  }

  /** The decision that is still to be taken, or came late; undefined where the start decided. */
  get decision(): Decision | undefined {
    return this.#decision;
  }

  /** True when spans of this trace are known to be kept; false while that is open. */
  get isKept(): boolean {
    return this.#decision === undefined ? this.#recordsFromStart : this.#decision.isKept;
  }

  /** Decides, where nobody has, and gives the trace flags to send. `flags` are those of the start. */
  decideFlags(flags: number): number {
    return this.#decision === undefined ? flags : this.#decision.decideFlags(flags);
  }

  /** The `tracestate` as it is by now, given the one that the trace began with. */
  traceStateSoFar(state: TraceState | undefined): TraceState | undefined {
    return this.#decision === undefined ? state : this.#decision.traceState;
  }

  /** Keeps all of this local trace, whatever the sampler says. */
  keep(): void {
    this.#decision?.keep();
  }

  /** Somebody asked to keep it after all, and nothing of it is recorded. */
  noteIgnoredKeep(): void {
    this.#ledger.noteIgnoredKeep();
  }

  /** Lets go of all of this local trace that has not left yet. `identity` is the one that it began with. */
  drop(identity: TraceIdentity): void {
    if (!this.#recordsFromStart) return; // shared by all that are not sampled
    this.#decision ??= Decision.toDrop(this.#ledger, this.#clock, identity);
    this.#decision.drop();
  }

  /** Takes in a span that was started in this trace. */
  began(span: OpenSpan): void {
    this.#ledger.began(span);
    if (this.#decision === undefined || this.#root !== undefined) return;
    this.#root = span;
    this.#decision.begin(span.record);
  }

  /** Takes over what a span recorded; `record` is undefined for a span that was not recorded. */
  ended(span: OpenSpan, record: OpenRecord | undefined): void {
    this.#ledger.ended(span);
    if (record === undefined) this.#ledger.endedUnrecorded(span);
    else if (this.#decision === undefined) this.#ledger.leave(record);
    else this.#decision.ended(record);
    if (span === this.#root) this.#decision?.rootEnded(record);
  }
}
