import { contained, describe } from '../diagnostics.ts';
import type { SpanRecord } from '../record.ts';
import { runOutsideScopes } from '../scope.ts';
import { Announcer } from './announcer.ts';
import { checkedResult } from './checked-result.ts';
import type { Exporter, ExportResult } from './exporter.ts';
import { SpanQueue } from './queue.ts';

/** How batches are made and sent. All times in milliseconds. */
export interface BatchSettings {
  /** Spans in one batch at most. */
  readonly maxBatch: number;
  /** How long a finished span waits for company. */
  readonly delayMs: number;
  /** Total time one export may take. */
  readonly timeoutMs: number;
  /** What may wait, in spans and in bytes: whichever is reached first. */
  readonly queueSpans: number;
  readonly queueBytes: number;
}

/** Why ended spans did not arrive, in spans. */
export interface DropCounters {
  /** No room: the oldest went. */
  queue: number;
  /** Refused by the other side. */
  export: number;
  /** Not recorded, since too many spans were open. */
  limit: number;
  spool: number;
  /** Still waiting, or ended, when the tracer was shut down. */
  shutdown: number;
}

/** What became of the spans given to one exporter: `ended = exported + queued + spooled + dropped`. */
export interface ExporterStats {
  readonly name: string;
  readonly destination: string | undefined;
  readonly ended: number;
  readonly exported: number;
  readonly queued: number;
  readonly spooled: number;
  readonly dropped: Readonly<DropCounters>;
  readonly lastError?: string;
}

const FIRST_RETRY_MS = 250;
/** Low enough that sending starts again within 2 s of the other side's return. */
const LONGEST_RETRY_MS = 1500;
/** A `Retry-After` is obeyed up to here. */
const LONGEST_RETRY_AFTER_MS = 60_000;
/** Node takes a longer one for 1 ms, and warns. */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1;

/**
 * One exporter with its queue and the one retry policy. A slow or dead exporter holds up nobody else.
 * Nothing here throws into a caller, and no timer or socket keeps the process alive.
 */
export class Sender {
  readonly #exporter: Exporter;
  readonly #settings: BatchSettings;
  readonly #announcer: Announcer;
  readonly #queue: SpanQueue;
  readonly #dropped: DropCounters = { queue: 0, export: 0, limit: 0, spool: 0, shutdown: 0 };
  #ended = 0;
  #exported = 0;
  #inFlight = 0;
  #lastError: string | undefined;
  /** Failed attempts in a row. */
  #retries = 0;
  #retryDelayMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  /** The drain that is running, if one is. */
  #draining: Promise<void> | undefined;
  #flushing = 0;
  #closed = false;

  constructor(exporter: Exporter, settings: BatchSettings, say: (message: string) => void) {
    this.#exporter = exporter;
    this.#settings = settings;
    this.#announcer = new Announcer(exporter, say);
    this.#queue = new SpanQueue(settings.queueBytes, settings.queueSpans);
  }

  /** Takes one finished span; sending happens later, in a turn of its own. */
  push(record: SpanRecord, bytes: number): void {
    this.#ended++;
    if (this.#closed) {
      this.#dropped.shutdown++;
      return;
    }
    this.#dropped.queue += this.#queue.push(record, bytes);
    if (this.#draining !== undefined || this.#immediate !== undefined) return;
    if (this.#queue.length >= this.#settings.maxBatch && this.#retries === 0) this.#drainSoon();
    else if (this.#timer === undefined) this.#drainAfter(this.#nextDelayMs());
  }

  #drainAfter(delayMs: number): void {
    this.#timer = runOutsideScopes(() => setTimeout(() => this.#drain(), delayMs).unref());
  }

  /**
   * A full batch does not wait, but neither is it encoded inside the app's own call. Not unref'd: an
   * idle event loop would sleep on until the next socket or timer stirs, which may be minutes.
   */
  #drainSoon(): void {
    this.#clearTimer();
    this.#immediate = runOutsideScopes(() => setImmediate(() => this.#drain()));
  }

  #clearTimer(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#timer = undefined;
    this.#immediate = undefined;
  }

