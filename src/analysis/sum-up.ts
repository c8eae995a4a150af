import type { SpanRecord } from '../core/record.ts';
import { compareText } from '../leaves/compare.ts';
import { selfTimeOf } from './self-time.ts';
import { buildTraces, walk } from './tree.ts';

/** All spans of one name, summed up. */
export interface NameSummary {
  readonly name: string;
  readonly calls: number;
  /** Their durations added up; nested calls of the same name count twice. */
  readonly totalMs: number;
  /** Of that, the time in which no child was running. */
  readonly selfMs: number;
}

/**
 * Sums up spans by name: calls, total and self time, the longest total first. Self time is a span's
 * duration less the union of its children's times, as far as these lie within it: children side by
 * side count once, and one that outlives its parent no further than the parent's end. Spans may come
 * from any number of traces, in any order; a repeated span id counts once. Pure and iterative.
 *
 *     for (const { name, calls, selfMs } of sumUp(records)) print(name, calls, selfMs);
 */
export function sumUp(spans: readonly SpanRecord[]): NameSummary[] {
  const byName = new Map<string, { name: string; calls: number; totalMs: number; selfMs: number }>();
  for (const tree of buildTraces(spans)) {
    for (const node of walk(tree)) {
      const { name, durationMs } = node.span;
      const sum = byName.get(name) ?? { name, calls: 0, totalMs: 0, selfMs: 0 };
      sum.calls++;
      sum.totalMs += durationMs;
      sum.selfMs += selfTimeOf(node);
      byName.set(name, sum);
    }
  }
  return [...byName.values()].sort((a, b) => b.totalMs - a.totalMs || compareText(a.name, b.name));
}
