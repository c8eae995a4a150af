import type { OpenRecord } from '../record.ts';
import type { Span } from '../span.ts';

/** A span as its local trace and the books know it. */
export interface OpenSpan extends Span {
  /** As they were at the start; the sampled bit says whether the span was to be recorded. */
  readonly startFlags: number;
  /** Undefined where nothing is recorded. */
  readonly record: OpenRecord | undefined;
  /** How long it is open, in milliseconds; undefined where nothing is recorded: nobody waits for such a span. */
  ageMs(): number | undefined;
  /** Has its local trace decided by what is known now. */
  decideNow(): void;
}
