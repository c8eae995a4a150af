import { closeSync, ftruncateSync, openSync, unlinkSync, writeSync, writevSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contained } from '../../diagnostics.ts';
import { readRecord } from './read-record.ts';
import {
  CURSOR_OFFSET,
  cursorBytes,
  HEADER_BYTES,
  parseSegmentName,
  recordHeader,
  type SegmentName,
  segmentHeader,
  segmentName,
} from './segment-format.ts';

/** The payload of one record, for the codec. */
export interface Payload {
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** The same with how many spans it holds, as it was read. */
export interface StoredPayload extends Payload {
  readonly spans: number;
}

/**
 * One file of this process's own spool, with an index of what was written: so a file that was damaged
 * meanwhile costs what is damaged, and its loss can be counted.
 */
export class Segment {
  /** Sequence number of its first record. */
  readonly firstSeq: number;
  readonly #path: string;
  readonly #salt: number;
  readonly #ends: number[];
  readonly #spans: number[];
  /** For records while it grows; for the cursor later. */
  #fd: number | undefined;
  #isGrowing: boolean;
  #bytes: number;
  #newestMs: number;
  /** What was read of it, while its records are taken one after another. */
  #content: Buffer | undefined;

  /** Creates the file. Throws what the disk has to say. */
  constructor(directory: string, number: number, firstSeq: number) {
    const name = segmentName(number);
    this.firstSeq = firstSeq;
    this.#path = join(directory, name);
    this.#salt = (parseSegmentName(name) as SegmentName).salt;
    this.#ends = [];
    this.#spans = [];
    this.#fd = openSync(this.#path, 'wx', 0o600);
    this.#isGrowing = true;
    this.#bytes = HEADER_BYTES;
    this.#newestMs = 0;
    this.#content = undefined;
    try {
      writeWhole(this.#fd, [segmentHeader()], 0);
    } catch (error) {
      this.delete();
      throw error;
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether records may still be added. */
  get isGrowing(): boolean {
    return this.#isGrowing;
  }

  get isEmpty(): boolean {
    return this.#ends.length === 0;
  }

  get lastSeq(): number {
    return this.firstSeq + this.#ends.length - 1;
  }

  /** Wall time of its newest record. */
  get newestMs(): number {
    return this.#newestMs;
  }

  spansOf(seq: number): number {
    return this.#spans[seq - this.firstSeq] ?? 0;
  }

  /** Adds a record; throws what the disk has to say, and then nothing was added. */
  append(payload: Payload, spans: number, nowMs: number): void {
    const header = recordHeader(payload.bytes, spans, payload.type, this.#salt, nowMs);
    if (this.#fd === undefined) throw new Error('the file is closed');
    this.#bytes += writeWhole(this.#fd, [header, payload.bytes], this.#bytes);
    this.#ends.push(this.#bytes);
    this.#spans.push(spans);
    this.#newestMs = nowMs;
  }

  /** Notes in the file that `seq` and all before it have arrived. */
  acknowledge(seq: number): void {
    const cursor = this.#ends[seq - this.firstSeq];
    if (cursor === undefined) return;
    try {
      this.#fd ??= openSync(this.#path, 'r+');
      writeSync(this.#fd, cursorBytes(cursor), 0, 8, CURSOR_OFFSET);
    } catch (error) {
      contained('spool', error); // then they are sent twice after a crash
    }
  }

  /** The record `seq`, or `undefined` when the file has lost it. Rejects when it cannot be read now, with `ENOENT` when it is gone. */
  async read(seq: number): Promise<StoredPayload | undefined> {
    const index = seq - this.firstSeq;
    const start = index === 0 ? HEADER_BYTES : (this.#ends[index - 1] as number);
    const end = this.#ends[index] as number;
    if (this.#content === undefined || this.#content.length < end) this.#content = await readFile(this.#path);
    const { record } = readRecord(this.#content.subarray(0, end), start, this.#salt);
    return record?.end === end ? { type: record.type, bytes: record.payload, spans: record.spans } : undefined;
  }

  /** Forgets what was read. */
  rest(): void {
    this.#content = undefined;
  }

  /** Closes the file, which stays where it is and takes no more records. */
  close(): void {
    this.#isGrowing = false;
    this.#content = undefined;
    if (this.#fd === undefined) return;
    const fd = this.#fd;
    this.#fd = undefined;
    try {
      closeSync(fd);
    } catch (error) {
      contained('spool', error);
    }
  }

  delete(): void {
    this.close();
    try {
      unlinkSync(this.#path);
    } catch (error) {
      contained('spool', error);
    }
  }
}

/** All of it or nothing: what a full disk took of it is cut off again. Returns how many bytes it was. */
function writeWhole(fd: number, parts: readonly Uint8Array[], position: number): number {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const written = writevSync(fd, parts, position);
  if (written === length) return length;
  ftruncateSync(fd, position);
  throw Object.assign(new Error(`only ${written} of ${length} bytes were written`), { code: 'ENOSPC' });
}
