import { durationOf, recordedTimes, type Times } from './times.ts';
import type { TreeNode } from './types.ts';

/**
 * The time in which a span worked itself, in milliseconds: its duration less the union of its children's
 * times, as far as these lie within it. Children side by side count once, and one that outlives its
 * parent no further than the parent's end. Never negative, never more than the duration.
 *
 *     selfTimeOf(node);                       // by the times as recorded
 *     selfTimeOf(node, alignedTimes(tree));   // with clock skew taken out
 */
export function selfTimeOf(node: TreeNode, times: Times = recordedTimes): number {
  const parentEnd = times.endOf(node);
  let covered = 0;
  let coveredUntil = times.startOf(node);
  for (const child of byStart(node.children, times)) {
    const start = Math.max(times.startOf(child), coveredUntil);
    const end = Math.min(times.endOf(child), parentEnd);
    if (!(end > start)) continue;
    covered += end - start;
    coveredUntil = end;
  }
  return Math.max(0, durationOf(node) - covered); // sums of doubles: never a self time below zero
}

/** They come in order of start, unless a shift has moved one before another. */
function byStart(children: readonly TreeNode[], times: Times): readonly TreeNode[] {
  let before = Number.NEGATIVE_INFINITY;
  for (const child of children) {
    const start = times.startOf(child);
    if (start < before) return [...children].sort((a, b) => times.startOf(a) - times.startOf(b));
    before = start;
  }
  return children;
}
