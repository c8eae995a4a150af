import { checked, type Readers, readOptions } from '../core/options/options.ts';
import type { SpanKind } from '../core/record.ts';
import type { Cause } from './finding.ts';
import { causesIn } from './findings/findings-in.ts';
import type { Histogram } from './histogram.ts';
import { type History, historyOf, isHistory } from './history.ts';
import { statableTarget } from './labels.ts';
import { type OperationStats, Operations } from './operations.ts';
import { type GraphEdge, ServiceGraph } from './service-graph.ts';
import { walk } from './tree.ts';
import type { TraceTree } from './types.ts';

/** Options of `report`. */
export interface ReportOptions {
  /** The time that the traces stand for, in milliseconds since the epoch. Default: first start and last end. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** The usual times. Default: those of the traces themselves. */
  readonly history?: History | undefined;
}

const READERS = {
  from: checked('milliseconds since the epoch', isNumber),
  to: checked('milliseconds since the epoch', isNumber),
  history: checked('what historyOf() gives', isHistory),
} satisfies Readers<ReportOptions>;

function isNumber(given: unknown): given is number {
  return typeof given === 'number';
}

export interface ReportedOperation {
  readonly service: string;
  readonly operation: string;
  readonly kind: SpanKind;
  /** Whom its spans call, where their name does not say so. */
  readonly target?: string | undefined;
  readonly count: number;
  readonly errors: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

export interface ReportedEdge {
  readonly from: string;
  readonly to: string;
  readonly count: number;
  readonly errors: number;
  readonly p95Ms: number;
}

/** Some traces, summed up. Plain data: `JSON.stringify` gives what `throughline report --json` prints. */
export interface Report {
  readonly from: number;
  readonly to: number;
  /** The numbers of traces, and of spans in them, repeated ones counted once. */
  readonly traces: number;
  readonly spans: number;
  /** By service, operation, kind and target. */
  readonly operations: readonly ReportedOperation[];
  /** By caller and called. */
  readonly edges: readonly ReportedEdge[];
  /** One a cause; what costs all its traces together the most comes first. */
  readonly findings: readonly Cause[];
}

/**
 * Rate, errors and durations of each operation, the calls between services, and what is wrong, of all
 * given traces. Pure; the order of the traces makes no difference. Times are rounded to microseconds.
 *
 *     const { findings } = report(buildTraces(spans));
 *     for (const { kind, savingMs, message, traceId } of findings) print(kind, savingMs, message, traceId);
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION` for a wrong option
 */
export function report(trees: readonly TraceTree[], options: ReportOptions = {}): Report {
  const { from, to, history } = readOptions('report', options, READERS);
  const operations = new Operations();
  const graph = new ServiceGraph();
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  let spans = 0;
  for (const tree of trees) {
    if (tree.spanCount === 0) continue;
    for (const node of walk(tree)) operations.add(node.span, statableTarget(node));
    graph.set(tree);
    first = Math.min(first, tree.startTimeMs);
    last = Math.max(last, tree.startTimeMs + tree.durationMs);
    spans += tree.spanCount;
  }
  return {
    from: from ?? (spans > 0 ? first : 0),
    to: to ?? (spans > 0 ? last : 0),
    traces: trees.filter(({ spanCount }) => spanCount > 0).length,
    spans,
    operations: operations.list().map(describeOperation),
    edges: graph.edges().map(describeEdge),
    findings: causesIn(trees, { history: history ?? historyOf(trees) }),
  };
}

function describeOperation({ durations, ...operation }: OperationStats): ReportedOperation {
  const [p50Ms = 0, p95Ms = 0, p99Ms = 0] = [0.5, 0.95, 0.99].map((q) => quantile(durations, q));
  return { ...operation, p50Ms, p95Ms, p99Ms };
}

function describeEdge({ from, to, count, errors, durations }: GraphEdge): ReportedEdge {
  return { from, to, count, errors, p95Ms: quantile(durations, 0.95) };
}

function quantile(durations: Histogram, q: number): number {
  return Math.round((durations.quantile(q) ?? 0) * 1000) / 1000;
}
