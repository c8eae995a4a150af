import { monotonicMs } from '../timers.ts';
import { retryDelayMs } from './retry-delay.ts';
import type { PipelineTiming } from './settings.ts';

/** Accepted requests after which one may be larger again. */
const GROW_AFTER = 16;

/** The speed at which one exporter may be sent to: when again after failures, and how many spans at once. */
export class Pace {
  readonly #timing: PipelineTiming;
  readonly #maxBatch: number;
  /** Failed attempts in a row, and since when. */
  #failures = 0;
  #failingSinceMs = 0;
  #retryDelayMs = 0;
  /** Until then even a flush waits: the other side asked for it in a `Retry-After`. */
  #notBeforeMs = 0;
  /** Fewer than a batch after the other side has called one too large. */
  #requestSpans: number;
  #sinceTooLarge = 0;

  constructor(timing: PipelineTiming, maxBatch: number) {
    this.#timing = timing;
    this.#maxBatch = maxBatch;
    this.#requestSpans = maxBatch;
  }

  /** The last attempt failed. */
  get isFailing(): boolean {
    return this.#failures > 0;
  }

  /** Attempts have failed for so long that it is an outage, no slip. */
  get isOutage(): boolean {
    return this.isFailing && monotonicMs() - this.#failingSinceMs >= this.#timing.outageMs;
  }

  /** From the failure to the next attempt, in milliseconds. */
  get retryDelayMs(): number {
    return this.#retryDelayMs;
  }

  /** The time for which the other side has asked to be left alone from now on, in milliseconds. */
  get heldBackMs(): number {
    return Math.max(0, this.#notBeforeMs - monotonicMs());
  }

  /** Spans in the next request, at most. */
  get requestSpans(): number {
    return this.#requestSpans;
  }

  failed(retryAfterMs: number | undefined): void {
    const nowMs = monotonicMs();
    if (this.#failures === 0) this.#failingSinceMs = nowMs;
    this.#failures++;
    this.#retryDelayMs = retryDelayMs(this.#timing, this.#failures, retryAfterMs);
    this.#notBeforeMs = retryAfterMs === undefined ? 0 : nowMs + this.#retryDelayMs;
  }

  /** The other side is there, whatever it thought of the spans. */
  answered(): void {
    this.#failures = 0;
  }

  /** After smaller requests have gone through for a while they grow again: it may have been one large span. */
  accepted(): void {
    this.answered();
    if (this.#requestSpans >= this.#maxBatch || ++this.#sinceTooLarge < GROW_AFTER) return;
    this.#requestSpans = Math.min(this.#maxBatch, this.#requestSpans + Math.ceil(this.#maxBatch / 16));
    this.#sinceTooLarge = 0;
  }

  /** A request of `spans` was too large: half of it is next. */
  tooLarge(spans: number): void {
    this.answered();
    this.#requestSpans = Math.ceil(spans / 2);
    this.#sinceTooLarge = 0;
  }
}
