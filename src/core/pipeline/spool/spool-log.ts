import { type Payload, Segment, type StoredPayload } from './segment.ts';
import { HEADER_BYTES, RECORD_HEADER_BYTES } from './segment-format.ts';

/** The records of one batch, as read. */
export interface LogBatch {
  readonly payloads: readonly StoredPayload[];
  /** The first and the last record of it. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Spans of it that the disk has lost. */
  readonly lost: number;
}

/**
 * The files of one spool in order, as one log of records. Each record has a sequence number, from 1:
 *
 *     | deleted | acknowledged | taken: being sent | let go: on disk only | also in memory |
 *               ▲ #acked       ▲ #taken            ▲ #letGo               ▲ lastSeq
 *
 * In `overflow` a record is let go as soon as it is written; in `ahead` only when memory is short.
 * Files go when everything in them has been acknowledged. Throws what the disk has to say.
 */
export class SpoolLog {
  readonly #directory: () => string;
  readonly #maxBytes: number;
  readonly #segmentBytes: number;
  #segments: Segment[] = [];
  #created = 0;
  #bytes = 0;
  #lastSeq = 0;
  #acked = 0;
  #taken = 0;
  #letGo = 0;
  #spooled = 0;

  /** `directory` makes it where there is none yet. A file holds at most a sixteenth of `maxBytes`, or one record. */
  constructor(directory: () => string, maxBytes: number) {
    this.#directory = directory;
    this.#maxBytes = maxBytes;
    this.#segmentBytes = Math.min(4 * 1024 * 1024, Math.ceil(maxBytes / 16));
  }

  /** Spans that are on disk only, and not being sent. */
  get spooled(): number {
    return this.#spooled;
  }

