import { alignedTimes, durationOf, type Interval, isAsynchronous, type Times, TOUCHING_MS } from './times.ts';
import type { TraceTree, TreeNode } from './types.ts';

/** A stretch in which the whole trace waited for one span's own work. */
export interface CriticalSection extends Interval {
  readonly node: TreeNode;
}

/** The chain of work that a trace's duration is made of. */
export interface CriticalPath {
  /** The span whose interval is explained; `undefined` for a trace without spans. */
  readonly entry: TreeNode | undefined;
  /** In order of time. They tile the entry's interval: each begins where the one before ends. */
  readonly sections: readonly CriticalSection[];
  /** The time in which the path was in a span or below it, for each span that it passes. */
  readonly visits: ReadonlyMap<TreeNode, Interval>;
  /** The sections of each span added up, in milliseconds. */
  readonly ownMs: ReadonlyMap<TreeNode, number>;
}

/** The span that stands for the request: the longest root or, where none has come, the longest orphan. */
export function entryOf(tree: TraceTree): TreeNode | undefined {
  return longest(tree.roots) ?? longest(tree.orphans.flatMap(({ nodes }) => nodes));
}

function longest(nodes: readonly TreeNode[]): TreeNode | undefined {
  let best: TreeNode | undefined;
  for (const node of nodes) if (!best || durationOf(node) > durationOf(best)) best = node;
  return best;
}

/** A span that the path is walking back through. */
interface Frame {
  readonly node: TreeNode;
  readonly fromMs: number;
  readonly toMs: number;
  /** Children by end: the last one is asked next. */
  readonly children: TreeNode[];
  /** Everything after this is explained. */
  cursor: number;
}

/**
 * The chain of work that a trace waited for, walked back from the end of its entry: at any moment the
 * child that finished last is what its parent waited for; where none runs, the parent works itself. A
 * child that still ran when the next step had begun was not waited for, nor is an asynchronous one (it
 * starts after its parent's end, or came by a message). Clock skew is taken out first; pass
 * `recordedTimes` to keep it. Pure and iterative, n log n in the children on the path.
 *
 *     for (const { node, fromMs, toMs } of criticalPath(tree).sections) print(node.span.name, toMs - fromMs);
 */
export function criticalPath(tree: TraceTree, times: Times = alignedTimes(tree)): CriticalPath {
  const entry = entryOf(tree);
  const sections: CriticalSection[] = [];
  const visits = new Map<TreeNode, Interval>();
  const stack: Frame[] = entry ? [frameOf(entry, times.startOf(entry), times.endOf(entry), times)] : [];
  for (let frame = stack.at(-1); frame; frame = stack.at(-1)) {
    const step = nextStep(frame, times);
    pushSection(sections, frame.node, step ? step.toMs : frame.fromMs, frame.cursor);
    if (step) {
      frame.cursor = step.fromMs;
      stack.push(step);
      continue;
    }
    visits.set(frame.node, { fromMs: frame.fromMs, toMs: frame.toMs });
    stack.pop();
  }
  sections.reverse();
  return { entry, sections, visits, ownMs: sumSections(sections) };
}

function frameOf(node: TreeNode, fromMs: number, toMs: number, times: Times): Frame {
  const waitedFor = node.children.filter((child) => durationOf(child) > 0 && !isAsynchronous(child, times));
  const children = waitedFor.sort((a, b) => times.endOf(a) - times.endOf(b) || times.startOf(b) - times.startOf(a));
  return { node, fromMs, toMs, children, cursor: toMs };
}

/** The child that the frame's span waited for last, cut to what is left of its interval. */
function nextStep(frame: Frame, times: Times): Frame | undefined {
  for (let child = frame.children.pop(); child; child = frame.children.pop()) {
    const end = Math.min(times.endOf(child), frame.toMs);
    if (end > frame.cursor + TOUCHING_MS) continue;
    const toMs = Math.min(end, frame.cursor);
    const fromMs = Math.max(times.startOf(child), frame.fromMs);
    if (fromMs < toMs) return frameOf(child, fromMs, toMs, times);
  }
  return undefined;
}

function pushSection(sections: CriticalSection[], node: TreeNode, fromMs: number, toMs: number): void {
  if (toMs > fromMs) sections.push({ node, fromMs, toMs });
}

function sumSections(sections: readonly CriticalSection[]): Map<TreeNode, number> {
  const sums = new Map<TreeNode, number>();
  for (const { node, fromMs, toMs } of sections) sums.set(node, (sums.get(node) ?? 0) + toMs - fromMs);
  return sums;
}
