import { count } from '../src/terminal/count.ts';
import type { Io } from './io.ts';

/** Shorter work needs no word. */
const FIRST_AFTER_MS = 700;
const EVERY_MS = 200;

/**
 * A line on standard error that says how far long work has come, and is gone when it is done. Only where somebody can
 * see it.
 */
export class Progress {
  readonly #io: Io;
  readonly #what: string;
  #nextMs: number;
  #shown = false;

  /** `what`: what is being done, `reading`. */
  constructor(io: Io, what: string) {
    this.#io = io;
    this.#what = what;
    this.#nextMs = io.now() + FIRST_AFTER_MS;
  }

  /** To be told often: it shows few of them. */
  tell(amount: number, noun: string): void {
    const nowMs = this.#io.now();
    if (!this.#io.showsProgress || nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + EVERY_MS;
    this.#shown = true;
    this.#io.err(`\r\u001b[K${this.#what}: ${count(amount, noun)}`);
  }

  end(): void {
    if (this.#shown) this.#io.err('\r\u001b[K');
    this.#shown = false;
  }
}