  /** Sends what is worth sending now, and plans the next time. One drain at a time. */
  #drain(): Promise<void> {
    this.#clearTimer();
    this.#draining ??= runOutsideScopes(() => this.#sendBatches()).then(() => {
      this.#draining = undefined;
      if (this.#queue.length > 0 && !this.#closed) this.#drainAfter(this.#nextDelayMs());
    });
    return this.#draining;
  }

  async #sendBatches(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#sendOne();
      const full = this.#queue.length >= this.#settings.maxBatch;
      if (this.#closed || this.#retries > 0 || !(full || this.#flushing > 0)) return;
    }
  }

  #nextDelayMs(): number {
    return this.#retries > 0 ? this.#retryDelayMs : this.#settings.delayMs;
  }

  async #sendOne(): Promise<void> {
    const batch = this.#queue.take(this.#settings.maxBatch);
    this.#inFlight = batch.length;
    const result = await this.#attempt(batch);
    this.#inFlight = 0;
    this.#settle(batch, result);
    this.#announcer.note(result, this.#lost());
  }

  /** One export under its total deadline. An exporter that throws, rejects or never answers counts as `retry`. */
  async #attempt(batch: readonly SpanRecord[]): Promise<ExportResult> {
    const deadline = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<ExportResult>((resolve) => {
      timer = setTimeout(() => {
        deadline.abort();
        resolve({ outcome: 'retry', reason: `no answer within ${this.#settings.timeoutMs} ms` });
      }, this.#settings.timeoutMs).unref();
    });
    try {
      return checkedResult(await Promise.race([this.#exporter.export(batch, deadline.signal), late]), batch.length);
    } catch (error) {
      contained(`exporter ${this.#exporter.name}`, error);
      return { outcome: 'retry', reason: describe(error) };
    } finally {
      clearTimeout(timer);
    }
  }

  #settle(batch: readonly SpanRecord[], result: ExportResult): void {
    this.#retries = result.outcome === 'retry' ? this.#retries + 1 : 0;
    switch (result.outcome) {
      case 'accepted': {
        const { rejected = 0, message } = result;
        this.#exported += batch.length - rejected;
        this.#dropped.export += rejected;
        if (message !== undefined || rejected > 0) this.#lastError = message ?? `${rejected} spans were rejected`;
        return;
      }
      case 'retry':
        this.#lastError = result.reason;
        this.#retryDelayMs = retryDelayMs(this.#retries, result.retryAfterMs);
        if (this.#closed) this.#dropped.shutdown += batch.length;
        else this.#dropped.queue += this.#queue.putBack(batch);
        return;
      case 'refused':
        this.#lastError = result.reason;
        this.#dropped.export += batch.length;
    }
  }

  /**
   * Sends everything that waits, now, and resolves when it has left or `timeoutMs` is over. While
   * anyone waits here the process is kept alive. `patient` tries again after a failure.
   */
  async flush(timeoutMs: number, patient = true): Promise<void> {
    const deadline = pause(timeoutMs);
    await this.#flushUntil(deadline, patient);
    deadline.cancel();
  }

  async #flushUntil(deadline: Pause, patient: boolean): Promise<void> {
    const waiting = (): boolean => !deadline.over && this.#queue.length + this.#inFlight > 0;
    this.#flushing++;
    while (waiting()) {
      await Promise.race([this.#drain(), deadline.promise]);
      if (this.#retries === 0) continue;
      if (!patient) break;
      const backOff = pause(this.#retryDelayMs);
      await Promise.race([backOff.promise, deadline.promise]);
      backOff.cancel();
    }
    this.#flushing--;
  }

  /** Flushes, then takes nothing more: what could not leave is counted in `dropped.shutdown`. */
  async shutdown(timeoutMs: number): Promise<void> {
    const deadline = pause(timeoutMs); // one for both: the caller was promised to wait no longer
    await this.#flushUntil(deadline, true);
    this.#closed = true;
    this.#clearTimer();
    this.#dropped.shutdown += this.#queue.take(Number.POSITIVE_INFINITY).length;
    try {
      await Promise.race([this.#exporter.shutdown?.(), deadline.promise]);
    } catch (error) {
      contained(`exporter ${this.#exporter.name}`, error);
    }
    deadline.cancel();
  }

  #lost(): number {
    const { queue, export: refused, limit, spool, shutdown } = this.#dropped;
    return queue + refused + limit + spool + shutdown;
  }

  stats(): ExporterStats {
    return {
      name: this.#exporter.name,
      destination: this.#exporter.destination,
      ended: this.#ended,
      exported: this.#exported,
      queued: this.#queue.length + this.#inFlight,
      spooled: 0,
      dropped: { ...this.#dropped },
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
    };
  }
}

/** Exponential with jitter, or what the other side asked for. */
function retryDelayMs(attempt: number, retryAfterMs: number | undefined): number {
  if (retryAfterMs !== undefined) return Math.min(Math.max(0, retryAfterMs), LONGEST_RETRY_AFTER_MS);
  const ceiling = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt - 1, 10));
  return ceiling / 2 + (Math.random() * ceiling) / 2;
}

interface Pause {
  readonly promise: Promise<void>;
  over: boolean;
  cancel(): void;
}

/** A pause that can be cut short; the process stays alive for it. What is no time is none. */
function pause(ms: number): Pause {
  const boundedMs = ms > 0 ? Math.min(ms, LONGEST_TIMER_MS) : 0;
  let timer: NodeJS.Timeout | undefined;
  const pause: Pause = {
    over: false,
    promise: new Promise((resolve) => {
      timer = setTimeout(() => {
        pause.over = true;
        resolve();
      }, boundedMs);
    }),
    cancel: () => clearTimeout(timer),
  };
  return pause;
}