  /** Bytes of all files. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Record `seq` is still there. */
  has(seq: number): boolean {
    return seq > 0 && seq >= (this.#segments[0]?.firstSeq ?? Number.POSITIVE_INFINITY);
  }

  /** Writes one record and returns its number. {@link makeRoom} comes first. */
  append(payload: Payload, spans: number, nowMs: number): number {
    const size = sizeOf(payload);
    if (size > this.#maxBytes) throw new Error(`a record of ${size} bytes is larger than the spool may be`);
    const segment = this.#segmentFor(size);
    if (segment.isEmpty) this.#append(segment, payload, spans, nowMs);
    else {
      try {
        this.#append(segment, payload, spans, nowMs);
      } catch {
        // The file may have reached a limit of its own (EFBIG): a new one may do.
        this.#append(this.#segmentFor(size), payload, spans, nowMs);
      }
    }
    this.#lastSeq++;
    return this.#lastSeq;
  }

  #append(segment: Segment, payload: Payload, spans: number, nowMs: number): void {
    const before = segment.bytes;
    try {
      segment.append(payload, spans, nowMs);
    } catch (error) {
      if (segment.isEmpty) this.#remove(segment);
      else segment.close();
      throw error;
    }
    this.#bytes += segment.bytes - before;
  }

  /** Deletes the oldest files until `payload` fits; returns how many spans are lost by that. */
  makeRoom(payload: Payload): number {
    const size = sizeOf(payload);
    let lost = 0;
    while (this.#segments.length > 0 && this.#bytes + size > this.#maxBytes) lost += this.dropOldest();
    return lost;
  }

  #segmentFor(size: number): Segment {
    const current = this.#segments.at(-1);
    if (current?.isGrowing && current.bytes + size <= this.#segmentBytes) return current;
    current?.close();
    const segment = new Segment(this.#directory(), ++this.#created, this.#lastSeq + 1);
    this.#segments.push(segment);
    this.#bytes += segment.bytes;
    return segment;
  }

  /** Memory no longer holds the spans up to `seq`. */
  letGoThrough(seq: number): void {
    this.#spooled += this.#spansBetween(Math.max(this.#taken, this.#letGo), seq);
    this.#letGo = Math.max(this.#letGo, seq);
  }

  /**
   * Reads the oldest records that are on disk only, of one file, with at most `maxSpans` spans (or one
   * record); they are to be claimed. `undefined` when there are none. Rejects when the disk cannot be read now.
   */
  async read(maxSpans: number): Promise<LogBatch | undefined> {
    const first = Math.max(this.#taken + 1, this.#segments[0]?.firstSeq ?? 0);
    const segment = this.#segmentOf(first);
    if (segment === undefined || first > this.#letGo) return undefined;
    let last = first;
    let spans = segment.spansOf(first);
    while (last < Math.min(segment.lastSeq, this.#letGo) && spans + segment.spansOf(last + 1) <= maxSpans) {
      spans += segment.spansOf(++last);
    }
    const read = await segment.read(first, last);
    const payloads = read.filter((payload) => payload !== undefined);
    const found = payloads.reduce((sum, payload) => sum + payload.spans, 0);
    return { payloads, firstSeq: first, lastSeq: last, lost: spans - found };
  }

  /**
   * Counts what was read as no longer spooled, in the moment in which the caller counts it. False when
   * its file has gone meanwhile, and was counted then.
   */
  claim({ firstSeq, lastSeq }: { readonly firstSeq: number; readonly lastSeq: number }): boolean {
    if (!this.has(firstSeq) || this.#taken >= firstSeq) return false;
    this.#spooled -= this.#spansBetween(this.#taken, lastSeq);
    this.#taken = lastSeq;
    return true;
  }

  /** The spans up to `seq` are being sent, or no longer. */
  takeThrough(seq: number): void {
    this.#taken = Math.max(this.#taken, seq);
    this.#letGo = Math.max(this.#letGo, seq);
  }

  /** Everything up to `seq` has arrived. */
  acknowledgeThrough(seq: number, keepCurrent: boolean): void {
    this.takeThrough(seq);
    this.#acked = Math.max(this.#acked, seq);
    for (;;) {
      const [oldest, next] = this.#segments;
      if (oldest === undefined || oldest.firstSeq > seq) return;
      if (oldest.lastSeq > this.#acked || (next === undefined && keepCurrent)) {
        oldest.acknowledge(this.#acked);
        return;
      }
      this.#remove(oldest);
    }
  }

  /** Deletes the oldest file; returns how many spans are lost by that. */
  dropOldest(): number {
    const [oldest] = this.#segments;
    if (oldest === undefined) return 0;
    const lost = this.#spansBetween(this.#taken, Math.min(oldest.lastSeq, this.#letGo));
    this.#spooled -= lost;
    this.#taken = Math.max(this.#taken, oldest.lastSeq);
    this.#remove(oldest);
    return lost;
  }

  /** The files are gone, whoever took them; returns how many spans are lost. */
  forgetAll(): number {
    let lost = 0;
    while (this.#segments.length > 0) lost += this.dropOldest();
    return lost;
  }

  /** Deletes the files whose newest record is older than `beforeMs`; returns how many spans are lost. */
  dropOlderThan(beforeMs: number): number {
    let lost = 0;
    while (this.#segments[0] !== undefined && this.#segments[0].newestMs < beforeMs) lost += this.dropOldest();
    return lost;
  }

  /** Closes all files; they stay where they are. */
  close(): void {
    for (const segment of this.#segments) segment.close();
  }

  get isEmpty(): boolean {
    return this.#segments.every((segment) => segment.lastSeq <= this.#acked);
  }

  #remove(segment: Segment): void {
    segment.delete();
    this.#bytes -= segment.bytes;
    this.#segments = this.#segments.filter((other) => other !== segment);
  }

  #segmentOf(seq: number): Segment | undefined {
    return this.#segments.find((segment) => segment.firstSeq <= seq && seq <= segment.lastSeq);
  }

  #spansBetween(after: number, through: number): number {
    let spans = 0;
    for (const segment of this.#segments) {
      const last = Math.min(segment.lastSeq, through);
      for (let seq = Math.max(segment.firstSeq, after + 1); seq <= last; seq++) spans += segment.spansOf(seq);
    }
    return spans;
  }
}

/** The most a record may add to the files, the header of a new one included. */
function sizeOf(payload: Payload): number {
  return payload.bytes.length + RECORD_HEADER_BYTES + HEADER_BYTES;
}
