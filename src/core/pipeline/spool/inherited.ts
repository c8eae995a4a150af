import { type FileHandle, open, readdir, readFile, rmdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { noteFault } from '../../diagnostics.ts';
import type { SpanRecord } from '../../record.ts';
import { epochMs } from '../../timers.ts';
import type { PipelineTiming } from '../settings.ts';
import type { InFlight, Source } from '../source.ts';
import type { SpoolCodec } from './codec.ts';
import type { DeadLetters } from './dead-letters.ts';
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

/** The spans that dead processes have left, in numbers. */
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
export class Inherited implements Source {
  readonly #home: SpoolHome;
  readonly #codec: SpoolCodec;
  readonly #settings: SpoolSettings;
  readonly #timing: PipelineTiming;
  readonly #deadLetters: DeadLetters;
  #directories: string[] = [];
  #files: LeftFile[] = [];
  #file: OpenFile | undefined;
  #inFlight: { records: SpanRecord[]; end: number } | undefined;
  #looking: Promise<void> | undefined;
  #spans = 0;
  #damaged = 0;
  #discarded = 0;
  #adopted = 0;

  constructor(
    home: SpoolHome,
    codec: SpoolCodec,
    settings: SpoolSettings,
    timing: PipelineTiming,
    deadLetters: DeadLetters,
  ) {
    this.#home = home;
    this.#codec = codec;
    this.#settings = settings;
    this.#timing = timing;
    this.#deadLetters = deadLetters;
  }

  /** Nothing is left to be sent. */
  get isEmpty(): boolean {
    return this.#inFlight === undefined && this.#file === undefined && this.#files.length === 0;
  }

  get inFlight(): InFlight | undefined {
    return this.#inFlight;
  }

  /** Spans that the other side has taken. */
  get adopted(): number {
    return this.#adopted;
  }

  /** All that was found since this was last asked. */
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

  async next(maxSpans: number): Promise<InFlight | undefined> {
    while (this.#inFlight === undefined) {
      this.#file ??= await this.#openNext();
      if (this.#file === undefined) return undefined;
      const records = await this.#read(this.#file, maxSpans);
      if (records.length > 0) this.#inFlight = { records, end: this.#file.read };
      else await this.#finish(this.#file);
    }
    return this.#inFlight;
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
    const oldestMs = epochMs() - this.#settings.maxAgeMs;
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

  accepted(count: number, rejected: number): void {
    this.#adopted += count - rejected;
    this.#removeOldest(count);
  }

  refused(records: readonly SpanRecord[]): void {
    this.#deadLetters.add(records);
    this.#removeOldest(records.length);
  }

  /** Nothing to do: it stays in flight. */
  putBack(): void {}

  /** The oldest `count` in flight have been dealt with, and counted. */
  #removeOldest(count: number): void {
    const inFlight = this.#inFlight;
    if (inFlight === undefined) return;
    inFlight.records.splice(0, count);
    this.#spans += count;
    if (inFlight.records.length > 0) return;
    this.#inFlight = undefined;
    const file = this.#file;
    if (file === undefined) return;
    void (inFlight.end === file.content.length ? this.#finish(file) : this.#acknowledge(file, inFlight.end));
  }

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

  /** A directory that is empty is removed; one that holds foreign files stays, but nobody needs to look at it again. */
  async #leaveEmpty(): Promise<void> {
    if (this.#files.length > 0 || this.#file !== undefined) return;
    for (const directory of this.#directories.splice(0))
      await rmdir(directory).catch((error) => noteFault('spool', error));
  }
}
