import { performance } from 'node:perf_hooks';
import { noteFault } from '../diagnostics.ts';
import type { SpanRecord } from '../record.ts';
import { runOutsideScopes } from '../scope/scope.ts';
import { Announcer } from './announcer.ts';
import { attempt } from './attempt.ts';
import type { Exporter, ExportProbe, ExportResult } from './exporter.ts';
import { Outbox } from './outbox.ts';
import { Pace } from './pace.ts';
import { nextTurn, type Pause, pause } from './pause.ts';
import { probeExporter } from './probe.ts';
import { type BatchSettings, DEFAULT_TIMING, type PipelineTiming } from './settings.ts';
import type { SpoolState } from './spool/spool.ts';
import type { SpoolKit } from './spool/spool-kit.ts';
import type { DropCounters, ExporterStats } from './stats.ts';

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

/** How long the end of the process waits for an answer where what cannot be sent is kept on disk. */
const SPOOLED_END_MS = 150;
/** How long it may take at most: a collector that answers within 2 s gets everything. */
const LONGEST_END_MS = 1900;

/** Where spans to send come from: the outbox, or what dead processes have left. */
interface Source {
  next(maxSpans: number): Promise<{ readonly records: readonly SpanRecord[] } | undefined>;
  settle(count: number): void;
  putBack(): void;
}

/**
 * One exporter with what waits for it and the one retry policy. A slow or dead exporter holds up nobody
 * else. Nothing here throws into a caller, and no timer or socket keeps the process alive.
 */
export class Sender {
  readonly #exporter: Exporter;
  readonly #settings: BatchSettings;
  readonly #timing: PipelineTiming;
  readonly #say: (message: string) => void;
  readonly #announcer: Announcer;
  readonly #kit: SpoolKit | undefined;
  readonly #outbox: Outbox;
  readonly #pace: Pace;
  readonly #dropped: DropCounters = { queue: 0, export: 0, limit: 0, spool: 0, shutdown: 0 };
  #ended = 0;
  #exported = 0;
  #adopted = 0;
  #lastError: string | undefined;
  /** When the attempt began that is under way; 0: none is. */
  #attemptSinceMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #spilling: NodeJS.Immediate | undefined;
  #looking: NodeJS.Timeout | undefined;
  /** The drain that is running, if one is. */
  #draining: Promise<void> | undefined;
  #flushing = 0;
  #closed = false;

  constructor(
    exporter: Exporter,
    settings: BatchSettings,
    say: (message: string) => void,
    kit?: SpoolKit,
    timing: PipelineTiming = DEFAULT_TIMING,
  ) {
    this.#exporter = exporter;
    this.#settings = settings;
    this.#timing = timing;
    this.#say = say;
    this.#announcer = new Announcer(exporter, say);
    this.#kit = kit;
    this.#pace = new Pace(timing, settings.maxBatch);
    this.#outbox = new Outbox(settings, kit?.spool, this.#dropped);
    if (kit !== undefined && exporter.isDefaultDestination !== true) this.#allowSpool();
  }

