import type { SpanKind } from '../core/record.ts';
import { compareText } from '../leaves/compare.ts';
import { criticalPath } from './critical-path.ts';
import { statableTarget } from './labels.ts';
import { selfTimeOf } from './self-time.ts';
import { alignedTimes } from './times.ts';
import { serviceName, walk } from './tree.ts';
import type { TraceTree, TreeNode } from './types.ts';

/** The spans of one place on one side, summed up, a trace on average. */
export interface DiffSide {
  readonly count: number;
  readonly selfMs: number;
  /** Own work on the critical path, in milliseconds. */
  readonly criticalMs: number;
}

/** The spans of one place: the same service, name and kind below the same place. */
export interface DiffRow {
  readonly service: string;
  readonly name: string;
  readonly kind: SpanKind;
  /** Whom its spans call, where their name does not say so and it is the same for all. */
  readonly target?: string | undefined;
  /** 0 for what begins a trace. */
  readonly depth: number;
  readonly before: DiffSide;
  readonly after: DiffSide;
  /** `after` less `before`. */
  readonly delta: DiffSide;
}

/** The difference of two sets of traces. */
export interface TraceDiff {
  /** Traces on each side. */
  readonly traces: { readonly before: number; readonly after: number };
  /** The duration of their requests on average, in milliseconds. */
  readonly durationMs: { readonly before: number; readonly after: number };
  /** Every place on either side: below its parent's, siblings in the order in which they began. */
  readonly rows: readonly DiffRow[];
}

interface Sums {
  count: number;
  selfMs: number;
  criticalMs: number;
}

interface Place {
  readonly node: TreeNode;
  target: string | undefined;
  readonly depth: number;
  readonly below: Map<string, Place>;
  readonly before: Sums;
  readonly after: Sums;
  /** Its place among its siblings, added up over all its spans: places are ordered by the average. */
  position: number;
}

/**
 * Compares traces: one with another, one with a baseline of its operation, or one run with another. Spans
 * are matched by their way from the top, a (service, name, kind) a step; equal siblings share a row, and
 * `count` says how many they are. What is on one side only has a count of 0 on the other. Figures are averages over the traces of a side, so that the two
 * sides need not be equally many.
 *
 *     const { rows } = diffTraces([yesterdays], [todays]);
 *     for (const { name, delta } of rows) if (delta.criticalMs > 10) print(name, delta.criticalMs);
 */
export function diffTraces(before: readonly TraceTree[], after: readonly TraceTree[]): TraceDiff {
  const top = newPlaces();
  const beforeMs = addAll(top, before, 'before');
  const afterMs = addAll(top, after, 'after');
  const counts = { before: before.length, after: after.length };
  return {
    traces: counts,
    durationMs: { before: average(beforeMs, counts.before), after: average(afterMs, counts.after) },
    rows: [...inOrder(top)].map((place) => rowOf(place, counts)),
  };
}

function newPlaces(): Map<string, Place> {
  return new Map();
}

/** Adds traces to one side; returns how long their requests took together. */
function addAll(top: Map<string, Place>, trees: readonly TraceTree[], side: 'before' | 'after'): number {
  let totalMs = 0;
  for (const tree of trees) {
    const times = alignedTimes(tree);
    const path = criticalPath(tree, times);
    totalMs += path.entry ? Math.max(0, path.entry.span.durationMs || 0) : 0;
    const places = new Map<TreeNode, Place>();
    const positions = new Map<ReadonlyMap<string, Place>, number>();
    for (const node of walk(tree)) {
      const siblings = (node.parent && places.get(node.parent)?.below) ?? top;
      const position = positions.get(siblings) ?? 0;
      positions.set(siblings, position + 1);
      const place = placeOf(siblings, node);
      places.set(node, place);
      if (place.target !== undefined && place.target !== statableTarget(node)) place.target = undefined;
      place.position += position;
      place[side].count++;
      place[side].selfMs += selfTimeOf(node, times);
      place[side].criticalMs += path.ownMs.get(node) ?? 0;
    }
  }
  return totalMs;
}

function placeOf(siblings: Map<string, Place>, node: TreeNode): Place {
  const key = JSON.stringify([serviceName(node.span), node.span.name, node.span.kind]);
  const known = siblings.get(key);
  if (known) return known;
  const zero = (): Sums => ({ count: 0, selfMs: 0, criticalMs: 0 });
  const place = {
    node,
    target: statableTarget(node),
    depth: node.depth,
    below: newPlaces(),
    before: zero(),
    after: zero(),
    position: 0,
  };
  siblings.set(key, place);
  return place;
}

/** Every place above those below it, siblings by where they stand on average. Keeps its own stack: any depth will do. */
function* inOrder(top: ReadonlyMap<string, Place>): Generator<Place, void, undefined> {
  const stack = lastFirst(top);
  for (let place = stack.pop(); place; place = stack.pop()) {
    yield place;
    for (const below of lastFirst(place.below)) stack.push(below);
  }
}

function lastFirst(places: ReadonlyMap<string, Place>): Place[] {
  return [...places.values()].sort(
    (a, b) => averagePosition(b) - averagePosition(a) || compareText(b.node.span.name, a.node.span.name),
  );
}

function averagePosition({ position, before, after }: Place): number {
  return position / (before.count + after.count);
}

function rowOf(place: Place, traces: TraceDiff['traces']): DiffRow {
  const before = sideOf(place.before, traces.before);
  const after = sideOf(place.after, traces.after);
  return {
    service: serviceName(place.node.span),
    name: place.node.span.name,
    kind: place.node.span.kind,
    ...(place.target === undefined ? {} : { target: place.target }),
    depth: place.depth,
    before,
    after,
    delta: {
      count: after.count - before.count,
      selfMs: after.selfMs - before.selfMs,
      criticalMs: after.criticalMs - before.criticalMs,
    },
  };
}

function sideOf({ count, selfMs, criticalMs }: Sums, traces: number): DiffSide {
  return { count: average(count, traces), selfMs: average(selfMs, traces), criticalMs: average(criticalMs, traces) };
}

function average(sum: number, count: number): number {
  return count > 0 ? sum / count : 0;
}

/** Less than this is noise, in milliseconds, and so is less than this share of the duration before. */
const LEAST_MS = 10;
const LEAST_SHARE = 0.1;

/**
 * The rows of a diff that made its traces slower by more than noise: own work on the critical path that
 * grew by at least max(10 ms, 10 % of the duration before), the greatest growth first. Empty: nothing to complain of.
 */
export function regressionsOf({ rows, durationMs }: TraceDiff): DiffRow[] {
  const least = Math.max(LEAST_MS, durationMs.before * LEAST_SHARE);
  return rows.filter(({ delta }) => delta.criticalMs >= least).sort((a, b) => b.delta.criticalMs - a.delta.criticalMs);
}
