import { operationOf } from '../analysis/labels.ts';
import { durationOf } from '../analysis/times.ts';
import { serviceName, walkNodes } from '../analysis/tree.ts';
import type { TraceTree, TreeNode } from '../analysis/types.ts';
import type { SpanRecord } from '../core/record.ts';
import { compareText } from '../leaves/compare.ts';
import { groupBy } from '../leaves/grouping.ts';

/** So many similar siblings become one row. */
const LEAST_SIMILAR = 4;

/** The siblings that one row stands for when they are folded. */
export interface Fold {
  /** The siblings, by start. */
  readonly nodes: readonly TreeNode[];
  readonly failed: number;
  readonly medianMs: number;
  readonly longestMs: number;
  /** Spans below them, which are not drawn. */
  readonly below: number;
}

/** A trace whose similar siblings are folded. */
export interface CollapsedTrace {
  readonly trace: TraceTree;
  /** Of the rows that stand for several spans. */
  readonly folds: ReadonlyMap<TreeNode, Fold>;
  /** The node that each other row was made from. */
  readonly originals: ReadonlyMap<TreeNode, TreeNode>;
}

interface Copy extends TreeNode {
  children: Copy[];
}

/**
 * Folds siblings of the same service, kind, name and target, from four on, into one node that spans them all. What
 * lies below them goes too. Everything else is copied, so the given trace stays as it is.
 */
export function collapse(trace: TraceTree): CollapsedTrace {
  const folds = new Map<TreeNode, Fold>();
  const originals = new Map<TreeNode, TreeNode>();
  const roots = copyAll(trace.roots, folds, originals);
  const orphans = trace.orphans.map((group) => ({ ...group, nodes: copyAll(group.nodes, folds, originals) }));
  return { trace: { ...trace, roots, orphans }, folds, originals };
}

function copyAll(tops: readonly TreeNode[], folds: Map<TreeNode, Fold>, originals: Map<TreeNode, TreeNode>): Copy[] {
  const copies = tops.map((node) => copyOf(node, undefined));
  const waiting = tops.map((node, i) => ({ node, copy: copies[i] as Copy }));
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { node, copy } = next;
    originals.set(copy, node);
    for (const group of similarSiblings(node.children)) {
      const [first] = group;
      if (!first) continue;
      if (group.length < LEAST_SIMILAR) {
        for (const child of group) {
          const below = copyOf(child, copy);
          copy.children.push(below);
          waiting.push({ node: child, copy: below });
        }
        continue;
      }
      const folded = copyOf({ ...first, span: spanOver(group) }, copy);
      copy.children.push(folded);
      folds.set(folded, foldOf(group));
    }
    copy.children.sort(byStart);
  }
  return copies;
}

function copyOf(node: TreeNode, parent: TreeNode | undefined): Copy {
  return { ...node, parent, children: [] };
}

function byStart(a: TreeNode, b: TreeNode): number {
  return a.span.startTimeMs - b.span.startTimeMs || compareText(a.span.spanId, b.span.spanId);
}

function similarSiblings(siblings: readonly TreeNode[]): TreeNode[][] {
  if (siblings.length < LEAST_SIMILAR) return siblings.map((node) => [node]);
  return [...groupBy(siblings, likeness).values()];
}

/** The same service, kind and name, and for calls the same target. */
function likeness(node: TreeNode): string {
  return JSON.stringify([serviceName(node.span), node.span.kind, operationOf(node)]);
}

/** A span from the first start to the last end; it has failed when one of them has. */
function spanOver(nodes: readonly TreeNode[]): SpanRecord {
  const { span } = nodes[0] as TreeNode;
  const endMs = nodes.reduce((end, node) => Math.max(end, node.span.startTimeMs + durationOf(node)), span.startTimeMs);
  const failed = nodes.find((node) => node.span.status.code === 'error');
  const status = failed?.span.status ?? span.status;
  return { ...span, durationMs: endMs - span.startTimeMs, status, attributes: {} };
}

function foldOf(nodes: readonly TreeNode[]): Fold {
  const durations = nodes.map(durationOf).sort((a, b) => a - b);
  let spans = 0;
  for (const _ of walkNodes(nodes)) spans++;
  return {
    nodes,
    failed: nodes.filter(({ span }) => span.status.code === 'error').length,
    medianMs: durations[(durations.length - 1) >> 1] ?? 0,
    longestMs: durations.at(-1) ?? 0,
    below: spans - nodes.length,
  };
}
