import { monotonicMs } from '../timers.ts';
import type { Pace } from './pace.ts';
import { type Pause, pause } from './pause.ts';

/** The sender, as those see it who wait for everything to leave. */
export interface Flushable {
  /** Nothing waits, or nothing more will be sent. */
  readonly isDone: boolean;
  /** Spans that have arrived. */
  readonly exported: number;
  readonly pace: Pace;
  /** Sends what is worth sending now. */
  drain(): Promise<void>;
}

/** Those who wait for one sender to send everything now. While anyone does, the process is kept alive. */
export class Flushing {
  readonly #sender: Flushable;
  #waiting: number;

  constructor(sender: Flushable) {
    this.#sender = sender;
    this.#waiting = 0;
  }

  /** Somebody waits: no batch waits for company. */
  get isUrgent(): boolean {
    return this.#waiting > 0;
  }

  /** Sends everything that waits. `patient` tries again after a failure. */
  async until(deadline: Pause, patient: boolean): Promise<void> {
    const { pace } = this.#sender;
    this.#waiting++;
    while (!deadline.isOver && !this.#sender.isDone) {
      const { heldBackMs } = pace;
      if (heldBackMs === 0) await Promise.race([this.#sender.drain(), deadline.promise]);
      if (!pace.isFailing) continue;
      if (!patient) break;
      const backOff = pause(Math.max(heldBackMs, pace.retryDelayMs));
      await Promise.race([backOff.promise, deadline.promise]);
      backOff.cancel();
    }
    this.#waiting--;
  }

  /** Sends what waits for as long as answers come, each round within `roundMs`, all within `longestMs`. */
  async whileAnswersCome(roundMs: number, longestMs: number): Promise<void> {
    const endMs = monotonicMs() + longestMs;
    for (let before = -1; before < this.#sender.exported && monotonicMs() < endMs; ) {
      before = this.#sender.exported;
      const round = pause(Math.min(roundMs, endMs - monotonicMs()));
      await this.until(round, false);
      round.cancel();
      if (this.#sender.isDone || this.#sender.pace.isFailing) return;
    }
  }
}
