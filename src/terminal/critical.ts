import { criticalPath } from '../analysis/critical-path.ts';
import { alignedTimes, type Interval } from '../analysis/times.ts';
import type { TraceTree, TreeNode } from '../analysis/types.ts';
import { pushTo } from '../leaves/grouping.ts';
import type { CollapsedTrace } from './collapse.ts';

/** The stretches of each span, as recorded, in which the trace waited for its own work. */
export type CriticalMarks = ReadonlyMap<TreeNode, readonly Interval[]>;

/** Marks by the nodes of a trace. */
export function criticalMarks(trace: TraceTree): Map<TreeNode, Interval[]> {
  const times = alignedTimes(trace);
  const marks = new Map<TreeNode, Interval[]>();
  for (const { node, fromMs, toMs } of criticalPath(trace, times).sections) {
    const shiftMs = times.shiftOf(node);
    pushTo(marks, node, { fromMs: fromMs - shiftMs, toMs: toMs - shiftMs });
  }
  return marks;
}

/** The same by the nodes of a collapsed trace. A fold has the stretches in which the trace waited for any of its spans. */
export function collapsedMarks(trace: TraceTree, { folds, originals }: CollapsedTrace): CriticalMarks {
  const marks = criticalMarks(trace);
  const { visits } = criticalPath(trace);
  const moved = new Map<TreeNode, readonly Interval[]>();
  for (const [copy, original] of originals) moved.set(copy, marks.get(original) ?? []);
  for (const [copy, { nodes }] of folds) {
    moved.set(
      copy,
      nodes.flatMap((node) => visits.get(node) ?? []),
    );
  }
  return moved;
}

const ON_PATH = '█';
const OFF_PATH = '░';
const POINT = '•';

/**
 * A bar on an axis of `cells` columns, padded to all of them, whose marked stretches are solid and whose rest
 * is shaded. `start`, `end` and marks are fractions of the axis.
 *
 *     drawMarkedBar(0.1, 0.9, [[0.3, 0.5]], 10)   // ' ░░██░░░░ '
 */
export function drawMarkedBar(
  start: number,
  end: number,
  marks: readonly (readonly [from: number, to: number])[],
  cells: number,
): string {
  const first = Math.min(cellOf(start, cells), cells - 1);
  const last = Math.max(Math.ceil(clamp(end) * cells), first + 1);
  const bar = new Array<string>(last - first).fill(OFF_PATH);
  for (const [from, to] of marks) {
    const begin = Math.max(first, Math.min(cellOf(from, cells), last - 1));
    const finish = Math.min(last, Math.max(Math.round(clamp(to) * cells), begin + 1));
    bar.fill(ON_PATH, begin - first, finish - first);
  }
  const drawn = end > start ? bar.join('') : POINT;
  return `${' '.repeat(first)}${drawn}`.padEnd(cells);
}

function cellOf(fraction: number, cells: number): number {
  return Math.floor(clamp(fraction) * cells);
}

function clamp(fraction: number): number {
  return Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0;
}
