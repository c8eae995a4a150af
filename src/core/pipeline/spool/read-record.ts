import { lazyBuiltin } from '../../lazy-builtin.ts';
import { RECORD_HEADER_BYTES, RECORD_MARK } from './segment-format.ts';

const zlib = lazyBuiltin('node:zlib');

/** A record as it stands in the bytes of a segment. */
export interface ReadRecord {
  /** Its end: the cursor once it is acknowledged. */
  readonly end: number;
  readonly spans: number;
  readonly type: number;
  readonly writtenMs: number;
  readonly payload: Buffer;
}

/** The next of a segment. */
export interface NextRecord {
  /** `undefined` at the end. */
  readonly record: ReadRecord | undefined;
  /** Damaged stretches that were skipped to get there. */
  readonly damaged: number;
}

/**
 * The next whole record at `offset` or behind it. Whatever the bytes are, it never throws and hands out
 * no record that was not written so: torn, flipped, zero-filled and foreign bytes are skipped up to the
 * next record that bears its checksums. Its work is linear: only where the checksum of a record's header
 * holds, is its payload looked at.
 */
export function readRecord(bytes: Buffer, offset: number, salt: number): NextRecord {
  let damaged = 0;
  /** Up to here all is accounted for: what begins behind it without a record's header is a stretch of its own. */
  let known = offset;
  for (let at = offset; at < bytes.length; ) {
    const header = headerAt(bytes, at, salt);
    if (header === undefined) {
      at = nextMark(bytes, at + 1);
      continue;
    }
    if (at > known) damaged++;
    const payload = bytes.subarray(at + RECORD_HEADER_BYTES, header.end);
    const isWhole = header.end <= bytes.length;
    if (isWhole && zlib().crc32(payload, salt) === header.checksum) return { record: { ...header, payload }, damaged };
    damaged++;
    // Its length can be believed: what follows is the next record, if the file has one there.
    at = isWhole ? header.end : nextMark(bytes, at + 1);
    known = isWhole && headerAt(bytes, at, salt) !== undefined ? at : bytes.length;
  }
  return { record: undefined, damaged: known < bytes.length ? damaged + 1 : damaged };
}

interface Header extends Omit<ReadRecord, 'payload'> {
  readonly checksum: number;
}

function headerAt(bytes: Buffer, at: number, salt: number): Header | undefined {
  if (at + RECORD_HEADER_BYTES > bytes.length) return undefined;
  if (bytes.compare(RECORD_MARK, 0, RECORD_MARK.length, at, at + RECORD_MARK.length) !== 0) return undefined;
  if (zlib().crc32(bytes.subarray(at, at + 24), salt) !== bytes.readUInt32LE(at + 24)) return undefined;
  return {
    end: at + RECORD_HEADER_BYTES + bytes.readUInt32LE(at + 4),
    spans: bytes.readUInt16LE(at + 8),
    type: bytes.readUInt8(at + 10),
    writtenMs: bytes.readDoubleLE(at + 12),
    checksum: bytes.readUInt32LE(at + 20),
  };
}

function nextMark(bytes: Buffer, from: number): number {
  const found = bytes.indexOf(RECORD_MARK, from);
  return found === -1 ? bytes.length : found;
}
