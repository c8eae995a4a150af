import type { FileHandle } from 'node:fs/promises';
import { LineCutter } from '../formats/json-pieces.ts';

const CHUNK_BYTES = 256 * 1024;

/** Reads a file line by line from an offset on, and goes on with what has been appended since when it is asked again. */
export class LineReader {
  readonly #handle: FileHandle;
  readonly #cutter = new LineCutter();
  #offset: number;

  /** `offset`: where to begin, in bytes. */
  constructor(handle: FileHandle, offset: number) {
    this.#handle = handle;
    this.#offset = offset;
  }

  /** The lines up to the end that the file has now, but too long ones. What follows the last newline is kept for the next time. */
  async *readEnded(): AsyncGenerator<string, void, undefined> {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await this.#handle.read(chunk, 0, CHUNK_BYTES, this.#offset);
      if (bytesRead === 0) return;
      this.#offset += bytesRead;
      for (const { bytes } of this.#cutter.push(chunk.subarray(0, bytesRead))) {
        if (bytes !== undefined) yield textOfBytes(bytes);
      }
    }
  }
}

/** As UTF-8, without a copy. */
export function textOfBytes({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('utf8');
}
