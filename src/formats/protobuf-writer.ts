import type { UnixNano } from './unix-nano.ts';

/** Protobuf's wire types, the low three bits of a tag (protobuf encoding guide, "Message Structure"). */
export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH = 2;
export const FIXED32 = 5;

const FIRST_BYTES = 64 * 1024;
/** The buffer that is kept for the next message; a larger one was an exception. */
const KEPT_BYTES = 4 * 1024 * 1024;

/** Below this a loop of ours beats the call into Node's native writer. */
const SHORT_TEXT = 40;

const TWO_32 = 2 ** 32;
const NIBBLES: Uint8Array = hexNibbles();

/**
 * Writes a protobuf message from its last byte to its first. A nested message's length is then known
 * when its turn comes, after its content: no second pass, no room left for a guess, no moving of bytes.
 * So fields are written last to first, and of each field the value first, its tag after it.
 *
 *     writer.text('shop');           //            73 68 6f 70
 *     writer.lengthSince(before, 1)  //   0a 04    73 68 6f 70
 */
export class ProtobufWriter {
  #buffer: Buffer;
  /** The first byte that is written. */
  #at: number;
  readonly #double: Float64Array;
  readonly #doubleBytes: Uint8Array;

  constructor() {
    this.#buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
    this.#at = FIRST_BYTES;
    this.#double = new Float64Array(1);
    this.#doubleBytes = new Uint8Array(this.#double.buffer);
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#buffer.length - this.#at;
  }

