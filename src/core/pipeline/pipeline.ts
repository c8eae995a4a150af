import type { Say } from '../diagnostics.ts';
import type { SpanRecord } from '../record.ts';
import type { Exporter } from './exporter.ts';
import { estimateBytes } from './record-size.ts';
import { Sender, type SenderState } from './sender.ts';
import { type BatchSettings, DEFAULT_TIMING, type PipelineTiming } from './settings.ts';
import type { SpoolKit } from './spool/spool-kit.ts';
import { type SpanCounts, type SpanSink, type Stats, statsOf } from './stats.ts';

/** Finished spans on their way out: to every exporter side by side, each at its own pace. */
export class Pipeline implements SpanSink {
  readonly #senders: readonly Sender[];

  /** `exporters` holds at least one. `kitFor` gives an exporter its place on disk, if it shall have one. */
  constructor(
    exporters: readonly Exporter[],
    settings: BatchSettings,
    say: Say,
    kitFor: (exporter: Exporter) => SpoolKit | undefined = () => undefined,
    timing: PipelineTiming = DEFAULT_TIMING,
  ) {
    this.#senders = exporters.map((exporter) => new Sender(exporter, settings, say, kitFor(exporter), timing));
  }

  accept(record: SpanRecord, bytes: number = estimateBytes(record)): void {
    for (const sender of this.#senders) sender.push(record, bytes);
  }

  /** Resolves when everything has left, or after `timeoutMs`; never rejects. */
  async flush(timeoutMs: number): Promise<void> {
    await Promise.all(this.#senders.map((sender) => sender.flush(timeoutMs)));
  }

  /** Sends what waits before the process ends: one attempt each, bounded. Never rejects. */
  async flushLast(): Promise<void> {
    await Promise.all(this.#senders.map((sender) => sender.flushLast()));
  }

  /** Flushes and closes; spans that end afterwards are counted as dropped. Never rejects. */
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
    return statsOf(
      counts,
      this.#senders.map((sender) => sender.stats()),
    );
  }
}
