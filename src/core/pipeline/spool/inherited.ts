import { type FileHandle, open, readdir, readFile, rmdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { noteFault } from '../../diagnostics.ts';
import type { SpanRecord } from '../../record.ts';
import type { PipelineTiming } from '../settings.ts';
import type { SpoolCodec } from './codec.ts';
import { showOwnerLives } from './heartbeat.ts';
import type { SpoolHome } from './home.ts';
import { claimOrphans } from './orphans.ts';
import { readRecord } from './read-record.ts';
import { CURSOR_OFFSET, cursorBytes, parseSegmentName, readCursor } from './segment-format.ts';
import type { SpoolSettings } from './spool.ts';

/** A file that a dead process has left. */
interface LeftFile {
  readonly path: string;
  readonly salt: number;
  readonly bytes: number;
}

/** A left file that is being read. */
interface OpenFile extends LeftFile {
  readonly content: Buffer;
  /** Everything before has been read. */
  read: number;
}

/** What dead processes have left, in numbers. */
export interface Inheritance {
  readonly spans: number;
  /** Damaged stretches of files: how many spans they held, nobody knows. */
  readonly damaged: number;
  /** Spans that were too old, or whose format is not known here. */
  readonly discarded: number;
}

/**
 * The spans of processes that have ended, read back in order and handed out for sending. It holds one
 * file at a time, and never throws: what cannot be read is counted and left behind, so that no file can
 * stop a process, or the next one.
 */
export class Inherited {
  readonly #home: SpoolHome;
  readonly #codec: SpoolCodec;
  readonly #settings: SpoolSettings;
  readonly #timing: PipelineTiming;
  #directories: string[] = [];
  #files: LeftFile[] = [];
  #file: OpenFile | undefined;
  #hand: { records: SpanRecord[]; end: number } | undefined;
  #looking: Promise<void> | undefined;
  #spans = 0;
  #damaged = 0;
  #discarded = 0;

  constructor(home: SpoolHome, codec: SpoolCodec, settings: SpoolSettings, timing: PipelineTiming) {
    this.#home = home;
    this.#codec = codec;
    this.#settings = settings;
    this.#timing = timing;
  }

  /** Whether anything is left to be sent. */
  get isEmpty(): boolean {
    return this.#hand === undefined && this.#file === undefined && this.#files.length === 0;
  }

  /** What there was since this was last asked. */
  takeSummary(): Inheritance {
    const summary = { spans: this.#spans, damaged: this.#damaged, discarded: this.#discarded };
    this.#spans = 0;
    this.#damaged = 0;
    this.#discarded = 0;
    return summary;
  }

  /** Looks for orphans and takes them over; the oldest files go where all together exceed the spool's size. */
  look(): Promise<void> {
    this.#looking ??= this.#takeOver().then(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #takeOver(): Promise<void> {
    for (const directory of this.#directories) showOwnerLives(directory, () => undefined);
    for (const directory of await claimOrphans(this.#home, this.#timing.staleMs)) await this.#add(directory);
    await this.#dropOldest();
  }

  async #add(directory: string): Promise<void> {
    this.#directories.push(directory);
    const names = await readdir(directory).catch(() => []);
    for (const name of names.sort()) {
      const segment = parseSegmentName(name);
      if (segment === undefined) continue; // no file of ours, or of a later version: not to be touched
      const path = join(directory, name);
      const found = await stat(path).catch(() => undefined);
      if (found?.isFile()) this.#files.push({ path, salt: segment.salt, bytes: found.size });
    }
    await this.#leaveEmpty();
  }

  async #dropOldest(): Promise<void> {
    let bytes = this.#files.reduce((sum, file) => sum + file.bytes, 0);
    while (bytes > this.#settings.maxBytes) {
      const file = this.#files.shift() as LeftFile;
      bytes -= file.bytes;
      this.#damaged++;
      await unlink(file.path).catch((error) => noteFault('spool', error));
    }
  }

  /** The oldest spans that were left, at most `maxSpans` of them or one record. */
  async next(maxSpans: number): Promise<{ readonly records: readonly SpanRecord[] } | undefined> {
    while (this.#hand === undefined) {
      this.#file ??= await this.#openNext();
      if (this.#file === undefined) return undefined;
      const records = await this.#read(this.#file, maxSpans);
      if (records.length > 0) this.#hand = { records, end: this.#file.read };
      else await this.#finish(this.#file);
    }
    return this.#hand;
  }

  async #openNext(): Promise<OpenFile | undefined> {
    for (let file = this.#files.shift(); file !== undefined; file = this.#files.shift()) {
      try {
        const content = await readFile(file.path);
        return { ...file, content, read: readCursor(content) };
      } catch (error) {
        noteFault('spool', error);
        this.#damaged++;
      }
    }
    return undefined;
  }

  /** Whole records, until there are enough spans. */
  async #read(file: OpenFile, maxSpans: number): Promise<SpanRecord[]> {
    const records: SpanRecord[] = [];
    const oldestMs = Date.now() - this.#settings.maxAgeMs;
    while (file.read < file.content.length) {
      const { record, damaged } = readRecord(file.content, file.read, file.salt);
      if (record !== undefined && records.length > 0 && records.length + record.spans > maxSpans) break;
      this.#damaged += damaged;
      file.read = record?.end ?? file.content.length;
      if (record === undefined) break;
      const decoded = record.writtenMs < oldestMs ? [] : await this.#decode(record.type, record.payload);
      this.#discarded += Math.max(0, record.spans - decoded.length);
      for (const span of decoded) records.push(span);
    }
    return records;
  }

  async #decode(type: number, payload: Uint8Array): Promise<readonly SpanRecord[]> {
    try {
      return await this.#codec.decode(type, payload);
    } catch (error) {
      noteFault('spool', error);
      return [];
    }
  }

  /** The oldest `count` in hand have been dealt with. */
  settle(count: number): void {
    const hand = this.#hand;
    if (hand === undefined) return;
    hand.records.splice(0, count);
    this.#spans += count;
    if (hand.records.length > 0) return;
    this.#hand = undefined;
    const file = this.#file;
    if (file === undefined) return;
    void (hand.end === file.content.length ? this.#finish(file) : this.#acknowledge(file, hand.end));
  }

  /** Stays in hand. */
  putBack(): void {}

  async #acknowledge(file: OpenFile, end: number): Promise<void> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(file.path, 'r+');
      await handle.write(cursorBytes(end), 0, 8, CURSOR_OFFSET);
    } catch (error) {
      noteFault('spool', error); // then they are sent twice, should this process die now
    }
    await handle?.close().catch((error) => noteFault('spool', error));
  }

  async #finish(file: OpenFile): Promise<void> {
    this.#file = undefined;
    await unlink(file.path).catch((error) => noteFault('spool', error));
    await this.#leaveEmpty();
  }

  /** What is empty is removed; what holds foreign files stays, but nobody needs to look at it again. */
  async #leaveEmpty(): Promise<void> {
    if (this.#files.length > 0 || this.#file !== undefined) return;
    for (const directory of this.#directories.splice(0))
      await rmdir(directory).catch((error) => noteFault('spool', error));
  }
}
