import { describe, noteFault, type Say } from '../../diagnostics.ts';
import type { SpanRecord } from '../../record.ts';
import { runOutsideScopes } from '../../scope/scope.ts';
import { clearInterval, epochMs, monotonicMs, setInterval } from '../../timers.ts';
import type { PipelineTiming } from '../settings.ts';
import type { SpoolCodec } from './codec.ts';
import { showOwnerLives } from './heartbeat.ts';
import type { SpoolHome } from './home.ts';
import { type LogBatch, SpoolLog } from './spool-log.ts';

/** Spans go to disk while export fails and at the end, or each one before it is sent. */
export type SpoolMode = 'overflow' | 'ahead';

/** The set-up of a spool, complete. */
export interface SpoolSettings {
  readonly mode: SpoolMode | 'off';
  /** The folder of all spools of this user; `undefined`: the default. */
  readonly directory: string | undefined;
  /** Bytes that one exporter's spool may take. The oldest files go first. */
  readonly maxBytes: number;
  /** Spans that have waited longer are given up. Milliseconds. */
  readonly maxAgeMs: number;
}

/** A spool as `doctor()` finds it. */
export interface SpoolState {
  readonly mode: SpoolMode;
  /** This process's own directory once there is one, before that the one that processes of the service share. */
  readonly directory: string;
  readonly spans: number;
  readonly bytes: number;
  readonly maxBytes: number;
  /** Why nothing can be written, while that is so. */
  readonly problem: string | undefined;
}

/** The parts of a {@link Spool}. */
export interface SpoolParts {
  readonly settings: SpoolSettings & { readonly mode: SpoolMode };
  readonly home: SpoolHome;
  readonly codec: SpoolCodec;
  readonly timing: PipelineTiming;
  readonly say: Say;
}

/** Spans of a batch that were on disk only. */
export interface SpooledBatch {
  readonly records: readonly SpanRecord[];
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Spans that the disk has lost, or the codec cannot read. */
  readonly lost: number;
}

/** Reading is tried so often, while sending backs off; then the file is given up. */
const MAX_READ_FAILURES = 8;

/**
 * This thread's own spans on disk, for one exporter. Nothing here throws: after a fault the disk is left
 * alone for a while, memory takes over, and one line says so.
 */
