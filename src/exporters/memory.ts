import type { Exporter, ExportResult } from '../core/pipeline/exporter.ts';
import type { SpanRecord } from '../core/record.ts';

/** The exporter that {@link memory} makes. */
export interface MemoryExporter extends Exporter {
  /** All spans so far, in the order they were exported. The list grows in place. */
  readonly spans: readonly SpanRecord[];
  /** Forgets them. Lists taken from `spans` before keep what they had. */
  reset(): void;
}

/**
 * Keeps every finished span in memory, without a bound: for tests and short programs.
 *
 *     const exporter = memory();
 *     start({ exporters: exporter });
 *     …
 *     exporter.spans[0]?.name;
 */
export function memory(): MemoryExporter {
  return new KeepingExporter();
}

class KeepingExporter implements MemoryExporter {
  readonly name: string = 'memory';
  #spans: SpanRecord[];

  constructor() {
    this.#spans = [];
  }

  get spans(): readonly SpanRecord[] {
    return this.#spans;
  }

  async export(batch: readonly SpanRecord[]): Promise<ExportResult> {
    for (const record of batch) this.#spans.push(record);
    return { outcome: 'accepted' };
  }

  reset(): void {
    this.#spans = [];
  }
}
