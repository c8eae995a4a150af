/** The making and sending of batches. All times in milliseconds. */
export interface BatchSettings {
  /** Spans in one batch at most. */
  readonly maxBatch: number;
  /** The time that a finished span waits for company. */
  readonly delayMs: number;
  /** Total time one export may take. */
  readonly timeoutMs: number;
  /** The most that an exporter's own choice of it may be. Default: any. */
  readonly longestTimeoutMs?: number | undefined;
  /** The most that may wait, in spans and in bytes: whichever is reached first. */
  readonly queueSpans: number;
  readonly queueBytes: number;
}

/** The times of the one policy for sending. Nobody needs to tune them; tests of outages pass shorter ones. */
export interface PipelineTiming {
  /** The first pause after a failure; each further one is twice as long, with jitter from half of it. */
  readonly firstRetryMs: number;
  /** Low enough that sending starts again within 2 s of the other side's return. */
  readonly longestRetryMs: number;
  /** A `Retry-After` is obeyed up to here. */
  readonly longestRetryAfterMs: number;
  /** Spans go to disk when exports have failed, or one has had no answer, for so long. */
  readonly outageMs: number;
  /** After a fault of the disk it is left alone for so long. */
  readonly diskPauseMs: number;
  /** The interval at which a spool shows that its owner lives, and looks whether its directory is still there. */
  readonly heartbeatMs: number;
  /** A spool whose owner cannot be asked (another host, a worker thread) is an orphan after so long without a sign. */
  readonly staleMs: number;
  /** The interval at which orphans are looked for. */
  readonly adoptMs: number;
}

export const DEFAULT_TIMING: PipelineTiming = {
  firstRetryMs: 250,
  longestRetryMs: 1500,
  longestRetryAfterMs: 60_000,
  outageMs: 2000,
  diskPauseMs: 1000,
  heartbeatMs: 2000,
  staleMs: 60_000,
  adoptMs: 30_000,
};

/**
 * Estimated bytes in one batch at most, beside its spans: one batch is encoded in one turn of the event
 * loop. Spans of 20 attributes reach 512 first.
 */
export const MAX_BATCH_BYTES: number = 1024 * 1024;
