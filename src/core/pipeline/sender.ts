import { noteFault, type Say } from '../diagnostics.ts';
import type { SpanRecord } from '../record.ts';
import { runOutsideScopes } from '../scope/scope.ts';
import { clearImmediate, clearTimeout, nextTurn, setImmediate, setTimeout } from '../timers.ts';
import { Announcer } from './announcer.ts';
import { Delivery } from './delivery.ts';
import type { Exporter, ExportProbe } from './exporter.ts';
import { type Flushable, Flushing } from './flushing.ts';
import { Outbox } from './outbox.ts';
import type { Pace } from './pace.ts';
import { pause } from './pause.ts';
import { probeExporter } from './probe.ts';
import { type BatchSettings, DEFAULT_TIMING, type PipelineTiming } from './settings.ts';
import type { Source } from './source.ts';
import { Adoption } from './spool/adoption.ts';
import type { SpoolState } from './spool/spool.ts';
import type { SpoolKit } from './spool/spool-kit.ts';
import type { ExporterStats } from './stats.ts';

/** An exporter as `doctor()` finds it. */
export interface SenderState {
  readonly stats: ExporterStats;
  /** Undefined for an exporter that cannot be asked. */
  readonly probe: ExportProbe | undefined;
  /** Undefined where there is none by option, or nothing to keep spans for. */
  readonly spool?: SpoolState & {
    /** False while nobody has said where spans shall go, and none has arrived. */
    readonly isUsed: boolean;
  };
}

/** The time that an end waits for an answer where what cannot be sent is kept on disk. */
const SPOOLED_END_MS = 150;
/** The time that an exporter has to close whose other side is deaf. */
const DEAF_CLOSE_MS = 50;
/** The time that an end may take at most: a collector that answers within 2 s gets everything. */
const LONGEST_END_MS = 1900;

/**
 * One exporter with what waits for it and the one retry policy. A slow or dead exporter holds up nobody
 * else. Nothing here throws into a caller, and no timer or socket keeps the process alive.
 */
export class Sender implements Flushable {
  readonly #exporter: Exporter;
  readonly #settings: BatchSettings;
  readonly #announcer: Announcer;
  readonly #kit: SpoolKit | undefined;
  readonly #outbox: Outbox;
  readonly #delivery: Delivery;
  readonly #flushing: Flushing;
  readonly #adoption: Adoption | undefined;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #spilling: NodeJS.Immediate | undefined;
  /** The drain that is running, if one is. */
  #draining: Promise<void> | undefined;
  #closed: boolean;

  constructor(
    exporter: Exporter,
    settings: BatchSettings,
    say: Say,
    kit?: SpoolKit,
    timing: PipelineTiming = DEFAULT_TIMING,
  ) {
    this.#exporter = exporter;
    this.#settings = settings;
    this.#announcer = new Announcer(exporter, say);
    this.#kit = kit;
    this.#outbox = new Outbox(settings, kit);
    this.#delivery = new Delivery(exporter, settings, timing);
    this.#flushing = new Flushing(this);
    this.#adoption = kit && new Adoption(kit, timing.adoptMs, say, () => this.#drainInherited());
    this.#closed = false;
    if (kit !== undefined && exporter.isDefaultDestination !== true) this.#allowSpool();
  }

  get pace(): Pace {
    return this.#delivery.pace;
  }

  get exported(): number {
    return this.#outbox.exported;
  }

  get isDone(): boolean {
    return this.#closed || this.#outbox.isEmpty;
  }