export class Spool {
  readonly isAhead: boolean;
  readonly home: SpoolHome;
  readonly codec: SpoolCodec;
  readonly settings: SpoolSettings;
  readonly #timing: PipelineTiming;
  readonly #say: Say;
  readonly #log: SpoolLog;
  /** Spans lost since they were last asked for. */
  #lost = 0;
  #problem: string | undefined;
  #pausedUntilMs = 0;
  #readFailures = 0;
  #heartbeat: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor({ settings, home, codec, timing, say }: SpoolParts) {
    this.isAhead = settings.mode === 'ahead';
    this.home = home;
    this.codec = codec;
    this.settings = settings;
    this.#timing = timing;
    this.#say = say;
    this.#log = new SpoolLog(() => this.#makeDirectory(), settings.maxBytes);
  }

  /** Spans that are on disk only, and not being sent. */
  get spooled(): number {
    return this.#log.spooled;
  }

  get bytes(): number {
    return this.#log.bytes;
  }

  /** Why nothing can be written, while that is so. */
  get problem(): string | undefined {
    return this.#problem;
  }

  state(): SpoolState {
    return {
      mode: this.isAhead ? 'ahead' : 'overflow',
      directory: this.home.own ?? this.home.shared,
      spans: this.spooled,
      bytes: this.bytes,
      maxBytes: this.settings.maxBytes,
      problem: this.#problem,
    };
  }

  has(seq: number): boolean {
    return this.#log.has(seq);
  }

  /** Writes the spans as one record. Returns its number; 0 when the disk did not take it. */
  write(records: readonly SpanRecord[]): number {
    if (this.#isClosed || (this.#pausedUntilMs > 0 && monotonicMs() < this.#pausedUntilMs)) return 0;
    try {
      const payload = { type: this.codec.type, bytes: this.codec.encode(records) };
      const nowMs = epochMs();
      this.#dropOld(nowMs);
      this.#lost += this.#log.makeRoom(payload);
      const seq = this.#log.append(payload, records.length, nowMs);
      this.#recovered();
      return seq;
    } catch (error) {
      this.#failed(error);
      return 0;
    }
  }

  letGoThrough(seq: number): void {
    this.#log.letGoThrough(seq);
  }

  takeThrough(seq: number): void {
    this.#log.takeThrough(seq);
  }

  acknowledgeThrough(seq: number): void {
    if (seq > 0) this.#log.acknowledgeThrough(seq, this.isAhead);
  }

  /** The oldest spans that are on disk only, to be claimed. `undefined`: there are none, or the disk does not give them now. */
  async read(maxSpans: number): Promise<SpooledBatch | undefined> {
    this.#dropOld(epochMs());
    try {
      const batch = await this.#log.read(maxSpans);
      this.#readFailures = 0;
      return batch === undefined ? undefined : await this.#decoded(batch);
    } catch (error) {
      noteFault('spool', error);
      const isGone = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (isGone || ++this.#readFailures >= MAX_READ_FAILURES) this.#lost += this.#log.dropOldest();
      return undefined;
    }
  }

  async #decoded({ payloads, firstSeq, lastSeq, lost }: LogBatch): Promise<SpooledBatch> {
    const records: SpanRecord[] = [];
    let unreadable = lost;
    for (const { type, bytes, spans } of payloads) {
      const decoded = await this.codec.decode(type, bytes).catch(() => []);
      records.push(...decoded.slice(0, spans));
      unreadable += Math.max(0, spans - decoded.length);
    }
    return { records, firstSeq, lastSeq, lost: unreadable };
  }

  /** True when what was read is still there to be sent; then it is no longer counted here. */
  claim(batch: SpooledBatch): boolean {
    return !this.#isClosed && this.#log.claim(batch);
  }

  #dropOld(nowMs: number): void {
    this.#lost += this.#log.dropOlderThan(nowMs - this.settings.maxAgeMs);
  }

  /** The number of spans that were lost since this was last asked. */
  takeLost(): number {
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }

  /** Closes the files. What is in them is left to the next process of the service; without anything nothing stays. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#heartbeat);
    this.#log.close();
    if (this.#log.isEmpty) this.home.removeOwn();
    else this.home.leaveOwn();
  }

  #makeDirectory(): string {
    const isNew = this.home.own === undefined;
    const directory = this.home.makeOwn();
    if (isNew) this.#watch();
    return directory;
  }

  #watch(): void {
    clearInterval(this.#heartbeat);
    this.#heartbeat = runOutsideScopes(() => setInterval(() => this.#beat(), this.#timing.heartbeatMs).unref());
  }

  /** Somebody may have deleted the directory: what is written to its files then, nobody would ever find. */
  #beat(): void {
    const directory = this.home.own;
    if (directory === undefined) return;
    this.#dropOld(epochMs());
    showOwnerLives(directory, (error) => {
      if (error === null || error.code !== 'ENOENT' || this.home.own !== directory) return;
      this.#lost += this.#log.forgetAll();
      this.home.leaveOwn();
      this.#failed(new Error(`${directory} is gone`));
    });
  }

  #failed(error: unknown): void {
    this.#pausedUntilMs = monotonicMs() + this.#timing.diskPauseMs;
    const { code } = error as NodeJS.ErrnoException;
    const reason = typeof code === 'string' ? code : describe(error);
    if (this.#problem === undefined) {
      this.#say(
        `cannot write spans to the spool ${this.home.own ?? this.home.shared}: ${reason}; keeping them in memory only`,
      );
    }
    this.#problem = reason;
  }

  #recovered(): void {
    if (this.#problem === undefined) return;
    this.#problem = undefined;
    this.#pausedUntilMs = 0;
    this.#say(`writing spans to the spool ${this.home.own ?? this.home.shared} again`, 'info');
  }
}
