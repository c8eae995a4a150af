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
  /** By how much the trace could be shorter, at most, in milliseconds. 0 for errors and broken traces. */
  readonly savingMs: number;
  /** A sentence for people. It contains text from spans: make it safe before printing it. */
  readonly message: string;
}
