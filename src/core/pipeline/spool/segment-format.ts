import { lazyBuiltin } from '../../lazy-builtin.ts';

const crypto = lazyBuiltin('node:crypto');
const zlib = lazyBuiltin('node:zlib');

/**
 * One file of a spool: a header, then records to the end of the file. All numbers are little-endian.
 *
 *     name      00000007-9f3c11a2.v1.spool      number in the spool, salt in hex, version of the format
 *
 *     header    0   "tlspool\n"                 for people and `file`; nothing depends on it
 *               8   cursor            u32       records that end here or before have been acknowledged
 *               12  cursor inverted   u32       else: the cursor is damaged, and nothing counts as acknowledged
 *
 *     record    0   ff 54 4c fe                 where a record may begin: bytes that are in no UTF-8 text
 *               4   payload length    u32
 *               8   spans             u16
 *               10  payload type      u8        see SpoolCodec
 *               11  0                 u8
 *               12  written at        f64       milliseconds since the epoch
 *               20  checksum          u32       CRC-32 of the payload
 *               24  checksum          u32       CRC-32 of the 24 bytes before
 *               28  payload
 *
 * Both checksums begin with the salt. It is random and in the name alone: so bytes that a caller managed
 * to place in a span can never be taken for a record, nor can what the disk kept of another file, and no
 * damaged byte inside the file can make all its records unreadable.
 */
export const HEADER_BYTES = 16;
export const RECORD_HEADER_BYTES = 28;

const MAGIC: Buffer = Buffer.from('tlspool\n', 'latin1');
export const RECORD_MARK: Buffer = Buffer.from([0xff, 0x54, 0x4c, 0xfe]);
const NAME = /^(\d{8})-([0-9a-f]{8})\.v1\.spool$/;

/** The parts of a file's name. */
export interface SegmentName {
  readonly number: number;
  readonly salt: number;
}

/** A name for file `number` of a spool, with a salt of its own. */
export function segmentName(number: number): string {
  return `${String(number).padStart(8, '0')}-${crypto().randomBytes(4).toString('hex')}.v1.spool`;
}

/** `undefined` for what is no file of ours, or of a version that is not known here. */
export function parseSegmentName(name: string): SegmentName | undefined {
  const match = NAME.exec(name);
  if (match === null) return undefined;
  return { number: Number(match[1]), salt: Number.parseInt(match[2] as string, 16) };
}

/** The first bytes of a file of which nothing has been acknowledged. */
export function segmentHeader(): Buffer {
  return Buffer.concat([MAGIC, cursorBytes(HEADER_BYTES)]);
}

/** The place of {@link cursorBytes} in the file. */
export const CURSOR_OFFSET: number = MAGIC.length;

/** The cursor and its inverse: eight bytes that one write replaces. */
export function cursorBytes(cursor: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeUInt32LE(cursor, 0);
  bytes.writeUInt32LE(~cursor >>> 0, 4);
  return bytes;
}

/** The place of the first record that may not have been acknowledged. */
export function readCursor(bytes: Buffer): number {
  if (bytes.length < HEADER_BYTES) return HEADER_BYTES;
  const cursor = bytes.readUInt32LE(CURSOR_OFFSET);
  const isWhole = bytes.readUInt32LE(CURSOR_OFFSET + 4) === ~cursor >>> 0;
  return isWhole && cursor >= HEADER_BYTES ? cursor : HEADER_BYTES;
}

/** The header of a record with `payload`, written to the first {@link RECORD_HEADER_BYTES} of `target`. */
export function writeRecordHeader(
  target: Buffer,
  payload: Uint8Array,
  spans: number,
  type: number,
  salt: number,
  nowMs: number,
): void {
  RECORD_MARK.copy(target);
  target.writeUInt32LE(payload.length, 4);
  target.writeUInt16LE(spans, 8);
  target.writeUInt16LE(type, 10); // and the zero behind it
  target.writeDoubleLE(nowMs, 12);
  target.writeUInt32LE(zlib().crc32(payload, salt), 20);
  target.writeUInt32LE(zlib().crc32(target.subarray(0, 24), salt), 24);
}
