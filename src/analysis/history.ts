import { answersOf, isCall } from './calls.ts';
import { Histogram } from './histogram.ts';
import { operationOf } from './labels.ts';
import { selfTimeOf } from './self-time.ts';
import { alignedTimes, type Times } from './times.ts';
import { serviceName, walk } from './tree.ts';
import type { TraceTree, TreeNode } from './types.ts';
import { type Wait, waitsOf } from './waits.ts';

/** Fewer samples than this say nothing about what is usual. */
const LEAST_SAMPLES = 20;

/** A time is far above the usual from this many times on. */
const FAR_ABOVE = 3;

/**
 * The usual times: of each operation's own work, and of each of its waits. Made from the
 * traces of a time that counts as normal; its size depends on how many operations there are, not on how
 * many traces.
 *
 *     const lastWeek = historyOf(buildTraces(spansOfLastWeek));
 *     report(buildTraces(spansOfToday), { history: lastWeek });
 */
export class History {
  readonly #own = new Map<string, Histogram>();
  readonly #waits = new Map<string, Histogram>();

  /** Adds what one trace shows. Failed spans are left out: they are often quick, or slow, for other reasons. */
  add(tree: TraceTree): void {
    const times = alignedTimes(tree);
    for (const node of walk(tree)) {
      if (node.span.status.code === 'error') continue;
      if (hasOwnWork(node)) record(this.#own, operationKey(node), selfTimeOf(node, times));
      for (const wait of waitsOf(node, times)) record(this.#waits, waitKey(wait), wait.toMs - wait.fromMs);
    }
  }

  /** Adds all of another history. */
  merge(other: History): void {
    mergeInto(this.#own, other.#own);
    mergeInto(this.#waits, other.#waits);
  }

  /** The usual own time of a span's operation, when its own time is far above it; else `undefined`. In milliseconds. */
  usualOwnMs(node: TreeNode, times: Times): number | undefined {
    if (!hasOwnWork(node)) return undefined;
    return usualIfFarBelow(this.#own.get(operationKey(node)), selfTimeOf(node, times));
  }

  /** The usual length of a wait, when this one is far above it; else `undefined`. In milliseconds. */
  usualWaitMs(wait: Wait): number | undefined {
    return usualIfFarBelow(this.#waits.get(waitKey(wait)), wait.toMs - wait.fromMs);
  }
}

/** The history of some traces. */
export function historyOf(trees: Iterable<TraceTree>): History {
  const history = new History();
  for (const tree of trees) history.add(tree);
  return history;
}

/** A call that was answered does nothing itself: what is left of it is a wait. */
function hasOwnWork(node: TreeNode): boolean {
  return !isCall(node.span) || answersOf(node).length === 0;
}

function operationKey(node: TreeNode): string {
  return JSON.stringify([serviceName(node.span), node.span.kind, operationOf(node)]);
}

function waitKey({ what, node, next }: Wait): string {
  return JSON.stringify([what, operationKey(node), next && operationKey(next)]);
}

function record(histograms: Map<string, Histogram>, key: string, ms: number): void {
  const histogram = histograms.get(key) ?? new Histogram();
  histogram.add(ms);
  histograms.set(key, histogram);
}

function mergeInto(target: Map<string, Histogram>, source: ReadonlyMap<string, Histogram>): void {
  for (const [key, histogram] of [...source]) {
    const merged = target.get(key) ?? new Histogram();
    merged.merge(histogram);
    target.set(key, merged);
  }
}

/** Far above: at least three times the median, and more than 19 of 20. */
function usualIfFarBelow(histogram: Histogram | undefined, ms: number): number | undefined {
  if (!histogram || histogram.count < LEAST_SAMPLES) return undefined;
  const median = histogram.quantile(0.5) ?? 0;
  const most = histogram.quantile(0.95) ?? 0;
  return ms >= FAR_ABOVE * median && ms > most ? median : undefined;
}

/** True for a result of {@link historyOf}, of whatever copy of the package. */
export function isHistory(given: unknown): given is History {
  return typeof (given as Partial<History> | null)?.add === 'function';
}
