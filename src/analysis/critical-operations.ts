import type { SpanKind } from '../core/record.ts';
import { compareText } from '../leaves/compare.ts';
import { criticalPath } from './critical-path.ts';
import { operationOf } from './labels.ts';
import { durationOf, type Interval } from './times.ts';
import { serviceName } from './tree.ts';
import type { TraceTree, TreeNode } from './types.ts';

/** The part of an operation in the durations of some traces. */
export interface CriticalOperation {
  readonly service: string;
  /** The name of its spans, with the target of a call: `GET → stock`. */
  readonly operation: string;
  readonly kind: SpanKind;
  /** In how many traces the critical path passes it. */
  readonly traces: number;
  /** Time on the critical paths in which it worked itself, all traces together, in milliseconds. */
  readonly ownMs: number;
  /** The same as a share of all traces' durations, 0 to 1. */
  readonly share: number;
  /** If it and all below it took 0 ms, a trace would be shorter by at most so much, on average over all traces. */
  readonly savesAtMostMs: number;
  /** The same in the trace where it is greatest, and which that is. */
  readonly mostInOneTraceMs: number;
  readonly exemplar: string;
}

interface Growing extends CriticalOperation {
  traces: number;
  ownMs: number;
  share: number;
  savesAtMostMs: number;
  mostInOneTraceMs: number;
  exemplar: string;
}

/**
 * The critical paths of many traces, summed up by operation: where the time goes that users wait for, and
 * what it would save at most to make an operation free. At most, because then something else may be what
 * the trace waits for. The greatest own time comes first.
 *
 *     for (const { operation, share, savesAtMostMs } of criticalOperations(buildTraces(spans)))
 *       print(operation, share, `if this took 0 ms, a trace would save at most ${savesAtMostMs} ms`);
 */
export function criticalOperations(trees: readonly TraceTree[]): CriticalOperation[] {
  const operations = new Map<string, Growing>();
  let totalMs = 0;
  let traces = 0;
  for (const tree of trees) {
    const { entry, ownMs, visits } = criticalPath(tree);
    if (!entry) continue;
    traces++;
    totalMs += durationOf(entry);
    for (const [key, part] of partsOf(tree.traceId, ownMs, visits)) addTo(operations, key, part);
  }
  for (const operation of operations.values()) {
    operation.share = totalMs > 0 ? operation.ownMs / totalMs : 0;
    operation.savesAtMostMs /= traces;
  }
  return [...operations.values()].sort(
    (a, b) => b.ownMs - a.ownMs || compareText(a.service, b.service) || compareText(a.operation, b.operation),
  );
}

/** The part of each operation in one trace. */
function partsOf(
  traceId: string,
  ownMs: ReadonlyMap<TreeNode, number>,
  visits: ReadonlyMap<TreeNode, Interval>,
): Map<string, Growing> {
  const parts = new Map<string, Growing>();
  const keys = new Map<TreeNode, string>();
  for (const node of visits.keys()) keys.set(node, keyOf(node));
  const repeated = repetitionsOf(visits, keys);
  for (const [node, { fromMs, toMs }] of visits) {
    const key = keys.get(node) ?? '';
    const part = parts.get(key) ?? newPart(node, traceId);
    parts.set(key, part);
    part.ownMs += ownMs.get(node) ?? 0;
    if (repeated.has(node)) continue;
    part.savesAtMostMs += toMs - fromMs;
    part.mostInOneTraceMs += toMs - fromMs;
  }
  return parts;
}

/**
 * Visits within a visit of the same operation: their time is in it already. Visits nest, and come with the
 * inner ones first, so walking them backwards meets each outer one before what lies in it.
 */
function repetitionsOf(visits: ReadonlyMap<TreeNode, Interval>, keys: ReadonlyMap<TreeNode, string>): Set<TreeNode> {
  const repeated = new Set<TreeNode>();
  const open = new Map<string, number>();
  const way: TreeNode[] = [];
  for (const node of [...visits.keys()].reverse()) {
    for (let last = way.at(-1); last && last !== node.parent; last = way.at(-1)) {
      way.pop();
      const key = keys.get(last) ?? '';
      open.set(key, (open.get(key) ?? 1) - 1);
    }
    const key = keys.get(node) ?? '';
    if ((open.get(key) ?? 0) > 0) repeated.add(node);
    open.set(key, (open.get(key) ?? 0) + 1);
    way.push(node);
  }
  return repeated;
}

function keyOf(node: TreeNode): string {
  return JSON.stringify([serviceName(node.span), node.span.kind, operationOf(node)]);
}

function newPart(node: TreeNode, traceId: string): Growing {
  return {
    service: serviceName(node.span),
    operation: operationOf(node),
    kind: node.span.kind,
    traces: 1,
    ownMs: 0,
    share: 0,
    savesAtMostMs: 0,
    mostInOneTraceMs: 0,
    exemplar: traceId,
  };
}

function addTo(operations: Map<string, Growing>, key: string, part: Growing): void {
  const sum = operations.get(key);
  if (!sum) {
    operations.set(key, part);
    return;
  }
  sum.traces++;
  sum.ownMs += part.ownMs;
  sum.savesAtMostMs += part.savesAtMostMs;
  if (part.mostInOneTraceMs <= sum.mostInOneTraceMs) return;
  sum.mostInOneTraceMs = part.mostInOneTraceMs;
  sum.exemplar = part.exemplar;
}
