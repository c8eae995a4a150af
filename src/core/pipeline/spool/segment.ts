import { closeSync, ftruncateSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { noteFault } from '../../diagnostics.ts';
import { readRecord } from './read-record.ts';
import {
  CURSOR_OFFSET,
  cursorBytes,
  HEADER_BYTES,
  parseSegmentName,
  RECORD_HEADER_BYTES,
  type SegmentName,
  segmentHeader,
  segmentName,
  writeRecordHeader,
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
    try {
      writeWhole(this.#fd, segmentHeader(), 0);
    } catch (error) {
      this.delete();
      throw error;
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Records may still be added. */
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
    if (this.#fd === undefined) throw new Error('the file is closed');
    const record = scratch(RECORD_HEADER_BYTES + payload.bytes.length);
    writeRecordHeader(record, payload.bytes, spans, payload.type, this.#salt, nowMs);
    record.set(payload.bytes, RECORD_HEADER_BYTES);
    writeWhole(this.#fd, record, this.#bytes);
    this.#bytes += record.length;
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
      noteFault('spool', error); // then they are sent twice after a crash
    }
  }

  /**
   * The records from `first` to `last`; `undefined` stands for one that the file has lost. Rejects when
   * it cannot be read now, with `ENOENT` when it is gone.
   */
  async read(first: number, last: number): Promise<(StoredPayload | undefined)[]> {
    const from = this.#startOf(first);
    const content = await readRange(this.#path, from, this.#startOf(last + 1));
    const payloads: (StoredPayload | undefined)[] = [];
    for (let seq = first; seq <= last; seq++) {
      const end = this.#startOf(seq + 1) - from;
      const { record } = readRecord(content.subarray(0, end), this.#startOf(seq) - from, this.#salt);
      const isWhole = record?.end === end;
      payloads.push(isWhole ? { type: record.type, bytes: record.payload, spans: record.spans } : undefined);
    }
    return payloads;
  }

  #startOf(seq: number): number {
    return seq === this.firstSeq ? HEADER_BYTES : (this.#ends[seq - this.firstSeq - 1] as number);
  }

  /** Closes the file, which stays where it is and takes no more records. */
  close(): void {
    this.#isGrowing = false;
    if (this.#fd === undefined) return;
    const fd = this.#fd;
    this.#fd = undefined;
    try {
      closeSync(fd);
    } catch (error) {
      noteFault('spool', error);
    }
  }

  delete(): void {
    this.close();
    try {
      unlinkSync(this.#path);
    } catch (error) {
      noteFault('spool', error);
    }
  }
}

/** Records are written one after another: each is put together in the same place, unless it is large. */
const SCRATCH: Buffer = Buffer.alloc(16 * 1024);

function scratch(length: number): Buffer {
  return length <= SCRATCH.length ? SCRATCH.subarray(0, length) : Buffer.allocUnsafe(length);
}

/** All of it or nothing: what a full disk took of it is cut off again. */
function writeWhole(fd: number, bytes: Uint8Array, position: number): void {
  const written = writeSync(fd, bytes, 0, bytes.length, position);
  if (written === bytes.length) return;
  ftruncateSync(fd, position);
  throw Object.assign(new Error(`only ${written} of ${bytes.length} bytes were written`), { code: 'ENOSPC' });
}

async function readRange(path: string, from: number, to: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(to - from), 0, to - from, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
