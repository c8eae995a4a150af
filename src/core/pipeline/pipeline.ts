import type { SpanRecord } from '../record.ts';
import type { Exporter } from './exporter.ts';
import { estimateBytes } from './queue.ts';
import { type DropCounters, type ExporterStats, Sender, type SenderState } from './sender.ts';
import { type BatchSettings, DEFAULT_TIMING, type PipelineTiming } from './settings.ts';
import type { SpoolKit } from './spool/spool-kit.ts';

/**
 * Where every span is, in spans. At every moment `started = ended + open` and
 * `ended = exported + queued + spooled + sampledOut + dropped` (the sum over all reasons).
 *
 * With several exporters the figures on top are those of the first; `exporters` has each one's own.
 */
export interface Stats {
  readonly started: number;
  readonly ended: number;
  readonly open: number;
  readonly queued: number;
  readonly spooled: number;
  readonly sampledOut: number;
  readonly exported: number;
  readonly dropped: Readonly<DropCounters>;
  /** Taken over from a dead process's spool and sent on; stands apart from the law. */
  readonly adopted: number;
  readonly exporters: readonly ExporterStats[];
  /** The newest failure of an exporter. */
  readonly lastError?: string;
}

/** What the tracer knows about its spans before they reach the pipeline. */
export interface SpanCounts {
  readonly started: number;
  readonly ended: number;
  readonly open: number;
  /** Ended, in traces that nobody has decided about yet. */
  readonly waiting: number;
  readonly sampledOut: number;
  readonly overLimit: number;
}

/** Where a tracer puts finished spans: the {@link Pipeline}, or the memory of a test that captures. */
export interface SpanSink {
  accept(record: SpanRecord): void;
  /** Resolves when everything has left, or after `timeoutMs`; never rejects. */
  flush(timeoutMs: number, patient?: boolean): Promise<void>;
  /** Flushes and closes; spans that end afterwards are counted as dropped. Never rejects. */
  shutdown(timeoutMs: number): Promise<void>;
  stats(counts: SpanCounts): Stats;
}

/** Finished spans on their way out: to every exporter side by side, each at its own pace. */
export class Pipeline implements SpanSink {
  readonly #senders: readonly Sender[];

  /** `exporters` holds at least one. `kitFor` gives an exporter its place on disk, if it shall have one. */
  constructor(
    exporters: readonly Exporter[],
    settings: BatchSettings,
    say: (message: string) => void,
    kitFor: (exporter: Exporter) => SpoolKit | undefined = () => undefined,
    timing: PipelineTiming = DEFAULT_TIMING,
  ) {
    this.#senders = exporters.map((exporter) => new Sender(exporter, settings, say, kitFor(exporter), timing));
  }

  accept(record: SpanRecord): void {
    const bytes = estimateBytes(record);
    for (const sender of this.#senders) sender.push(record, bytes);
  }

  async flush(timeoutMs: number, patient = true): Promise<void> {
    await Promise.all(this.#senders.map((sender) => sender.flush(timeoutMs, patient)));
  }

  /** Sends what waits before the process ends: one attempt each, bounded. Never rejects. */
  async flushLast(): Promise<void> {
    await Promise.all(this.#senders.map((sender) => sender.flushLast()));
  }

  async shutdown(timeoutMs: number): Promise<void> {
    await Promise.all(this.#senders.map((sender) => sender.shutdown(timeoutMs)));
  }

  /** The process ends: writes what waits to the spools before it returns, and takes nothing more. */
  persist(): void {
    for (const sender of this.#senders) sender.persist();
  }

  /** Every exporter as `doctor()` finds it, asked at once. Never rejects. */
  examine(timeoutMs: number): Promise<SenderState[]> {
    return Promise.all(this.#senders.map((sender) => sender.examine(timeoutMs)));
  }

  stats(counts: SpanCounts): Stats {
    const exporters = this.#senders.map((sender) => sender.stats());
    const first = exporters[0] as ExporterStats;
    const lastError = exporters.find((exporter) => exporter.lastError !== undefined)?.lastError;
    return {
      started: counts.started,
      ended: counts.ended,
      open: counts.open,
      queued: first.queued + counts.waiting,
      spooled: first.spooled,
      sampledOut: counts.sampledOut,
      exported: first.exported,
      dropped: { ...first.dropped, limit: counts.overLimit },
      adopted: first.adopted,
      exporters,
      ...(lastError === undefined ? {} : { lastError }),
    };
  }
}
