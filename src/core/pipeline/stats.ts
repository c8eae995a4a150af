import type { SpanRecord } from '../record.ts';

/** The place for a tracer's finished spans: the pipeline, the memory of a test that captures, a redactor before either. */
export interface SpanSink {
  /** `bytes` is what `estimateBytes` has said of the record, where somebody has asked already. */
  accept(record: SpanRecord, bytes?: number): void;
}

/** Why ended spans did not arrive, in spans. */
export interface DropCounters {
  /** No room: the oldest went. */
  queue: number;
  /** Refused by the other side. */
  export: number;
  /** Not recorded, since too many spans were open. */
  limit: number;
  /** On disk only, and lost there: too old, too many, damaged, deleted. */
  spool: number;
  /** Still waiting, or ended, when the tracer was shut down. */
  shutdown: number;
}

/** The fate of the spans given to one exporter: `ended = exported + queued + spooled + dropped`. */
export interface ExporterStats {
  readonly name: string;
  readonly destination: string | undefined;
  readonly ended: number;
  readonly exported: number;
  readonly queued: number;
  readonly spooled: number;
  readonly dropped: Readonly<DropCounters>;
  /** Spans of dead processes that were sent on; they stand apart from the others. */
  readonly adopted: number;
  readonly lastError?: string | undefined;
}

/**
 * The place of every span, in spans. At every moment `started = ended + open` and
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
  /** Roots that began while the process was serving a request: background work, or context that was lost. Apart from the law. */
  readonly rootsWhileServing: number;
  /** Taken over from a dead process's spool and sent on; stands apart from the law. */
  readonly adopted: number;
  readonly exporters: readonly ExporterStats[];
  /** The newest failure of an exporter. */
  readonly lastError?: string | undefined;
}

/** The tracer's own count of its spans, before they reach a sink. */
export interface SpanCounts {
  readonly started: number;
  readonly ended: number;
  readonly open: number;
  /** Ended, in traces that nobody has decided about yet. */
  readonly waiting: number;
  readonly sampledOut: number;
  readonly overLimit: number;
  readonly rootsWhileServing: number;
}

/** The books of a tracer and of those it sends to. Without exporters whatever was accepted has arrived. */
export function statsOf(counts: SpanCounts, exporters: readonly ExporterStats[] = []): Stats {
  const { started, ended, open, waiting, sampledOut, overLimit, rootsWhileServing } = counts;
  const first = exporters[0];
  const lastError = exporters.find((exporter) => exporter.lastError !== undefined)?.lastError;
  return {
    started,
    ended,
    open,
    queued: waiting + (first?.queued ?? 0),
    spooled: first?.spooled ?? 0,
    sampledOut,
    exported: first?.exported ?? ended - waiting - sampledOut - overLimit,
    dropped: { queue: 0, export: 0, spool: 0, shutdown: 0, ...first?.dropped, limit: overLimit },
    rootsWhileServing,
    adopted: first?.adopted ?? 0,
    exporters,
    ...(lastError === undefined ? {} : { lastError }),
  };
}
