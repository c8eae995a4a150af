import type { SpanRecord } from '../record.ts';
import { type QueuedSpans, SpanQueue } from './queue.ts';
import { type BatchSettings, MAX_BATCH_BYTES } from './settings.ts';
import type { Spool } from './spool/spool.ts';

/** Spans written to disk in one go: what the event loop is held up for is half a millisecond of encoding. */
const SLICE_SPANS = 128;
const SLICE_BYTES = MAX_BATCH_BYTES / 4;

/** The spans being sent. They shrink from the front as parts of them are settled. */
interface Hand extends QueuedSpans {
  /** The last copy on disk of what was taken from there; 0: it came from memory. */
  spoolSeq: number;
}

/**
 * Everything that waits for one exporter, oldest first: on disk, in hand, in memory.
 *
 *     spool (disk only) → hand (being sent) → queue (memory) ← spans that end
 *          ▲                                    │
 *          └────────────────────────────────────┘ when memory is short, an outage lasts, or the process ends
 *
 * Whatever is lost is counted in `dropped` in the same moment.
 */
export class Outbox {
  readonly #queue: SpanQueue;
  readonly #spool: Spool | undefined;
  readonly #dropped: { queue: number; spool: number };
  #hand: Hand | undefined;
  #canSpool: boolean;
  /** Spans that went to disk, or were left there, at the end. */
  #parked: number;

  constructor(settings: BatchSettings, spool: Spool | undefined, dropped: { queue: number; spool: number }) {
    this.#queue = new SpanQueue(settings.queueBytes, settings.queueSpans);
    this.#spool = spool;
    this.#dropped = dropped;
    this.#hand = undefined;
    this.#canSpool = false;
    this.#parked = 0;
  }

  /** The spool, when it may be used. */
  get spool(): Spool | undefined {
    return this.#canSpool ? this.#spool : undefined;
  }

  /** From now on the other side is known to be one: keeping spans for it on disk makes sense. */
  allowSpool(): void {
    this.#canSpool = true;
  }

  /** Spans in memory: waiting, and in hand. */
  get queued(): number {
    return this.#queue.length + (this.#hand?.records.length ?? 0);
  }

  /** What is being sent, if anything is. */
  get hand(): Hand | undefined {
    return this.#hand;
  }

  /** Spans that wait in memory. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Spans on disk only. */
  get spooled(): number {
    return (this.#spool?.spooled ?? 0) + this.#parked;
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
    this.countLost();
  }

  /** Brings `dropped` up to date with what the disk has lost by itself. */
  countLost(): void {
    this.#dropped.spool += this.#spool?.takeLost() ?? 0;
  }

  /** Moves some of the oldest spans in memory to disk. False when there are none, or the disk takes none. */
  spill(): boolean {
    const { spool } = this;
    if (spool === undefined || this.#queue.length === 0 || !this.#secureHand(spool)) return false;
    const done = spool.isAhead ? this.#letGo(spool) : this.#write(spool);
    this.countLost();
    return done;
  }

  /** What is in hand is older than all that waits: its copy comes first, or the order is lost. */
  #secureHand(spool: Spool): boolean {
    const hand = this.#hand;
    if (hand === undefined || hand.spoolSeq > 0 || hand.records.length === 0) return true;
    const seq = spool.isAhead ? lastCopy(hand, spool) : spool.write(hand.records);
    if (seq === 0) return false;
    hand.spoolSeq = seq;
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

  /** What to send next: what is still in hand, else the oldest from disk, else from memory. */
  async next(maxSpans: number): Promise<Hand | undefined> {
    if (this.#hand !== undefined) return this.#hand;
    if (this.#spool !== undefined && this.#spool.spooled > 0) return this.#takeFromDisk(this.#spool, maxSpans);
    if (this.#queue.length === 0) return undefined;
    this.#hand = { ...this.#queue.take(maxSpans, MAX_BATCH_BYTES), spoolSeq: 0 };
    return this.#hand;
  }

  async #takeFromDisk(spool: Spool, maxSpans: number): Promise<Hand | undefined> {
    const batch = await spool.read(maxSpans);
    this.countLost();
    if (batch === undefined || !spool.claim(batch)) return undefined;
    this.#dropped.spool += batch.lost;
    const records = [...batch.records];
    this.#hand = { records, sizes: [], seqs: [], spoolSeq: batch.lastSeq };
    if (records.length > 0) return this.#hand;
    this.settle(0); // the disk has lost all of them: what comes next?
    return this.next(maxSpans);
  }

  /** The oldest `count` in hand have been dealt with, and counted by the caller. */
  settle(count: number): void {
    const hand = this.#hand;
    if (hand === undefined) return;
    const settled = hand.seqs.slice(0, count);
    for (const list of [hand.records, hand.sizes, hand.seqs]) list.splice(0, count);
    if (hand.records.length === 0) this.#hand = undefined;
    if (hand.spoolSeq === 0) this.#spool?.acknowledgeThrough(Math.max(0, ...settled));
    else if (hand.records.length === 0) this.#spool?.acknowledgeThrough(hand.spoolSeq);
  }

  /** What is left in hand waits again, in its place. */
  putBack(): void {
    const hand = this.#hand;
    if (hand === undefined || hand.spoolSeq > 0) return; // on disk too: it stays in hand, older than all else
    this.#hand = undefined;
    this.#queue.putBack(hand);
    this.#makeRoom();
  }

  /**
   * The end: what is in memory goes to disk where that is possible, at once, and what is in hand is not
   * waited for. Without a disk the hand stays, since its answer may still come. Returns how many spans
   * have found no place.
   */
  close(): number {
    const { spool } = this;
    const before = this.queued;
    const hand = spool === undefined ? undefined : this.#hand;
    if (spool !== undefined && hand !== undefined) {
      this.#hand = undefined;
      this.#park(spool, hand, spool.has(hand.spoolSeq));
    }
    while (this.#queue.length > 0) {
      const spans = this.#queue.take(SLICE_SPANS, SLICE_BYTES);
      if (spool !== undefined) this.#park(spool, spans, false);
    }
    this.countLost();
    this.#spool?.close();
    return before - this.queued - this.#parked;
  }

  /** What is left in hand is given up; returns how many spans that were. */
  dropHand(): number {
    const count = this.#hand?.records.length ?? 0;
    this.#hand = undefined;
    return count;
  }

  #park(spool: Spool, { records, seqs }: QueuedSpans, isOnDisk: boolean): void {
    const missing = isOnDisk ? [] : records.filter((_, i) => !spool.has(seqs[i] ?? 0));
    const found = missing.length === 0 || spool.write(missing) > 0;
    this.#parked += records.length - (found ? 0 : missing.length);
  }
}

/** The last copy on disk of spans that all have one; 0 when one has none. */
function lastCopy({ seqs }: QueuedSpans, spool: Spool): number {
  return seqs.every((seq) => spool.has(seq)) ? (seqs.at(-1) ?? 0) : 0;
}
