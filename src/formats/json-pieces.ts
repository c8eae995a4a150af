/** A part of a text that should be JSON by itself: a line, or a value that may go over many. */
export interface Piece {
  /** Without the newline. `undefined`: longer than what is read at once. */
  readonly bytes: Uint8Array | undefined;
  /** The line in which it begins, from 1. */
  readonly line: number;
  /** False for the rest at the end of the text: perhaps it is being written. */
  readonly isEnded: boolean;
}

/** Cuts a text into pieces while its bytes come. */
export interface Cutter {
  /** The pieces that end in these bytes. The bytes may be overwritten after it. */
  push(bytes: Uint8Array): Generator<Piece, void, undefined>;
  /** The rest, once all bytes have come. */
  end(): Generator<Piece, void, undefined>;
}

const NEWLINE = 0x0a;

/** As much as a receiver takes in one request. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** Collects the bytes of one piece, unless they are too many. */
class Collected {
  readonly #maxBytes: number;
  #parts: Uint8Array[] = [];
  #size = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#size;
  }

  add(bytes: Uint8Array): void {
    this.#size += bytes.length;
    if (this.#size <= this.#maxBytes) this.#parts.push(bytes);
    else this.#parts = [];
  }

  /** All of it, to begin anew. */
  take(): Uint8Array | undefined {
    const [parts, size] = [this.#parts, this.#size];
    this.#parts = [];
    this.#size = 0;
    if (size > this.#maxBytes) return undefined;
    return parts.length === 1 ? parts[0] : joined(parts, size);
  }
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Not `slice`: a Buffer's is a view, and the bytes may be overwritten. */
function copyOf(bytes: Uint8Array, start: number): Uint8Array {
  return new Uint8Array(bytes.subarray(start));
}

/** A piece for each line. */
export class LineCutter implements Cutter {
  readonly #open = new Collected(MAX_LINE_BYTES);
  #line = 0;

  *push(bytes: Uint8Array): Generator<Piece, void, undefined> {
    let start = 0;
    for (let newline = bytes.indexOf(NEWLINE); newline !== -1; newline = bytes.indexOf(NEWLINE, start)) {
      this.#open.add(bytes.subarray(start, newline));
      start = newline + 1;
      yield this.#piece(true);
    }
    if (start < bytes.length) this.#open.add(copyOf(bytes, start));
  }

  *end(): Generator<Piece, void, undefined> {
    if (this.#open.size > 0) yield this.#piece(false);
  }

  #piece(isEnded: boolean): Piece {
    this.#line++;
    return { bytes: this.#open.take(), line: this.#line, isEnded };
  }
}

/** A string holds half a thousand million characters at most. */
const MAX_VALUE_BYTES = 256 * 1024 * 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN: ReadonlySet<number> = new Set([0x7b, 0x5b]);
const CLOSE: ReadonlySet<number> = new Set([0x7d, 0x5d]);
/** White space, and the bytes of a byte order mark. */
const BETWEEN: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);

/** A piece for each object or list that stands by itself, over as many lines as it takes; for anything else its line. */
export class ValueCutter implements Cutter {
  readonly #open = new Collected(MAX_VALUE_BYTES);
  #depth = 0;
  #isText = false;
  #isEscaped = false;
  /** Among words that are in no object and no list. */
  #isLoose = false;
  #line = 1;
  #firstLine = 1;

  *push(bytes: Uint8Array): Generator<Piece, void, undefined> {
    let start = 0;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === NEWLINE) this.#line++;
      if (this.#isOpen) {
        if (!this.#ends(byte)) continue;
        this.#open.add(bytes.subarray(start, at + 1));
        yield this.#piece(true);
      } else if (!BETWEEN.has(byte)) {
        start = at;
        this.#begin(byte);
      }
    }
    if (this.#isOpen) this.#open.add(copyOf(bytes, start));
  }

  *end(): Generator<Piece, void, undefined> {
    if (this.#open.size > 0) yield this.#piece(false);
  }

  get #isOpen(): boolean {
    return this.#depth > 0 || this.#isLoose;
  }

  #begin(byte: number): void {
    this.#firstLine = this.#line;
    if (OPEN.has(byte)) this.#depth = 1;
    else this.#isLoose = true;
  }

  /** True for the byte that ends what is open. */
  #ends(byte: number): boolean {
    if (this.#isLoose) {
      this.#isLoose = byte !== NEWLINE;
      return !this.#isLoose;
    }
    if (this.#isText) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === BACKSLASH) this.#isEscaped = true;
      else if (byte === QUOTE) this.#isText = false;
      return false;
    }
    if (byte === QUOTE) this.#isText = true;
    else if (OPEN.has(byte)) this.#depth++;
    else if (CLOSE.has(byte)) this.#depth--;
    return this.#depth === 0;
  }

  #piece(isEnded: boolean): Piece {
    return { bytes: this.#open.take(), line: this.#firstLine, isEnded };
  }
}
