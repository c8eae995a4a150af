import { compareText } from '../leaves/compare.ts';
import { answersOf, isCall, statedTarget } from './calls.ts';
import { hasFailed } from './failures.ts';
import { Histogram } from './histogram.ts';
import { durationOf } from './times.ts';
import { serviceName, walk } from './tree.ts';
import type { TraceTree, TreeNode } from './types.ts';

/** The calls from one service to another: how many, how many in vain, and how long they take. */
export interface GraphEdge {
  readonly from: string;
  /** A service or, where none answered, the peer, database, queue or address that was called. */
  readonly to: string;
  readonly count: number;
  readonly errors: number;
  /** As the caller saw it, where it has a span for the call. */
  readonly durations: Histogram;
}

/** One call in one trace. */
interface Call {
  readonly from: string;
  readonly to: string;
  readonly failed: boolean;
  readonly durationMs: number;
}

/**
 * The services of some traces and the calls between them. Each trace can be set again when more of its
 * spans have come: what it said before is forgotten, so late spans correct the graph. Grows with the
 * number of calls in it.
 *
 *     const graph = new ServiceGraph();
 *     for (const tree of buildTraces(spans)) graph.set(tree);
 *     for (const { from, to, count } of graph.edges()) print(from, to, count);
 */
export class ServiceGraph {
  readonly #calls = new Map<string, readonly Call[]>();

  /** Adds a trace, or replaces what is known of it. */
  set(tree: TraceTree): void {
    this.#calls.set(tree.traceId, callsOf(tree));
  }

  /** Forgets a trace. */
  delete(traceId: string): void {
    this.#calls.delete(traceId);
  }

  /** Every edge, by caller and called. */
  edges(): GraphEdge[] {
    const edges = new Map<string, { from: string; to: string; count: number; errors: number; durations: Histogram }>();
    for (const [traceId, calls] of this.#calls) {
      for (const { from, to, failed, durationMs } of calls) {
        const key = JSON.stringify([from, to]);
        const edge = edges.get(key) ?? { from, to, count: 0, errors: 0, durations: new Histogram() };
        edges.set(key, edge);
        edge.count++;
        if (failed) edge.errors++;
        edge.durations.add(durationMs, traceId);
      }
    }
    return [...edges.values()].sort((a, b) => compareText(a.from, b.from) || compareText(a.to, b.to));
  }
}

/**
 * A call that was answered leads to each service that did; one that was not, to whom it names. A served
 * request below a span that is no call leads there from the service of that span.
 */
function callsOf(tree: TraceTree): Call[] {
  const calls: Call[] = [];
  for (const node of walk(tree)) {
    if (isCall(node.span)) calls.push(...callsTo(node));
    else if (isServedWithoutCall(node)) calls.push(callFrom(node.parent, node, serviceName(node.span)));
  }
  return calls;
}

function callsTo(call: TreeNode): Call[] {
  const answers = new Set(answersOf(call).map(({ span }) => serviceName(span)));
  if (answers.size > 0) return [...answers].map((to) => callFrom(call, call, to));
  const to = statedTarget(call.span);
  return to === undefined ? [] : [callFrom(call, call, to)];
}

function isServedWithoutCall(node: TreeNode): node is TreeNode & { readonly parent: TreeNode } {
  return node.transit !== undefined && node.parent !== undefined && !isCall(node.parent.span);
}

function callFrom(caller: TreeNode, timed: TreeNode, to: string): Call {
  return { from: serviceName(caller.span), to, failed: hasFailed(timed), durationMs: durationOf(timed) };
}
