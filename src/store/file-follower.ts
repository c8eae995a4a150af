import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { SpanRecord } from '../core/record.ts';
import { findSpans } from '../formats/any-spans.ts';
import { LineReader } from './line-reader.ts';
import { closeSpanFiles, openSpanFile, openSpanFiles, type SpanFile } from './span-files.ts';

/** Network file systems announce no change: there we look ourselves. */
const LOOK_MS = 1000;

/**
 * Follows a span file from its present end on, through rotations: the file is known by its inode, so what
 * was written to it before it was renamed is still read, then all that is newer.
 */
export class FileFollower {
  readonly #path: string;
  readonly #onSpans: (spans: readonly SpanRecord[]) => void;
  readonly #onError: (error: unknown) => void;
  #file: SpanFile | undefined;
  #reader: LineReader | undefined;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The look that is going on; one at a time, and one more when something changed meanwhile. */
  #looking: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(path: string, onSpans: (spans: readonly SpanRecord[]) => void, onError: (error: unknown) => void) {
    this.#path = path;
    this.#onSpans = onSpans;
    this.#onError = onError;
  }

  async start(): Promise<void> {
    const file = await openSpanFile(this.#path);
    if (file !== undefined) this.#follow(file, file.size);
    if (this.#stopped) return this.#close();
    this.#watch();
    // Kept alive on purpose: whoever follows is waiting for this.
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#look();
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#watcher?.close();
    clearInterval(this.#timer);
    void Promise.resolve(this.#looking).then(() => this.#close());
  }

  #watch(): void {
    try {
      this.#watcher = watch(dirname(this.#path), () => this.#look());
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      // No watches left, or none on this file system: the timer looks.
    }
  }

  #follow(file: SpanFile, offset: number): void {
    this.#file = file;
    this.#reader = new LineReader(file.handle, offset);
  }

  async #close(): Promise<void> {
    await this.#file?.handle.close().catch(() => {});
    this.#file = undefined;
  }

  #look(): void {
    if (this.#stopped) return;
    if (this.#looking !== undefined) {
      this.#again = true;
      return;
    }
    this.#looking = this.#readNews()
      .catch((error) => {
        if (!this.#stopped) this.#onError(error);
      })
      .then(() => {
        this.#looking = undefined;
        if (!this.#again) return;
        this.#again = false;
        this.#look();
      });
  }

  async #readNews(): Promise<void> {
    await this.#readLines();
    const current = await openSpanFile(this.#path);
    if (current === undefined) return;
    const isSame = current.inode === this.#file?.inode;
    await current.handle.close();
    if (!isSame) await this.#readNewer();
  }

  /** Everything since the file that is followed: the rest of it, then each newer one. */
  async #readNewer(): Promise<void> {
    await this.#readLines();
    const files = await openSpanFiles(this.#path);
    const known = files.findIndex((file) => file.inode === this.#file?.inode);
    const newer = files.slice(known + 1);
    await closeSpanFiles(files.slice(0, known + 1));
    for (const file of newer) {
      await this.#close();
      this.#follow(file, 0);
      await this.#readLines();
    }
  }

  async #readLines(): Promise<void> {
    if (this.#reader === undefined) return;
    for await (const line of this.#reader.readEnded()) {
      if (this.#stopped) return;
      this.#onSpans(findSpans(line).records);
    }
  }
}