  /** Takes one finished span; sending happens later, in a turn of its own. */
  push(record: SpanRecord, bytes: number): void {
    this.#ended++;
    if (this.#closed) {
      this.#dropped.shutdown++;
      return;
    }
    this.#outbox.push(record, bytes);
    if (this.#outbox.isHalfFull && this.#isStalled()) this.#spillSoon();
    if (this.#draining !== undefined || this.#immediate !== undefined) return;
    if (this.#outbox.waiting >= this.#settings.maxBatch && !this.#pace.isFailing) this.#drainSoon();
    else if (this.#timer === undefined) this.#drainAfter(this.#nextDelayMs());
  }

  /** Nothing leaves at the moment: an attempt has failed, or has had no answer for long. */
  #isStalled(): boolean {
    if (this.#pace.isFailing) return true;
    return this.#attemptSinceMs > 0 && performance.now() - this.#attemptSinceMs >= this.#timing.outageMs;
  }

  #drainAfter(delayMs: number): void {
    this.#timer = runOutsideScopes(() => setTimeout(() => this.#drain(), delayMs).unref());
  }

  /**
   * A full batch does not wait, but neither is it encoded inside the app's own call. Not unref'd: an
   * idle event loop would sleep on until the next socket or timer stirs, which may be minutes.
   */
  #drainSoon(): void {
    this.#clearTimer();
    this.#immediate = runOutsideScopes(() => setImmediate(() => this.#drain()));
  }

  #clearTimer(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#timer = undefined;
    this.#immediate = undefined;
  }

  /** Moves what waits in memory to disk, a slice a turn of the event loop. */
  #spillSoon(): void {
    if (this.#spilling !== undefined || this.#outbox.spool === undefined) return;
    this.#spilling = runOutsideScopes(() =>
      setImmediate(() => {
        this.#spilling = undefined;
        if (!this.#closed && this.#isStalled() && this.#outbox.spill()) this.#spillSoon();
      }),
    );
  }

  /** Sends what is worth sending now, and plans the next time. One drain at a time. */
  #drain(): Promise<void> {
    this.#clearTimer();
    this.#draining ??= runOutsideScopes(() => this.#sendBatches()).then(() => {
      this.#draining = undefined;
      const isMore = !this.#outbox.isEmpty || this.#kit?.inherited.isEmpty === false;
      if (isMore && !this.#closed) this.#drainAfter(this.#nextDelayMs());
    });
    return this.#draining;
  }

  async #sendBatches(): Promise<void> {
    while (!this.#outbox.isEmpty) {
      await this.#sendOne(this.#outbox);
      if (this.#closed || this.#pace.isFailing) return;
      if (!this.#isMoreDue()) break;
      await nextTurn(); // an exporter that answers at once must not keep everybody else from running
    }
    await this.#sendInherited();
  }

  /** Whether the next batch need not wait for company. */
  #isMoreDue(): boolean {
    const { hand, spooled, waiting } = this.#outbox;
    return hand !== undefined || spooled > 0 || waiting >= this.#settings.maxBatch || this.#flushing > 0;
  }

  #nextDelayMs(): number {
    if (this.#pace.isFailing) return this.#pace.retryDelayMs;
    return this.#kit?.inherited.isEmpty === false ? 0 : this.#settings.delayMs;
  }

  /** One batch of what dead processes have left, after what is our own. */
  async #sendInherited(): Promise<void> {
    const inherited = this.#kit?.inherited;
    if (inherited === undefined || inherited.isEmpty || this.#outbox.spool === undefined) return;
    await this.#sendOne(inherited);
    if (!inherited.isEmpty) return;
    const { spans, damaged, discarded } = inherited.takeSummary();
    const lost =
      damaged + discarded === 0 ? '' : `; ${damaged} damaged records and ${discarded} old spans were left out`;
    this.#say(`sent ${spans} spans that ended processes had left in the spool${lost}`);
    this.#look(); // no more are taken over at once than one process can send
  }

  /** One request. */
  async #sendOne(source: Source): Promise<void> {
    const hand = await source.next(this.#settings.maxBatch);
    if (hand === undefined) return this.#foundNothing(source);
    const part = hand.records.slice(0, this.#pace.requestSpans);
    if (part.length === 0) return;
    this.#attemptSinceMs = performance.now();
    const answer = await attempt(this.#exporter, part, this.#settings.timeoutMs);
    this.#attemptSinceMs = 0;
    if (source === this.#outbox && this.#outbox.hand !== hand) return; // closed: it went to disk meanwhile
    const isOneTooLarge = answer.outcome === 'too-large' && part.length === 1;
    const result: ExportResult = isOneTooLarge ? { outcome: 'refused', reason: answer.reason } : answer;
    this.#settle(source, part, result);
    if (this.#closed) this.#dropped.shutdown += this.#outbox.dropHand();
    this.#announcer.note(result, this.#lost(), this.#outbox.spool !== undefined);
  }

  /** Spans are on disk, and the disk does not give them: like a failed attempt. */
  #foundNothing(source: Source): void {
    if (source !== this.#outbox || this.#outbox.spooled === 0) return;
    this.#failed('the spool cannot be read', undefined);
  }

  #settle(source: Source, part: readonly SpanRecord[], result: ExportResult): void {
    const isOwn = source === this.#outbox;
    switch (result.outcome) {
      case 'accepted': {
        const { rejected = 0, message } = result;
        if (isOwn) this.#exported += part.length - rejected;
        else this.#adopted += part.length - rejected;
        if (isOwn) this.#dropped.export += rejected;
        if (message !== undefined || rejected > 0) this.#lastError = message ?? `${rejected} spans were rejected`;
        this.#pace.accepted();
        if (this.#kit !== undefined) this.#allowSpool();
        source.settle(part.length);
        return;
      }
      case 'retry':
        this.#failed(result.reason, result.retryAfterMs);
        if (!this.#closed) source.putBack();
        return;
      case 'too-large':
        this.#pace.tooLarge(part.length);
        this.#lastError = result.reason;
        return;
      case 'refused':
        this.#refused(source, part, result.reason);
    }
  }

  #failed(reason: string, retryAfterMs: number | undefined): void {
    this.#lastError = reason;
    this.#pace.failed(retryAfterMs);
    if (this.#pace.isOutage) this.#spillSoon();
  }

  #refused(source: Source, part: readonly SpanRecord[], reason: string): void {
    this.#pace.answered();
    this.#lastError = reason;
    if (source === this.#outbox) this.#dropped.export += part.length;
    if (this.#outbox.spool !== undefined) this.#kit?.deadLetters.add(part);
    source.settle(part.length);
  }

  /** The other side is known to exist: what it cannot take now may be kept on disk for it. */
  #allowSpool(): void {
    if (this.#outbox.spool !== undefined) return;
    this.#outbox.allowSpool();
    this.#look();
    this.#looking = runOutsideScopes(() => setInterval(() => this.#look(), this.#timing.adoptMs).unref());
  }

  /** Takes over what dead processes have left, and plans to send it. */
  #look(): void {
    void this.#kit?.inherited.look().then(() => {
      const isIdle = this.#draining === undefined && this.#immediate === undefined && this.#timer === undefined;
      if (isIdle && !this.#closed && !this.#kit?.inherited.isEmpty) this.#drainAfter(this.#nextDelayMs());
    });
  }

  /**
   * Sends everything that waits, now, and resolves when it has left or `timeoutMs` is over. While
   * anyone waits here the process is kept alive. `patient` tries again after a failure.
   */
  async flush(timeoutMs: number, patient = true): Promise<void> {
    const deadline = pause(timeoutMs);
    await this.#flushUntil(deadline, patient);
    deadline.cancel();
  }

  /**
   * Sends what waits before the process ends, until an attempt fails. With a disk for the rest it goes on
   * only while answers come quickly.
   */
  async flushLast(): Promise<void> {
    const isSpooling = this.#outbox.spool !== undefined;
    const endMs = performance.now() + LONGEST_END_MS;
    for (let exported = -1; exported < this.#exported && performance.now() < endMs; ) {
      exported = this.#exported;
      await this.flush(isSpooling ? SPOOLED_END_MS : LONGEST_END_MS, false);
      if (this.#outbox.isEmpty || this.#pace.isFailing) return;
    }
  }

  async #flushUntil(deadline: Pause, patient: boolean): Promise<void> {
    this.#flushing++;
    while (!deadline.isOver && !this.#outbox.isEmpty && !this.#closed) {
      const { heldBackMs } = this.#pace;
      if (heldBackMs === 0) await Promise.race([this.#drain(), deadline.promise]);
      if (!this.#pace.isFailing) continue;
      if (!patient) break;
      const backOff = pause(Math.max(heldBackMs, this.#pace.retryDelayMs));
      await Promise.race([backOff.promise, deadline.promise]);
      backOff.cancel();
    }
    this.#flushing--;
  }

  /**
   * Flushes, then takes nothing more: what could not leave goes to the spool, or is counted in
   * `dropped.shutdown`.
   */
  async shutdown(timeoutMs: number): Promise<void> {
    const deadline = pause(timeoutMs); // one for both: the caller was promised to wait no longer
    await this.#flushUntil(deadline, true);
    this.persist();
    try {
      await Promise.race([Promise.all([this.#exporter.shutdown?.(), this.#kit?.deadLetters.done()]), deadline.promise]);
    } catch (error) {
      noteFault(`exporter ${this.#exporter.name}`, error);
    }
    deadline.cancel();
  }

  /** Takes nothing more, and writes what waits to the spool before it returns: the process may end now. */
  persist(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#clearTimer();
    clearInterval(this.#looking);
    this.#dropped.shutdown += this.#outbox.close();
  }

  #lost(): number {
    this.#outbox.countLost();
    const { queue, export: refused, limit, spool, shutdown } = this.#dropped;
    return queue + refused + limit + spool + shutdown;
  }

  /** What `doctor()` asks of it: whether the other side takes spans, and what is on disk. Never rejects. */
  async examine(timeoutMs: number): Promise<SenderState> {
    const probe = await probeExporter(this.#exporter, timeoutMs);
    const spool = this.#kit?.spool;
    if (spool === undefined) return { stats: this.stats(), probe };
    const isUsed = this.#outbox.spool !== undefined;
    return { stats: this.stats(), probe, spool: { isUsed, ...spool.state() } };
  }

  stats(): ExporterStats {
    this.#outbox.countLost();
    return {
      name: this.#exporter.name,
      destination: this.#exporter.destination,
      ended: this.#ended,
      exported: this.#exported,
      queued: this.#outbox.queued,
      spooled: this.#outbox.spooled,
      dropped: { ...this.#dropped },
      adopted: this.#adopted,
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
    };
  }
}
