import type { SpanRecord } from '../record.ts';
import { type QueuedSpans, SpanQueue } from './queue.ts';
import { type BatchSettings, MAX_BATCH_BYTES } from './settings.ts';
import type { Source } from './source.ts';
import type { Spool } from './spool/spool.ts';
import type { SpoolKit } from './spool/spool-kit.ts';
import type { ExporterStats } from './stats.ts';

/** Spans written to disk in one go: what the event loop is held up for is half a millisecond of encoding. */
const SLICE_SPANS = 128;
const SLICE_BYTES = MAX_BATCH_BYTES / 4;

/** Spans that are being sent, with what the queue knew of each. */
interface QueuedInFlight extends QueuedSpans {
  /** The last copy on disk of what was taken from there; 0: it came from memory. */
  spoolSeq: number;
}

/** The books of one exporter: `ended = exported + queued + spooled + dropped`, at every moment. */
export type OutboxStats = Pick<ExporterStats, 'ended' | 'exported' | 'queued' | 'spooled' | 'dropped'>;

/**
 * Everything that waits for one exporter, oldest first: on disk, in flight, in memory.
 *
 *     spool (disk only) → in flight (being sent) → queue (memory) ← spans that end
 *          ▲                                        │
 *          └────────────────────────────────────────┘ when memory is short, an outage lasts, or the process ends
 *
 * Each span is counted here from its end on, whatever becomes of it.
 */
export class Outbox implements Source {
  readonly #queue: SpanQueue;
  readonly #spool: Spool | undefined;
  readonly #deadLetters: SpoolKit['deadLetters'] | undefined;
  #inFlight: QueuedInFlight | undefined;
  #canSpool: boolean;
  #isClosed: boolean;
  #ended: number;
  #exported: number;
  /** Spans that lie on disk for the next process: nothing is counted there any more. */
  #leftOnDisk: number;
  readonly #dropped: { queue: number; export: number; spool: number; shutdown: number };

  constructor(settings: BatchSettings, kit: SpoolKit | undefined) {
    this.#queue = new SpanQueue(settings.queueBytes, settings.queueSpans);
    this.#spool = kit?.spool;
    this.#deadLetters = kit?.deadLetters;
    this.#inFlight = undefined;
    this.#canSpool = false;
    this.#isClosed = false;
    this.#ended = 0;
    this.#exported = 0;
    this.#leftOnDisk = 0;
    this.#dropped = { queue: 0, export: 0, spool: 0, shutdown: 0 };
  }

  /** The spool, when it may be used. */
  get spool(): Spool | undefined {
    return this.#canSpool ? this.#spool : undefined;
  }

  /** From now on the other side is known to be one: keeping spans for it on disk makes sense. */
  allowSpool(): void {
    this.#canSpool = true;
  }

  /** Spans in memory: waiting, and in flight. */
  get queued(): number {
    return this.#queue.length + (this.#inFlight?.records.length ?? 0);
  }

  get inFlight(): QueuedInFlight | undefined {
    return this.#inFlight;
  }

  get exported(): number {
    return this.#exported;
  }

  /** Spans that wait in memory. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Spans on disk only. */
  get spooled(): number {
    return (this.#spool?.spooled ?? 0) + this.#leftOnDisk;
  }

  get isEmpty(): boolean {
    return this.queued + this.spooled === 0;
  }

  /** Memory is half full: time to use the disk, where sending gets nowhere. */
  get isHalfFull(): boolean {
    return this.#queue.isHalfFull;
  }

  /** Takes one finished span. With `ahead` it is on disk when this returns. */
  push(record: SpanRecord, bytes: number): void {
    this.#ended++;
    if (this.#isClosed) {
      this.#dropped.shutdown++;
      return;
    }
    const seq = this.spool?.isAhead ? this.spool.write([record]) : 0;
    this.#queue.push(record, bytes, seq);
    this.#makeRoom();
  }

  /** The oldest go: to disk where that is possible, else for good. */
  #makeRoom(): void {
    while (this.#queue.isOverfull) {
      if (this.spill()) continue;
      this.#queue.dropFront();
      this.#dropped.queue++;
    }
    this.#countLost();
  }

