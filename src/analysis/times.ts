import { endsTooLate, TOLERANCE_MS } from './transit.ts';
import type { TraceTree, TreeNode } from './types.ts';

/** Doubles of today's epoch are 0.00024 ms apart: what lies closer than this touches. */
export const TOUCHING_MS = 0.001;

/** A stretch of time, in milliseconds since the Unix epoch. */
export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The times at which the spans of a trace began and ended, on one clock. */
export interface Times {
  startOf(node: TreeNode): number;
  endOf(node: TreeNode): number;
  /** The milliseconds that were added to the times a span came with: 0 where the clocks agree. */
  shiftOf(node: TreeNode): number;
}

/** The times as they came. */
export const recordedTimes: Times = {
  startOf: (node) => node.span.startTimeMs,
  endOf: (node) => node.span.startTimeMs + durationOf(node),
  shiftOf: () => 0,
};

/** A duration that can be reckoned with: 0 where the record has none, or a negative one. */
export function durationOf({ span }: TreeNode): number {
  return span.durationMs > 0 && Number.isFinite(span.durationMs) ? span.durationMs : 0;
}

/**
 * The times of a trace with the clocks of its processes brought together: a server span that lies
 * outside its client's interval although it is shorter moves, with all below it, to the middle of that
 * interval. Nothing else moves; asynchronous children never do. The records stay as they are.
 *
 *     const times = alignedTimes(tree);
 *     times.startOf(node) - times.shiftOf(node) === node.span.startTimeMs;
 */
export function alignedTimes(tree: TraceTree): Times {
  const shifts = new Map<TreeNode, number>();
  for (const tops of [tree.roots, ...tree.orphans.map(({ nodes }) => nodes)]) noteShifts(tops, shifts);
  if (shifts.size === 0) return recordedTimes;
  const shiftOf = (node: TreeNode): number => shifts.get(node) ?? 0;
  return {
    startOf: (node) => node.span.startTimeMs + shiftOf(node),
    endOf: (node) => node.span.startTimeMs + shiftOf(node) + durationOf(node),
    shiftOf,
  };
}

/** Level by level, parents first: a shift is that of the parent and the edge's own. */
function noteShifts(tops: readonly TreeNode[], shifts: Map<TreeNode, number>): void {
  for (let level = tops; level.length > 0; ) {
    const next: TreeNode[] = [];
    for (const node of level) {
      const shift = shifts.get(node) ?? 0;
      for (const child of node.children) {
        const sum = shift + (isSkewed(child) ? toTheMiddle(node, child) : 0);
        if (sum !== 0) shifts.set(child, sum);
        next.push(child);
      }
    }
    level = next;
  }
}

/**
 * True where two clocks disagree on this call: a server span outside its client's interval although it is
 * shorter. A longer one that outlives its client proves nothing (the client gave up), but one that begins before it
 * does.
 */
export function isSkewed(child: TreeNode): boolean {
  const { parent, transit } = child;
  if (!parent || !transit || parent.span.kind !== 'client' || child.span.kind !== 'server') return false;
  if (durationOf(child) > durationOf(parent)) return transit.requestMs < -TOLERANCE_MS;
  return transit.requestMs < -TOLERANCE_MS || endsTooLate(parent.span, child.span, transit.responseMs);
}

function toTheMiddle(parent: TreeNode, child: TreeNode): number {
  const room = Math.max(0, durationOf(parent) - durationOf(child)); // a longer one begins with its client
  return parent.span.startTimeMs + room / 2 - child.span.startTimeMs;
}

/** Work that its parent does not wait for: it starts when the parent is done, or came by a message. */
export function isAsynchronous(child: TreeNode, times: Times): boolean {
  const { parent } = child;
  if (!parent) return false;
  if (child.span.kind === 'consumer' && (parent.span.kind === 'producer' || child.transit)) return true;
  return durationOf(child) > 0 && times.startOf(child) >= times.endOf(parent);
}