  /** Takes one finished span; sending happens later, in a turn of its own. */
  push(record: SpanRecord, bytes: number): void {
    this.#outbox.push(record, bytes);
    if (this.#closed) return;
    if (this.#outbox.isHalfFull && this.#delivery.isStalled) this.#spillSoon();
    if (this.#draining !== undefined || this.#immediate !== undefined) return;
    if (this.#outbox.waiting >= this.#settings.maxBatch && !this.pace.isFailing) this.#drainSoon();
    else if (this.#timer === undefined) this.#drainAfter(this.#nextDelayMs());
  }

  #drainAfter(delayMs: number): void {
    this.#timer = runOutsideScopes(() => setTimeout(() => this.drain(), delayMs).unref());
  }

  /**
   * A full batch does not wait, but neither is it encoded inside the app's own call. Not unref'd: an
   * idle event loop would sleep on until the next socket or timer stirs, which may be minutes.
   */
  #drainSoon(): void {
    this.#clearTimer();
    this.#immediate = runOutsideScopes(() => setImmediate(() => this.drain()));
  }

  #clearTimer(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#timer = undefined;
    this.#immediate = undefined;
  }

  /** Sends what is worth sending now, and plans the next time. One drain at a time. */
  drain(): Promise<void> {
    this.#clearTimer();
    this.#draining ??= runOutsideScopes(() => this.#sendBatches()).then(() => {
      this.#draining = undefined;
      const isMore = !this.#outbox.isEmpty || this.#adoption?.source !== undefined;
      if (isMore && !this.#closed) this.#drainAfter(this.#nextDelayMs());
    });
    return this.#draining;
  }

  async #sendBatches(): Promise<void> {
    while (!this.#outbox.isEmpty) {
      const isSent = await this.#sendFrom(this.#outbox);
      if (this.#closed) return;
      // Spans are on disk, and the disk does not give them: like a failed attempt.
      if (!isSent && this.#outbox.spooled > 0) this.#failed('the spool cannot be read');
      if (this.pace.isFailing) return;
      if (!this.#isMoreDue()) break;
      await nextTurn(); // an exporter that answers at once must not keep everybody else from running
    }
    await this.#sendInherited();
  }

  /** The next batch need not wait for company. */
  #isMoreDue(): boolean {
    const { inFlight, spooled, waiting } = this.#outbox;
    return inFlight !== undefined || spooled > 0 || waiting >= this.#settings.maxBatch || this.#flushing.isUrgent;
  }

  #nextDelayMs(): number {
    if (this.pace.isFailing) return this.pace.retryDelayMs;
    return this.#adoption?.source === undefined ? this.#settings.delayMs : 0;
  }

  /** One request; false when there was nothing to send. */
  async #sendFrom(source: Source): Promise<boolean> {
    const result = await this.#delivery.send(source);
    if (this.#closed) this.#outbox.giveUpInFlight();
    if (result === undefined) return false;
    if (result.outcome === 'accepted' && this.#kit !== undefined) this.#allowSpool();
    if (this.pace.isOutage) this.#spillSoon();
    this.#announcer.note(result, this.#outbox.lost, this.#outbox.spool !== undefined);
    return true;
  }

  #failed(reason: string): void {
    this.#delivery.failed(reason);
    if (this.pace.isOutage) this.#spillSoon();
  }

  /** Moves what waits in memory to disk, a slice a turn of the event loop. */
  #spillSoon(): void {
    if (this.#spilling !== undefined || this.#outbox.spool === undefined) return;
    this.#spilling = runOutsideScopes(() =>
      setImmediate(() => {
        this.#spilling = undefined;
        if (!this.#closed && this.#delivery.isStalled && this.#outbox.spill()) this.#spillSoon();
      }),
    );
  }

  /** The other side is known to exist: what it cannot take now may be kept on disk for it. */
  #allowSpool(): void {
    if (this.#outbox.spool !== undefined) return;
    this.#outbox.allowSpool();
    this.#adoption?.start();
  }

  #drainInherited(): void {
    const isIdle = this.#draining === undefined && this.#immediate === undefined && this.#timer === undefined;
    if (isIdle && !this.#closed) this.#drainAfter(this.#nextDelayMs());
  }

  /** One batch of what dead processes have left, after what is our own. */
  async #sendInherited(): Promise<void> {
    const source = this.#adoption?.source;
    if (source === undefined) return;
    await this.#sendFrom(source);
    this.#adoption?.noteSent();
  }

  /**
   * Sends everything that waits, now, and resolves when it has left or `timeoutMs` is over. While
   * anyone waits here the process is kept alive. `patient` tries again after a failure.
   */
  async flush(timeoutMs: number, patient = true): Promise<void> {
    const deadline = pause(timeoutMs);
    await this.#flushing.until(deadline, patient);
    deadline.cancel();
  }

  /**
   * Sends what waits before the process ends, until an attempt fails. With a disk for the rest it goes on
   * only while answers come quickly.
   */
  flushLast(longestMs: number = LONGEST_END_MS): Promise<void> {
    const roundMs = this.#outbox.spool === undefined ? longestMs : SPOOLED_END_MS;
    return this.#flushing.whileAnswersCome(roundMs, longestMs);
  }

  /**
   * Flushes, then takes nothing more: what could not leave goes to the spool, or is counted in
   * `dropped.shutdown`. With a disk for it nobody waits for another side that does not answer.
   */
  async shutdown(timeoutMs: number): Promise<void> {
    const deadline = pause(timeoutMs); // one for both: the caller was promised to wait no longer
    const isSpooling = this.#outbox.spool !== undefined;
    if (isSpooling) await this.flushLast(timeoutMs);
    else await this.#flushing.until(deadline, true);
    const isDeaf = isSpooling && !this.#outbox.isEmpty;
    this.persist();
    const closing = pause(isDeaf ? Math.min(timeoutMs, DEAF_CLOSE_MS) : timeoutMs);
    await Promise.race([this.#close(), closing.promise, deadline.promise]);
    closing.cancel();
    deadline.cancel();
  }

  async #close(): Promise<void> {
    try {
      await Promise.all([this.#exporter.shutdown?.(), this.#kit?.deadLetters.done()]);
    } catch (error) {
      noteFault(`exporter ${this.#exporter.name}`, error);
    }
  }

  /** Takes nothing more, and writes what waits to the spool before it returns: the process may end now. */
  persist(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#clearTimer();
    this.#adoption?.stop();
    this.#outbox.close();
  }

  /** Asks for `doctor()` whether the other side takes spans, and looks at the disk. Never rejects. */
  async examine(timeoutMs: number): Promise<SenderState> {
    const probe = await probeExporter(this.#exporter, timeoutMs);
    const spool = this.#kit?.spool;
    if (spool === undefined) return { stats: this.stats(), probe };
    const isUsed = this.#outbox.spool !== undefined;
    return { stats: this.stats(), probe, spool: { isUsed, ...spool.state() } };
  }

  stats(): ExporterStats {
    const { lastError } = this.#delivery;
    return {
      name: this.#exporter.name,
      destination: this.#exporter.destination,
      ...this.#outbox.stats(),
      adopted: this.#adoption?.adopted ?? 0,
      ...(lastError === undefined ? {} : { lastError }),
    };
  }
}
