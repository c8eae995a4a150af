import type { FileHandle } from 'node:fs/promises';

/** One line of a file, without its newline. */
export interface Line {
  /** From 1. */
  readonly number: number;
  /** `undefined`: longer than what is read at once. */
  readonly text: string | undefined;
  /** The file went on behind it. The last line may be one that is being written. */
  readonly isEnded: boolean;
}

const CHUNK_BYTES = 256 * 1024;
/** As much as a receiver takes in one request. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * Reads a file line by line, a chunk at a time: what it holds in memory is one line and one chunk. It
 * remembers where it stopped, so that reading again goes on with what has been appended since.
 */
export class LineReader {
  readonly #handle: FileHandle;
  #offset: number;
  #number = 0;
  /** The bytes of a line that has not ended yet, unless they are too many. */
  #parts: Buffer[] = [];
  #partBytes = 0;

  /** `offset`: where to begin, in bytes; the lines before it are not counted. */
  constructor(handle: FileHandle, offset = 0) {
    this.#handle = handle;
    this.#offset = offset;
  }

  /** The lines up to the end that the file has now. What follows the last newline is kept for the next time. */
  async *readEnded(): AsyncGenerator<Line, void, undefined> {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await this.#handle.read(chunk, 0, CHUNK_BYTES, this.#offset);
      if (bytesRead === 0) return;
      this.#offset += bytesRead;
      let start = 0;
      for (;;) {
        const newline = chunk.subarray(0, bytesRead).indexOf(NEWLINE, start);
        if (newline === -1) break;
        this.#keep(chunk.subarray(start, newline));
        start = newline + 1;
        yield this.#takeLine(true);
      }
      this.#keep(Buffer.from(chunk.subarray(start, bytesRead)));
    }
  }

  /** All lines, the one without a newline too. */
  async *readAll(): AsyncGenerator<Line, void, undefined> {
    yield* this.readEnded();
    if (this.#partBytes > 0) yield this.#takeLine(false);
  }

  #keep(bytes: Buffer): void {
    this.#partBytes += bytes.length;
    if (this.#partBytes <= MAX_LINE_BYTES) this.#parts.push(bytes);
    else this.#parts = [];
  }

  #takeLine(isEnded: boolean): Line {
    const isTooLong = this.#partBytes > MAX_LINE_BYTES;
    const [only = Buffer.alloc(0)] = this.#parts;
    const bytes = this.#parts.length > 1 ? Buffer.concat(this.#parts) : only;
    this.#parts = [];
    this.#partBytes = 0;
    this.#number++;
    return { number: this.#number, text: isTooLong ? undefined : bytes.toString('utf8'), isEnded };
  }
}