  /** Forgets what is written, also what an exception left behind. */
  reset(): void {
    if (this.#buffer.length > KEPT_BYTES) this.#buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
    this.#at = this.#buffer.length;
  }

  /** A copy of what is written since `size` was `from`. */
  copySince(from: number): Uint8Array {
    const copy = Buffer.allocUnsafeSlow(this.size - from); // unlike slice, does not zero what is overwritten at once
    this.#buffer.copy(copy, 0, this.#at, this.#buffer.length - from);
    return copy;
  }

  /** {@link copySince}, and takes it off again. */
  takeSince(from: number): Uint8Array {
    const bytes = this.copySince(from);
    this.#at = this.#buffer.length - from;
    return bytes;
  }

  /** Ends a length-delimited field whose content began when `size` was `from`: its length, then its tag. */
  lengthSince(from: number, field: number): void {
    this.varint(this.#buffer.length - this.#at - from);
    this.tag(field, LENGTH);
  }

  tag(field: number, wireType: number): void {
    this.varint((field << 3) | wireType);
  }

  /** A whole number from 0 to 2^53 - 1. */
  varint(value: number): void {
    if (value < 0x80) {
      if (this.#at === 0) this.#grow(1);
      this.#buffer[--this.#at] = value;
      return;
    }
    const length = varintLength(value);
    if (this.#at < length) this.#grow(length);
    this.#at -= length;
    const buffer = this.#buffer;
    let rest = value;
    let at = this.#at;
    // Doubles beyond 32 bits: a shift would cut them.
    while (rest >= TWO_32) {
      buffer[at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    let low = rest >>> 0;
    while (low >= 0x80) {
      buffer[at++] = (low & 0x7f) | 0x80;
      low >>>= 7;
    }
    buffer[at] = low;
  }

  /** An int64 field's value, any safe integer: negative ones take ten bytes, as two's complement of 64 bits. */
  int64(value: number): void {
    if (value >= 0) {
      this.varint(value);
      return;
    }
    const magnitude = -value - 1; // ~value: the bits that are 0 in it
    let low = ~(magnitude % TWO_32) >>> 0;
    let high = ~Math.floor(magnitude / TWO_32) >>> 0;
    if (this.#at < 10) this.#grow(10);
    this.#at -= 10;
    for (let i = 0; i < 9; i++) {
      this.#buffer[this.#at + i] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.#buffer[this.#at + 9] = low;
  }

  fixed32(value: number): void {
    if (this.#at < 4) this.#grow(4);
    this.#at -= 4;
    this.#little(this.#at, value >>> 0);
  }

  /**
   * Nanoseconds as fixed64. `ms` has up to 44 bits, a million 20, so the product is made of two halves
   * that a double holds exactly: ms = a * 2^24 + b.
   */
  fixed64(time: UnixNano): void {
    if (this.#at < 8) this.#grow(8);
    const a = Math.floor(time.ms / 0x1000000);
    const low = (time.ms - a * 0x1000000) * 1_000_000 + time.nanos;
    const high = a * 1_000_000;
    const sum = (high % 0x100) * 0x1000000 + low;
    this.#at -= 8;
    this.#little(this.#at, sum % TWO_32);
    this.#little(this.#at + 4, Math.floor(high / 0x100) + Math.floor(sum / TWO_32));
  }

  double(value: number): void {
    this.#double[0] = value;
    this.raw(this.#doubleBytes); // little-endian, as every platform Node runs on but s390x, which swaps below
    if (BIG_ENDIAN) this.#buffer.subarray(this.#at, this.#at + 8).reverse();
  }

  /** Bytes that are encoded already. */
  raw(bytes: Uint8Array): void {
    const length = bytes.length;
    if (this.#at < length) this.#grow(length);
    this.#at -= length;
    this.#buffer.set(bytes, this.#at);
  }

  /** An id's bytes; `hex` has an even number of hex digits. */
  hex(hex: string): void {
    const length = hex.length >>> 1;
    if (this.#at < length) this.#grow(length);
    const buffer = this.#buffer;
    let at = this.#at - length;
    this.#at = at;
    for (let i = 1; i < hex.length; i += 2) {
      const upper = NIBBLES[hex.charCodeAt(i - 1)] ?? 0;
      buffer[at++] = (upper << 4) | (NIBBLES[hex.charCodeAt(i)] ?? 0);
    }
  }

  /** UTF-8 without its length. A lone surrogate, which UTF-8 has no bytes for, becomes U+FFFD. */
  text(text: string): void {
    const length = text.length;
    if (this.#at < length) this.#grow(length);
    if (length > SHORT_TEXT || !this.#shortAscii(text)) this.#longText(text);
  }

  /** False, with nothing written, when a character is not ASCII. */
  #shortAscii(text: string): boolean {
    const buffer = this.#buffer;
    let at = this.#at - text.length;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return false;
      buffer[at++] = code;
    }
    this.#at -= text.length;
    return true;
  }

  #longText(text: string): void {
    const length = Buffer.byteLength(text);
    if (this.#at < length) this.#grow(length);
    this.#at -= length;
    this.#buffer.write(text, this.#at, length, length === text.length ? 'latin1' : 'utf8');
  }

  #little(at: number, value: number): void {
    this.#buffer[at] = value;
    this.#buffer[at + 1] = value >>> 8;
    this.#buffer[at + 2] = value >>> 16;
    this.#buffer[at + 3] = value >>> 24;
  }

  /** Makes room in front for at least `wanted` bytes: what is written stays at the end. */
  #grow(wanted: number): void {
    const size = this.size;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, size + wanted));
    larger.set(this.#buffer.subarray(this.#at), larger.length - size);
    this.#buffer = larger;
    this.#at = larger.length - size;
  }
}

const BIG_ENDIAN: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 0;

function varintLength(value: number): number {
  let length = 2;
  for (let limit = 0x4000; value >= limit; limit *= 0x80) length++;
  return length;
}

/** The value of each hex digit by its character code; 0 for all else. */
function hexNibbles(): Uint8Array {
  const nibbles = new Uint8Array(128);
  for (let value = 0; value < 16; value++) {
    const digit = value.toString(16);
    nibbles[digit.charCodeAt(0)] = value;
    nibbles[digit.toUpperCase().charCodeAt(0)] = value;
  }
  return nibbles;
}
