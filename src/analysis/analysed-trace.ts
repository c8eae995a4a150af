import { callKey, isCall } from './calls.ts';
import { type CriticalPath, criticalPath } from './critical-path.ts';
import { hasFailed } from './failures.ts';
import type { Finding, FindingKind } from './finding.ts';
import { type OwnPath, ownPathsOf } from './own-path.ts';
import { type Retries, retriesOf } from './retries.ts';
import { alignedTimes, durationOf, type Interval, type Times } from './times.ts';
import { serviceName, walk } from './tree.ts';
import type { TraceTree, TreeNode } from './types.ts';

/** Savings below this are not worth a line, in milliseconds ... */
const LEAST_SAVING_MS = 10;

/** ... nor are those below this share of the whole request. */
const LEAST_SAVING_SHARE = 0.1;

/** A trace, and all that searches for findings look at, reckoned once. */
export interface AnalysedTrace {
  readonly tree: TraceTree;
  /** Parents before their children. */
  readonly nodes: readonly TreeNode[];
  readonly times: Times;
  readonly path: CriticalPath;
  readonly ownPath: ReadonlyMap<TreeNode, OwnPath>;
  /** A key for each call, equal for equivalent ones. */
  readonly callKeys: ReadonlyMap<TreeNode, string>;
  /** The request as a whole ended in an error. */
  readonly failed: boolean;
  /** A finding about time must save at least this, in milliseconds. */
  readonly leastSavingMs: number;
  readonly retries: readonly Retries[];
  /** Attempts that were followed by another one. */
  readonly retried: ReadonlySet<TreeNode>;
  /** Of these, the ones whose last attempt succeeded. */
  readonly recovered: ReadonlySet<TreeNode>;
}

/** Looks at a trace once for all findings. */
export function analyse(tree: TraceTree): AnalysedTrace {
  const nodes = [...walk(tree)];
  const times = alignedTimes(tree);
  const path = criticalPath(tree, times);
  const retries = nodes.flatMap((node) => (node.children.length > 1 ? retriesOf(node, times) : []));
  const rootMs = path.entry ? durationOf(path.entry) : 0;
  return {
    tree,
    nodes,
    times,
    path,
    ownPath: ownPathsOf(path.sections),
    callKeys: new Map(nodes.filter(({ span }) => isCall(span)).map((node) => [node, callKey(node)])),
    failed: path.entry !== undefined && hasFailed(path.entry),
    leastSavingMs: Math.max(LEAST_SAVING_MS, rootMs * LEAST_SAVING_SHARE),
    retries,
    retried: new Set(retries.flatMap(({ attempts }) => attempts.slice(0, -1))),
    recovered: new Set(retries.flatMap(({ attempts }) => (endsWell(attempts) ? attempts.slice(0, -1) : []))),
  };
}

function endsWell(attempts: readonly TreeNode[]): boolean {
  const last = attempts.at(-1);
  return last !== undefined && !hasFailed(last);
}

/** The time that the request waited for a span or what is below it, in milliseconds. */
export function pathMs({ path }: AnalysedTrace, node: TreeNode): number {
  const visit = path.visits.get(node);
  return visit ? visit.toMs - visit.fromMs : 0;
}

/** The part of a stretch of time in which the request waited for a span's own work, in milliseconds. */
export function ownPathMsWithin({ ownPath }: AnalysedTrace, node: TreeNode, { fromMs, toMs }: Interval): number {
  const before = ownPath.get(node);
  return before && toMs > fromMs ? before.until(toMs) - before.until(fromMs) : 0;
}

const MOST_SPAN_IDS = 100;

/** A finding about `subject`, shown by `evidence`, the most telling first. */
export function findingOf(
  kind: FindingKind,
  subject: TreeNode,
  evidence: readonly TreeNode[],
  savingMs: number,
  message: string,
  target?: string,
): Finding {
  return {
    kind,
    traceId: subject.span.traceId,
    spanIds: evidence.slice(0, MOST_SPAN_IDS).map(({ span }) => span.spanId),
    service: serviceName(subject.span),
    operation: subject.span.name,
    ...(target === undefined ? {} : { target }),
    savingMs: Math.round(savingMs * 1000) / 1000,
    message,
  };
}

/** A duration for a sentence, in the unit that the headings have: `7.3 ms`, `152 ms`, `1.5 s`, `1.67 min`. */
export function milliseconds(ms: number): string {
  if (Math.round(ms) < 1000) return `${ms < 100 ? Number(ms.toPrecision(3)) : Math.round(ms)} ms`;
  const seconds = Number((ms / 1000).toPrecision(3));
  return seconds < 60 ? `${seconds} s` : `${Number((ms / 60_000).toPrecision(3))} min`;
}
