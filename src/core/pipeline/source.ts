import type { SpanRecord } from '../record.ts';

/** Spans that are being sent, oldest first. They shrink from the front as the other side answers for them. */
export interface InFlight {
  readonly records: readonly SpanRecord[];
}

/**
 * A place that spans to send come from, and that counts what becomes of them: the outbox, or what dead
 * processes have left. One part of it is in flight at a time.
 */
export interface Source {
  readonly inFlight: InFlight | undefined;
  /** The spans in flight, else the oldest, at most `maxSpans`. `undefined`: there are none, or none can be read. */
  next(maxSpans: number): Promise<InFlight | undefined>;
  /** The other side has the oldest `count` in flight, but for `rejected` of them. */
  accepted(count: number, rejected: number): void;
  /** The other side has refused these, the oldest in flight, for good. */
  refused(records: readonly SpanRecord[]): void;
  /** The spans in flight wait again, in their place. */
  putBack(): void;
}
