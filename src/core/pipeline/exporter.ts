import type { SpanRecord } from '../record.ts';

/** The fate of one batch. The pipeline, not the exporter, decides what to do about it. */
export type ExportResult =
  /** The other side has them, but for `rejected` spans that it refused for good (OTLP partial success). */
  | { readonly outcome: 'accepted'; readonly rejected?: number | undefined; readonly message?: string | undefined }
  /** Worth sending again: connection loss, 429, 502, 503, 504. `retryAfterMs` is what the other side asked for. */
  | { readonly outcome: 'retry'; readonly reason: string; readonly retryAfterMs?: number | undefined }
  /** More than the other side takes at once (413): worth sending in halves. */
  | { readonly outcome: 'too-large'; readonly reason: string }
  /** Refused for good: sending the same bytes again cannot help. */
  | { readonly outcome: 'refused'; readonly reason: string };

/** The other side's answer when it was asked whether it takes spans. */
export interface ExportProbe {
  /** As of a batch without spans. */
  readonly result: ExportResult;
  /** The other side's clock as it answered, in milliseconds since the Unix epoch; undefined when it did not say. */
  readonly serverTimeMs?: number | undefined;
}

/**
 * The way out of the process for finished spans. An exporter turns one batch into one request or write and
 * says what came back; queueing, retries, deadlines and counting belong to the pipeline.
 */
export interface Exporter {
  readonly name: string;
  /** The place that spans go to, for the log lines: a URL without credentials, a path. Undefined: nothing worth announcing. */
  readonly destination?: string | undefined;
  /**
   * True when nobody said where spans shall go: perhaps there is no collector and never will be, so
   * nothing is kept on disk for it before the first batch has arrived. Default false.
   */
  readonly isDefaultDestination?: boolean | undefined;
  /** The longest one export may take, in milliseconds. Default: as the pipeline was set up, 10000. */
  readonly timeoutMs?: number | undefined;
  /**
   * Sends one batch, oldest span first, never empty. `signal` fires at the total deadline.
   * A rejection counts as `retry`.
   */
  export(batch: readonly SpanRecord[], signal: AbortSignal): Promise<ExportResult>;
  /** Asks whether spans would be taken, and sends none: for `doctor()`. `signal` fires at the deadline. */
  readonly probe?: ((signal: AbortSignal) => Promise<ExportProbe>) | undefined;
  /** Releases sockets and files. Called once, after the last `export`. */
  readonly shutdown?: (() => Promise<void> | void) | undefined;
}
