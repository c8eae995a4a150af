import { appendFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { noteFault } from '../../diagnostics.ts';
import type { SpanRecord } from '../../record.ts';
import type { SpoolCodec } from './codec.ts';
import type { SpoolHome } from './home.ts';

/**
 * Spans that the other side refused for good, for people to look into: one line a batch, appended by all
 * processes of a service to `dead-letters.jsonl`. A full file becomes `dead-letters.1.jsonl`, in the
 * place of the one before, so both together stay within `maxBytes` and one batch.
 *
 * They are counted as dropped whether or not they can be written here, and nothing waits for the disk:
 * batches that are refused while one is being written are not kept.
 */
export class DeadLetters {
  readonly #home: SpoolHome;
  readonly #codec: SpoolCodec;
  readonly #maxBytes: number;
  #writing: Promise<void> | undefined;

  constructor(home: SpoolHome, codec: SpoolCodec, maxBytes: number) {
    this.#home = home;
    this.#codec = codec;
    this.#maxBytes = maxBytes;
  }

  add(batch: readonly SpanRecord[]): void {
    this.#writing ??= this.#write([...batch])
      .catch((error) => noteFault('dead letters', error))
      .then(() => {
        this.#writing = undefined;
      });
  }

  /** Resolves when nothing is being written. */
  async done(): Promise<void> {
    await this.#writing;
  }

  async #write(batch: readonly SpanRecord[]): Promise<void> {
    const line = Buffer.from(`${await this.#codec.toLine(batch)}\n`);
    if (line.length > this.#maxBytes / 2) return;
    this.#home.makeShared();
    const path = join(this.#home.shared, 'dead-letters.jsonl');
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    );
    if (size + line.length > this.#maxBytes / 2) await rename(path, join(this.#home.shared, 'dead-letters.1.jsonl'));
    await appendFile(path, line, { mode: 0o600 });
  }
}
