import type { SpanRecord } from '../core/record.ts';
import { SpanTextReader } from '../formats/span-text.ts';
import { textOfBytes } from './line-reader.ts';
import { type OpenSources, ScannedStore } from './scanned-store.ts';
import { inflated } from './span-files.ts';
import type { AppendResult, Removed, SpanStore, StoreCall, TailBatch, TailOptions } from './span-store.ts';
import { storeError } from './store-error.ts';
import { TailBuffer } from './tail-buffer.ts';

/** Bytes of a pipe that are kept, to be read more than once. */
const MOST_BYTES = 1024 ** 3;

/**
 * A store over what comes through a pipe, in any format that a file store reads. All of it is kept in memory, but by
 * `tail`, which gives out each line as it comes.
 *
 *     const store = pipeStore(process.stdin, 'standard input');
 */
export function pipeStore(input: AsyncIterable<Uint8Array>, name: string): PipeStore {
  return new PipeStore(input, name);
}

class PipeStore extends ScannedStore implements SpanStore {
  readonly name: string = 'pipe';
  readonly #input: AsyncIterable<Uint8Array>;
  #chunks: Promise<readonly Uint8Array[]> | undefined;
  #tail: TailBuffer | undefined;

  constructor(input: AsyncIterable<Uint8Array>, name: string) {
    super(name);
    this.#input = input;
  }

  append(_spans: readonly SpanRecord[]): Promise<AppendResult> {
    return Promise.reject(storeError(`${this.destination}: a pipe is for reading`));
  }

  removeBefore(): Promise<Removed> {
    return Promise.reject(storeError(`${this.destination}: a pipe is for reading`));
  }

  async tail(options: TailOptions = {}, call: StoreCall = {}): Promise<AsyncIterable<TailBatch>> {
    const tail = new TailBuffer(options, call, () => {});
    this.#tail = tail;
    void this.#follow(tail);
    return tail;
  }

  async #follow(tail: TailBuffer): Promise<void> {
    const reader = new SpanTextReader('lines', textOfBytes);
    try {
      for await (const bytes of inflated(this.#input)) {
        for (const { records } of reader.push(bytes)) tail.push(records);
        if (tail.ended) return;
      }
      for (const { records } of reader.end()) tail.push(records);
      tail.end();
    } catch (error) {
      tail.end(this.failed(error));
    }
  }

  async close(): Promise<void> {
    this.#tail?.end();
  }

  protected async open(): Promise<OpenSources> {
    this.#chunks ??= allOf(this.#input, this.destination);
    const chunks = await this.#chunks;
    const source = { path: this.destination, bytes: () => inflated(iterate(chunks)) };
    return { sources: [source], version: '', close: async () => {} };
  }
}

async function allOf(input: AsyncIterable<Uint8Array>, name: string): Promise<readonly Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of input) {
    size += chunk.length;
    if (size > MOST_BYTES) throw storeError(`${name}: more than 1 GiB; write it to a file and name that`);
    chunks.push(chunk);
  }
  return chunks;
}

async function* iterate(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks;
}
