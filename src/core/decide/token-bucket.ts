import type { Clock } from '../clock.ts';

/**
 * Lets `perSecond` through in a second of monotonic time: full at the start, and never more than one
 * second's worth (but at least one) saved up. Below one it lets one through every so many seconds.
 */
export class TokenBucket {
  readonly #perMs: number;
  readonly #capacity: number;
  #tokens: number;
  #filledAtMs: number;

  constructor(perSecond: number) {
    this.#perMs = perSecond / 1000;
    this.#capacity = perSecond === 0 ? 0 : Math.max(1, perSecond);
    this.#tokens = this.#capacity;
    this.#filledAtMs = Number.NaN;
  }

  /** True while there is one left. */
  take(clock: Clock): boolean {
    const nowMs = clock.monotonicMs();
    if (nowMs > this.#filledAtMs) {
      this.#tokens = Math.min(this.#capacity, this.#tokens + (nowMs - this.#filledAtMs) * this.#perMs);
    }
    this.#filledAtMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
