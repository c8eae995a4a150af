import type { Clock } from '../../src/core/clock.ts';

/** A clock that stands still until it is told otherwise. */
export class ManualClock implements Clock {
  #nowMs = 0;

  wallMs(): number {
    return 1_700_000_000_000 + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }
}
