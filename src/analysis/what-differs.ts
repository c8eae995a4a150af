import type { SpanRecord } from '../core/record.ts';
import { compareText } from '../leaves/compare.ts';

/** A value of an attribute, and its share among some spans and among the rest. */
export interface AttributeShare {
  readonly key: string;
  /** As text; lists as JSON. */
  readonly value: string;
  /** 0 to 1. */
  readonly selected: number;
  readonly rest: number;
}

/** Keys that have a value of their own in more than this share of their spans tell spans apart, not groups. */
const TOO_UNIQUE = 0.9;

/** Values that are counted for one key: more are as good as unique. */
const MOST_VALUES = 1000;

/** Longer values are cut. */
const LONGEST_VALUE = 200;

interface KeyCounts {
  spans: number;
  /** Counts of selected and rest by value. */
  readonly values: Map<string, [selected: number, rest: number]>;
  overflowed: boolean;
}

/**
 * The differences of some spans from the rest: the attributes (of span and resource) whose values they have more often,
 * or less often, than the rest, the greatest difference first. Ids and the like (over 90 % of the values
 * differ) are left out.
 *
 *     const [slow, others] = [spans.filter((span) => span.durationMs > 500), spans.filter((span) => span.durationMs <= 500)];
 *     whatDiffers(slow, others)[0];   // { key: 'host.name', value: 'db-3', selected: 0.97, rest: 0.2 }
 */
export function whatDiffers(selected: readonly SpanRecord[], rest: readonly SpanRecord[]): AttributeShare[] {
  const keys = new Map<string, KeyCounts>();
  for (const span of selected) countAttributes(keys, span, 0);
  for (const span of rest) countAttributes(keys, span, 1);
  const shares: AttributeShare[] = [];
  for (const [key, { spans, values, overflowed }] of keys) {
    if (overflowed || (spans > 1 && values.size / spans > TOO_UNIQUE)) continue;
    for (const [value, [inSelected, inRest]] of values) {
      shares.push({ key, value, selected: inSelected / selected.length || 0, rest: inRest / rest.length || 0 });
    }
  }
  return shares.filter(({ selected: a, rest: b }) => a !== b).sort(byDifference);
}

function byDifference(a: AttributeShare, b: AttributeShare): number {
  const difference = Math.abs(b.selected - b.rest) - Math.abs(a.selected - a.rest);
  return difference || compareText(a.key, b.key) || compareText(a.value, b.value);
}

function countAttributes(keys: Map<string, KeyCounts>, span: SpanRecord, side: 0 | 1): void {
  const attributes = { ...span.resource.attributes, ...span.attributes };
  for (const [key, given] of Object.entries(attributes)) {
    if (given === undefined) continue;
    const counts = keys.get(key) ?? { spans: 0, values: new Map(), overflowed: false };
    keys.set(key, counts);
    counts.spans++;
    const value = (typeof given === 'object' ? JSON.stringify(given) : String(given)).slice(0, LONGEST_VALUE);
    const shares = counts.values.get(value);
    if (shares) shares[side]++;
    else if (counts.values.size < MOST_VALUES) counts.values.set(value, side === 0 ? [1, 0] : [0, 1]);
    else counts.overflowed = true;
  }
}
