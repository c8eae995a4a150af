import type { SpanRecord } from '../record.ts';
import { monotonicMs } from '../timers.ts';
import { attempt } from './attempt.ts';
import type { Exporter, ExportResult } from './exporter.ts';
import { Pace } from './pace.ts';
import type { BatchSettings, PipelineTiming } from './settings.ts';
import type { Source } from './source.ts';

/** Sends one request after another to one exporter, and keeps the pace that its answers ask for. */
export class Delivery {
  readonly pace: Pace;
  readonly #exporter: Exporter;
  readonly #settings: BatchSettings;
  readonly #timing: PipelineTiming;
  #lastError: string | undefined;
  /** The beginning of the attempt that is under way; 0: none is. */
  #attemptSinceMs: number;

  constructor(exporter: Exporter, settings: BatchSettings, timing: PipelineTiming) {
    this.pace = new Pace(timing, settings.maxBatch);
    this.#exporter = exporter;
    this.#settings = settings;
    this.#timing = timing;
    this.#lastError = undefined;
    this.#attemptSinceMs = 0;
  }

  get lastError(): string | undefined {
    return this.#lastError;
  }

  /** Nothing leaves at the moment: an attempt has failed, or has had no answer for long. */
  get isStalled(): boolean {
    if (this.pace.isFailing) return true;
    return this.#attemptSinceMs > 0 && monotonicMs() - this.#attemptSinceMs >= this.#timing.outageMs;
  }

  /** The deadline of one request: the exporter's own, within what the pipeline grants. */
  get #timeoutMs(): number {
    const { timeoutMs, longestTimeoutMs = Number.POSITIVE_INFINITY } = this.#settings;
    return Math.min(this.#exporter.timeoutMs ?? timeoutMs, longestTimeoutMs);
  }

  /** One request of what `source` has. Resolves with the answer; `undefined` when there was nothing, or it was taken away. */
  async send(source: Source): Promise<ExportResult | undefined> {
    const inFlight = await source.next(this.#settings.maxBatch);
    const part = inFlight?.records.slice(0, this.pace.requestSpans) ?? [];
    if (part.length === 0) return undefined;
    this.#attemptSinceMs = monotonicMs();
    const answer = await attempt(this.#exporter, part, this.#timeoutMs);
    this.#attemptSinceMs = 0;
    if (source.inFlight !== inFlight) return undefined; // closed: it went to disk meanwhile
    const isOneTooLarge = answer.outcome === 'too-large' && part.length === 1;
    const result: ExportResult = isOneTooLarge ? { outcome: 'refused', reason: answer.reason } : answer;
    this.#apply(result, source, part);
    return result;
  }

  #apply(result: ExportResult, source: Source, part: readonly SpanRecord[]): void {
    switch (result.outcome) {
      case 'accepted': {
        const { rejected = 0, message } = result;
        if (message !== undefined || rejected > 0) this.#lastError = message ?? `${rejected} spans were rejected`;
        this.pace.accepted();
        source.accepted(part.length, rejected);
        return;
      }
      case 'retry':
        this.failed(result.reason, result.retryAfterMs);
        source.putBack();
        return;
      case 'too-large':
        this.#lastError = result.reason;
        this.pace.tooLarge(part.length);
        return;
      case 'refused':
        this.#lastError = result.reason;
        this.pace.answered();
        source.refused(part);
    }
  }

  /** Nothing has left, and it is to be tried again. */
  failed(reason: string, retryAfterMs?: number): void {
    this.#lastError = reason;
    this.pace.failed(retryAfterMs);
  }
}
