import type { SpanRecord } from '../core/record.ts';
import type { StoreCall, TailBatch, TailOptions } from './span-store.ts';

const DEFAULT_WAITING = 10_000;

/**
 * Between whoever gets spans and the one who follows them: bounded, and never holding up the first. When
 * the reader is too slow the oldest spans go, and the next batch says how many.
 */
export class TailBuffer implements AsyncIterable<TailBatch> {
  readonly #maxWaiting: number;
  readonly #signals: readonly AbortSignal[];
  readonly #onEnd: () => void;
  #waiting: SpanRecord[] = [];
  #missed = 0;
  #ended = false;
  #error: unknown;
  #wake: (() => void) | undefined;

  /** `onEnd` is called once, when nothing more is wanted; never for a tail that has ended before it began. */
  constructor({ maxWaiting = DEFAULT_WAITING, signal }: TailOptions, call: StoreCall, onEnd: () => void) {
    this.#maxWaiting = maxWaiting >= 1 ? maxWaiting : 1;
    this.#signals = [signal, call.signal].filter((one) => one !== undefined);
    this.#onEnd = onEnd;
    this.#ended = this.#signals.some(({ aborted }) => aborted);
    if (this.#ended) return;
    for (const one of this.#signals) one.addEventListener('abort', this.#abort, { once: true });
  }

  get ended(): boolean {
    return this.#ended;
  }

  push(spans: readonly SpanRecord[]): void {
    if (this.#ended || spans.length === 0) return;
    for (const span of spans) this.#waiting.push(span);
    const tooMany = this.#waiting.length - this.#maxWaiting;
    if (tooMany > 0) {
      this.#waiting.splice(0, tooMany);
      this.#missed += tooMany;
    }
    this.#wake?.();
  }

  /** Nothing more will come. With an error, the reader gets it after what still waits. */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    for (const one of this.#signals) one.removeEventListener('abort', this.#abort);
    this.#wake?.();
    this.#onEnd();
  }

  readonly #abort = (): void => this.end();

  async *[Symbol.asyncIterator](): AsyncGenerator<TailBatch, void, undefined> {
    try {
      for (;;) {
        if (this.#waiting.length > 0 || this.#missed > 0) {
          const batch: TailBatch = { spans: this.#waiting, missed: this.#missed };
          this.#waiting = [];
          this.#missed = 0;
          yield batch;
        } else if (this.#ended) {
          if (this.#error !== undefined) throw this.#error;
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          this.#wake = undefined;
        }
      }
    } finally {
      this.end();
    }
  }
}
