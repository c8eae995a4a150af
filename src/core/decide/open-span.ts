import type { OpenRecord } from '../record.ts';
import type { Span } from '../span.ts';

/** An operation that knows more of its span than that says while it is open. */
export interface SpanOwner {
  /** It lasts as long as somebody listens: nobody has forgotten to end it. */
  readonly isStream: boolean;
  /** Gives the span the name that it has so far. */
  nameNow(): void;
}

/** A span as its local trace and the books know it. */
export interface OpenSpan extends Span {
  /** As they were at the start; the sampled bit says whether the span was to be recorded. */
  readonly startFlags: number;
  /** Undefined where nothing is recorded. */
  readonly record: OpenRecord | undefined;
  /** Undefined where nobody knows more of it. */
  readonly owner: SpanOwner | undefined;
  /** The time it is open, in milliseconds; undefined where nothing is recorded: nobody waits for such a span. */
  ageMs(): number | undefined;
  /** Has its local trace decided by what is known now. */
  decideNow(): void;
}
