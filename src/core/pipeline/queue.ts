import type { SpanRecord } from '../record.ts';

/** Spans taken from the front of a queue, with what the queue knew of each. */
export interface QueuedSpans {
  readonly records: SpanRecord[];
  readonly sizes: number[];
  readonly seqs: number[];
}

/**
 * Finished spans that wait for one exporter: first in, first out. It says when it holds more than its
 * bounds, in bytes and in spans; who owns it makes room at the front, since the newest say what is wrong now.
 *
 *     #records  [ – – – r3 r4 r5 r6 ]      taken ones leave holes at the front;
 *     #sizes    [ – – – 810 790 … ]        they are cut off when they outnumber the rest
 *     #seqs     [ – – – 0 0 17 18 ]        the span's copy on disk; 0: it has none
 *                       ▲ #head
 */
export class SpanQueue {
  readonly #maxBytes: number;
  readonly #maxSpans: number;
  #records: (SpanRecord | undefined)[] = [];
  #sizes: number[] = [];
  #seqs: number[] = [];
  #head = 0;
  #bytes = 0;

  constructor(maxBytes: number, maxSpans: number = Number.POSITIVE_INFINITY) {
    this.#maxBytes = maxBytes;
    this.#maxSpans = maxSpans;
  }

  get length(): number {
    return this.#records.length - this.#head;
  }

  /** Estimated bytes of everything that waits. */
  get bytes(): number {
    return this.#bytes;
  }

  get isOverfull(): boolean {
    return this.length > 0 && (this.#bytes > this.#maxBytes || this.length > this.#maxSpans);
  }

  /** Half full or more, by either bound. */
  get isHalfFull(): boolean {
    return this.#bytes >= this.#maxBytes / 2 || this.length >= this.#maxSpans / 2;
  }

  /** The copy on disk that the oldest span has; 0: none. */
  get frontSeq(): number {
    return this.#seqs[this.#head] ?? 0;
  }

  /** Adds a record at the end. */
  push(record: SpanRecord, bytes: number, seq = 0): void {
    this.#records.push(record);
    this.#sizes.push(bytes);
    this.#seqs.push(seq);
    this.#bytes += bytes;
  }

  /** Takes the oldest: at most `max`, and no more than `maxBytes` but for a single larger one. */
  take(max: number, maxBytes: number = Number.POSITIVE_INFINITY): QueuedSpans {
    const taken: QueuedSpans = { records: [], sizes: [], seqs: [] };
    let bytes = 0;
    while (taken.records.length < max && this.length > 0) {
      bytes += this.#sizes[this.#head] as number;
      if (bytes > maxBytes && taken.records.length > 0) break;
      taken.sizes.push(this.#sizes[this.#head] as number);
      taken.seqs.push(this.frontSeq);
      taken.records.push(this.#shift());
    }
    this.#compact();
    return taken;
  }

  /** Puts spans back to the front, in their order. */
  putBack({ records, sizes, seqs }: QueuedSpans): void {
    this.#records = [...records, ...this.#records.slice(this.#head)];
    this.#seqs = [...seqs, ...this.#seqs.slice(this.#head)];
    this.#sizes = [...sizes, ...this.#sizes.slice(this.#head)];
    this.#head = 0;
    for (const size of sizes) this.#bytes += size;
  }

  /** Forgets the oldest. */
  dropFront(): void {
    this.#shift();
    this.#compact();
  }

  #shift(): SpanRecord {
    const record = this.#records[this.#head] as SpanRecord;
    this.#bytes -= this.#sizes[this.#head] as number;
    this.#records[this.#head] = undefined;
    this.#head++;
    return record;
  }

  #compact(): void {
    if (this.#head < 1024 || this.#head < this.length) return;
    this.#records = this.#records.slice(this.#head);
    this.#sizes = this.#sizes.slice(this.#head);
    this.#seqs = this.#seqs.slice(this.#head);
    this.#head = 0;
  }
}
