/** The kinds of findings, in the order in which they stand at equal saving. */
export const FINDING_KINDS = [
  'n-plus-one',
  'sequential',
  'straggler',
  'layered-retries',
  'retry-storm',
  'waiting',
  'slower-than-usual',
  'timeout-mismatch',
  'error-root-cause',
  'swallowed-error',
  'not-propagated',
  'orphaned',
  'clock-skew',
] as const;

export type FindingKind = (typeof FINDING_KINDS)[number];

/** Something in a trace that an engineer would want to know, with its evidence. */
export interface Finding {
  readonly kind: FindingKind;
  readonly traceId: string;
  /** The spans that show it, the most telling first; 100 at most. */
  readonly spanIds: readonly string[];
  readonly service: string;
  /** The name of the span that it is about. */
  readonly operation: string;
  /** The other side of it, where it has one: whom it calls, waits for, or breaks with. */
  readonly target?: string | undefined;
  /** By how much the trace could be shorter, at most, in milliseconds. 0 for errors and broken traces. */
  readonly savingMs: number;
  /** A sentence for people. It contains text from spans: make it safe before printing it. */
  readonly message: string;
}

/** One cause of all findings of the same kind, service, operation and target, with the costliest of them as evidence. */
export interface Cause extends Finding {
  /** The savings in all traces together, in milliseconds. */
  readonly totalSavingMs: number;
  /** The number of traces in which it was found. */
  readonly traces: number;
  /** These as a share of the requests of the same entries, 0 to 1. */
  readonly share: number;
}
