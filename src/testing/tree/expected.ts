import type { AttributeValue, SpanRecord } from '../../core/record.ts';
import type { ValueMatcher } from './value-matcher.ts';

/** `...`: any further spans at this place, with all below them. */
export const REST = '...';

/** A line of an expected tree. */
export type ExpectedItem = ExpectedSpan | typeof REST;

/** One expected span, as its line says it. */
export interface ExpectedSpan {
  /** The line without its indentation. */
  readonly text: string;
  readonly name: ExpectedName;
  /** Marked by `✗`: the status must be an error. Without the mark it may be anything. */
  readonly failed: boolean;
  readonly attributes: readonly ExpectedAttribute[];
  /** Complete, unless `...` is among them. */
  readonly children: ExpectedItem[];
}

export interface ExpectedName {
  readonly text: string;
  /** Without stars: fits one name only. */
  readonly isLiteral: boolean;
  matches(name: string): boolean;
}

/** `error.type: timeout` in braces. */
export interface ExpectedAttribute {
  readonly field: SpanField;
  /** `error.type: timeout`, as it was written. */
  readonly text: string;
  readonly matches: ValueMatcher;
}

/** The field that a key in braces names: an attribute, or the span's own `kind` or `status`. */
export interface SpanField {
  readonly key: string;
  readonly isOwn: boolean;
}

/** The keys that stand for the span itself; in quotes they are attributes like any other. */
export function isOwnField(key: string): boolean {
  return key === 'kind' || key === 'status';
}

/** The value of a field; `undefined` where the span has no such attribute. */
export function readField(span: SpanRecord, field: SpanField): AttributeValue | undefined {
  if (!field.isOwn) return Object.hasOwn(span.attributes, field.key) ? span.attributes[field.key] : undefined;
  return field.key === 'kind' ? span.kind : span.status.code;
}
