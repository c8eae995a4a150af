import { FIXED32, FIXED64, LENGTH, VARINT } from './protobuf-writer.ts';
import type { UnixNano } from './unix-nano.ts';

/** Says where and how bytes stop being protobuf. Thrown inside this room only: decoders turn it into an answer. */
export class ProtobufError extends Error {}

const TWO_32 = 2 ** 32;
/** Names and values are mostly short and ASCII; a loop beats the decoder there. */
const SHORT_TEXT = 24;

/**
 * Reads one protobuf message field by field, never past its end. What the bytes claim is checked before
 * anything is allocated for it, so a length of 2^60 costs nothing. Nested messages are readers over the
 * same bytes.
 *
 *     while (reader.next()) {
 *       if (reader.field === 1) name = reader.text();
 *       else reader.skip();
 *     }
 */
export class ProtobufReader {
  readonly #bytes: Buffer;
  #at: number;
  readonly #end: number;
  #wireType: number;
  /** The number of the field that `next()` found. */
  field: number;

  constructor(bytes: Uint8Array, start: number = 0, end: number = bytes.length) {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
    this.#end = end;
    this.#wireType = VARINT;
    this.field = 0;
  }

  /** Goes to the next field; false at the end. Its value must be read or skipped before the next call. */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    const tag = this.#varint();
    this.#wireType = tag & 7;
    this.field = Math.floor(tag / 8);
    if (tag >= TWO_32 || this.field === 0) throw new ProtobufError('a field number is out of range');
    return true;
  }

  /** Passes over a value that nobody knows. */
  skip(): void {
    switch (this.#wireType) {
      case VARINT:
        this.#varint();
        return;
      case FIXED64:
        this.#take(8);
        return;
      case LENGTH:
        this.#take(this.#varint());
        return;
      case FIXED32:
        this.#take(4);
        return;
      default:
        // Groups (3, 4) are of proto2, which OTLP never was.
        throw new ProtobufError(`wire type ${this.#wireType} is unknown`);
    }
  }

  /** The nested message. */
  message(): ProtobufReader {
    const length = this.#length();
    const start = this.#take(length);
    return new ProtobufReader(this.#bytes, start, start + length);
  }

  /** A view of the bytes. */
  bytes(): Buffer {
    const length = this.#length();
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** Lower-case hex digits, for ids. */
  hex(): string {
    const length = this.#length();
    const start = this.#take(length);
    return this.#bytes.toString('hex', start, start + length);
  }

  /** Text; bytes that are no valid UTF-8 become U+FFFD. */
  text(): string {
    const length = this.#length();
    const start = this.#take(length);
    const end = start + length;
    return (
      (length <= SHORT_TEXT ? this.#shortAscii(start, end) : undefined) ?? this.#bytes.toString('utf8', start, end)
    );
  }

  #shortAscii(start: number, end: number): string | undefined {
    let text = '';
    for (let i = start; i < end; i++) {
      const code = this.#bytes[i] ?? 0;
      if (code > 0x7f) return undefined;
      text += String.fromCharCode(code);
    }
    return text;
  }

  bool(): boolean {
    this.#expect(VARINT);
    return this.#varint() !== 0;
  }

  /** An enum or count: uint32 and int32 values; others come out as some number, never as an error. */
  uint32(): number {
    this.#expect(VARINT);
    return this.#varint() % TWO_32;
  }

  /** An int64, as a number where a double holds it, as its digits where not. */
  int64(): number | string {
    this.#expect(VARINT);
    const start = this.#at;
    const value = this.#varint();
    if (value <= Number.MAX_SAFE_INTEGER) return value;
    const exact = BigInt.asIntN(64, this.#bigVarint(start));
    const number = Number(exact);
    return Number.isSafeInteger(number) ? number : String(exact);
  }

  fixed32(): number {
    this.#expect(FIXED32);
    return this.#bytes.readUInt32LE(this.#take(4));
  }

  double(): number {
    this.#expect(FIXED64);
    return this.#bytes.readDoubleLE(this.#take(8));
  }

  /**
   * A fixed64 of nanoseconds: high * 2^32 + low. 2^32 ns are 4294 ms and 967296 ns, so both halves are
   * split into milliseconds and the rest before they are added; every number on the way is exact.
   */
  unixNano(): UnixNano {
    this.#expect(FIXED64);
    const at = this.#take(8);
    const low = this.#bytes.readUInt32LE(at);
    const high = this.#bytes.readUInt32LE(at + 4);
    const nanos = high * 967_296 + low;
    const carry = Math.floor(nanos / 1_000_000);
    return { ms: high * 4294 + carry, nanos: nanos - carry * 1_000_000 };
  }

  #length(): number {
    this.#expect(LENGTH);
    return this.#varint();
  }

  #expect(wireType: number): void {
    if (this.#wireType === wireType) return;
    throw new ProtobufError(`field ${this.field} has wire type ${this.#wireType}, not ${wireType}`);
  }

  /** The beginning of the next `length` bytes, when there are so many. */
  #take(length: number): number {
    const start = this.#at;
    if (length > this.#end - start) throw new ProtobufError('a field ends after its message');
    this.#at = start + length;
    return start;
  }

  /** As a double: beyond 2^53 not exact, which no length can be and `int64` looks at again. */
  #varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      if (this.#at >= this.#end) throw new ProtobufError('a number ends after its message');
      const byte = this.#bytes[this.#at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
    throw new ProtobufError('a number is longer than ten bytes');
  }

  #bigVarint(start: number): bigint {
    let value = 0n;
    for (let i = start; i < this.#at; i++) value |= BigInt((this.#bytes[i] ?? 0) & 0x7f) << BigInt((i - start) * 7);
    return value;
  }
}
