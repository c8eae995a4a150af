import type { Decision } from './decision.ts';

/**
 * Where local traces that are not decided hold their ended spans: one bound, in bytes, for all of
 * them together. Above it the oldest trace is decided by what is known of it by then.
 */
export class WaitingRoom {
  readonly #maxBytes: number;
  /** Those that hold spans, in the order in which the first of them came. */
  readonly #decisions = new Set<Decision>();
  #bytes = 0;
  #spans = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Spans that have ended and wait. */
  get spans(): number {
    return this.#spans;
  }

  /** Estimated bytes of them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** One more span waits for `decision`. */
  enter(decision: Decision, bytes: number): void {
    this.#decisions.add(decision);
    this.#spans++;
    this.#bytes += bytes;
    for (const oldest of this.#decisions) {
      if (this.#bytes <= this.#maxBytes) return;
      oldest.decideNow();
    }
  }

  /** All that waited for `decision` have left. */
  leave(decision: Decision, spans: number, bytes: number): void {
    this.#decisions.delete(decision);
    this.#spans -= spans;
    this.#bytes -= bytes;
  }

  /** Decides everything by what is known now: the process ends, or tracing does. */
  decideAll(): void {
    for (const decision of this.#decisions) decision.decideNow();
  }
}