  /** Counts spans that the disk has lost by itself. */
  #countLost(): void {
    this.#dropped.spool += this.#spool?.takeLost() ?? 0;
  }

  /** Moves some of the oldest spans in memory to disk. False when there are none, or the disk takes none. */
  spill(): boolean {
    const { spool } = this;
    if (spool === undefined || this.#queue.length === 0 || !this.#secureInFlight(spool)) return false;
    const done = spool.isAhead ? this.#letGo(spool) : this.#write(spool);
    this.#countLost();
    return done;
  }

  /** Spans in flight are older than all that wait: their copy comes first, or the order is lost. */
  #secureInFlight(spool: Spool): boolean {
    const inFlight = this.#inFlight;
    if (inFlight === undefined || inFlight.spoolSeq > 0 || inFlight.records.length === 0) return true;
    const seq = spool.isAhead ? lastCopy(inFlight, spool) : spool.write(inFlight.records);
    if (seq === 0) return false;
    inFlight.spoolSeq = seq;
    spool.takeThrough(seq);
    return true;
  }

  #write(spool: Spool): boolean {
    const spans = this.#queue.take(SLICE_SPANS, SLICE_BYTES);
    const seq = spool.write(spans.records);
    if (seq === 0) this.#queue.putBack(spans);
    else spool.letGoThrough(seq);
    return seq > 0;
  }

  /** With `ahead` they are on disk already, but for what it did not take. */
  #letGo(spool: Spool): boolean {
    let last = 0;
    for (let i = 0; i < SLICE_SPANS && spool.has(this.#queue.frontSeq); i++) {
      last = this.#queue.frontSeq;
      this.#queue.dropFront();
    }
    if (last > 0) spool.letGoThrough(last);
    return last > 0;
  }

  async next(maxSpans: number): Promise<QueuedInFlight | undefined> {
    if (this.#inFlight !== undefined) return this.#inFlight;
    if (this.#spool !== undefined && this.#spool.spooled > 0) return this.#takeFromDisk(this.#spool, maxSpans);
    if (this.#queue.length === 0) return undefined;
    this.#inFlight = { ...this.#queue.take(maxSpans, MAX_BATCH_BYTES), spoolSeq: 0 };
    return this.#inFlight;
  }

  async #takeFromDisk(spool: Spool, maxSpans: number): Promise<QueuedInFlight | undefined> {
    const batch = await spool.read(maxSpans);
    this.#countLost();
    if (batch === undefined || !spool.claim(batch)) return undefined;
    this.#dropped.spool += batch.lost;
    const records = [...batch.records];
    this.#inFlight = { records, sizes: [], seqs: [], spoolSeq: batch.lastSeq };
    if (records.length > 0) return this.#inFlight;
    this.#removeOldest(0); // the disk has lost all of them: what comes next?
    return this.next(maxSpans);
  }

  accepted(count: number, rejected: number): void {
    this.#exported += count - rejected;
    this.#dropped.export += rejected;
    this.#removeOldest(count);
  }

  refused(records: readonly SpanRecord[]): void {
    this.#dropped.export += records.length;
    if (this.spool !== undefined) this.#deadLetters?.add(records);
    this.#removeOldest(records.length);
  }

  /** The oldest `count` in flight have been dealt with, and counted. */
  #removeOldest(count: number): void {
    const inFlight = this.#inFlight;
    if (inFlight === undefined) return;
    const { records, sizes, seqs, spoolSeq } = inFlight;
    const removed = seqs.slice(0, count);
    for (const list of [records, sizes, seqs]) list.splice(0, count);
    if (records.length === 0) this.#inFlight = undefined;
    if (spoolSeq === 0) this.#spool?.acknowledgeThrough(Math.max(0, ...removed));
    else if (records.length === 0) this.#spool?.acknowledgeThrough(spoolSeq);
  }

  putBack(): void {
    const inFlight = this.#inFlight;
    // What is on disk too stays in flight: it is older than all else.
    if (inFlight === undefined || inFlight.spoolSeq > 0 || this.#isClosed) return;
    this.#inFlight = undefined;
    this.#queue.putBack(inFlight);
    this.#makeRoom();
  }

  /**
   * The end: what is in memory goes to disk where that is possible, at once, and what is in flight is not
   * waited for. Without a disk it stays in flight, since its answer may still come. What finds no place is dropped.
   */
  close(): void {
    this.#isClosed = true;
    const { spool } = this;
    const inFlight = this.#inFlight;
    if (spool !== undefined && inFlight !== undefined) {
      this.#inFlight = undefined;
      this.#leave(spool, inFlight, spool.has(inFlight.spoolSeq));
    }
    while (this.#queue.length > 0) {
      const spans = this.#queue.take(SLICE_SPANS, SLICE_BYTES);
      if (spool === undefined) this.#dropped.shutdown += spans.records.length;
      else this.#leave(spool, spans, false);
    }
    this.#countLost();
    this.#spool?.close();
  }

  /** Spans that are still in flight after the end got their one answer. */
  giveUpInFlight(): void {
    this.#dropped.shutdown += this.#inFlight?.records.length ?? 0;
    this.#inFlight = undefined;
  }

  /** Leaves spans on disk, those that are not there yet. */
  #leave(spool: Spool, { records, seqs }: QueuedSpans, areOnDisk: boolean): void {
    const missing = areOnDisk ? [] : records.filter((_, i) => !spool.has(seqs[i] ?? 0));
    const lost = missing.length === 0 || spool.write(missing) > 0 ? 0 : missing.length;
    this.#leftOnDisk += records.length - lost;
    this.#dropped.shutdown += lost;
  }

  /** Spans that are lost so far, for whatever reason. */
  get lost(): number {
    this.#countLost();
    const { queue, export: refused, spool, shutdown } = this.#dropped;
    return queue + refused + spool + shutdown;
  }

  stats(): OutboxStats {
    this.#countLost();
    return {
      ended: this.#ended,
      exported: this.#exported,
      queued: this.queued,
      spooled: this.spooled,
      dropped: { ...this.#dropped, limit: 0 }, // those never get here
    };
  }
}

/** The last copy on disk of spans that all have one; 0 when one has none. */
function lastCopy({ seqs }: QueuedSpans, spool: Spool): number {
  return seqs.every((seq) => spool.has(seq)) ? (seqs.at(-1) ?? 0) : 0;
}
