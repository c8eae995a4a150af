import type { Resource, SpanRecord } from '../core/record.ts';
import { compareText } from '../leaves/compare.ts';
import { groupBy, pushTo } from '../leaves/grouping.ts';
import { sortedOrder } from './sorted-order.ts';
import { transitOf } from './transit.ts';
import type { OrphanGroup, OrphanReason, TraceTree, Transit, TreeNode } from './types.ts';

/** A node while the tree is built; callers see it through the read-only {@link TreeNode}. */
interface Node extends TreeNode {
  span: SpanRecord;
  parent: Node | undefined;
  depth: number;
  children: Node[];
  transit: Transit | undefined;
  cycle: boolean;
}

/**
 * Assembles the spans of one trace, in any order and from any number of processes. The trace is that
 * of the first span; spans of another trace are left out (`buildTraces` takes a mixture). No spans
 * give an empty tree. Nothing is lost: `walk` visits every span once, but for repeated ids, of which
 * the first wins and the others are counted in `duplicates`. Pure and iterative: linear but for one
 * sort, whatever the depth.
 *
 *     const tree = buildTrace(records);
 *     for (const node of walk(tree)) print('  '.repeat(node.depth) + node.span.name);
 */
export function buildTrace(spans: readonly SpanRecord[]): TraceTree {
  const traceId = spans[0]?.traceId ?? '';
  const byId = new Map<string, Node>();
  let own = 0;
  // Backwards, so that the first of a repeated id stays, without a look-up before every insertion.
  for (let i = spans.length - 1; i >= 0; i--) {
    const span = spans[i];
    if (span?.traceId !== traceId) continue;
    byId.set(span.spanId, newNode(span));
    own++;
  }
  const duplicates = own - byId.size;
  giveStarts(byId);
  const nodes = inTimeOrder([...byId.values()]);
  const { roots, missing } = link(nodes, byId);
  markDepths(roots);
  for (const siblings of missing.values()) markDepths(siblings);
  breakCycles(nodes, roots);
  return { traceId, ...summarize(nodes), roots, orphans: orphanGroups(missing), duplicates };
}

/**
 * Assembles a mixture of traces: one tree a trace id, in order of first start (then trace id).
 */
export function buildTraces(spans: readonly SpanRecord[]): TraceTree[] {
  const byTrace = groupBy(spans, (span) => span.traceId);
  const trees = [...byTrace.values()].map(buildTrace);
  return trees.sort((a, b) => a.startTimeMs - b.startTimeMs || compareText(a.traceId, b.traceId));
}

/** Every node of a tree, parents before their children, siblings in time order: the roots first, then the orphans. */
export function* walk(tree: TraceTree): Generator<TreeNode, void, undefined> {
  yield* walkNodes(tree.roots);
  for (const group of tree.orphans) yield* walkNodes(group.nodes);
}

/** The given nodes and all below them, parents before their children. Keeps its own stack: any depth will do. */
export function* walkNodes(nodes: readonly TreeNode[]): Generator<TreeNode, void, undefined> {
  const stack: TreeNode[] = [];
  pushReversed(stack, nodes);
  for (let node = stack.pop(); node; node = stack.pop()) {
    yield node;
    pushReversed(stack, node.children);
  }
}

function pushReversed(stack: TreeNode[], nodes: readonly TreeNode[]): void {
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i];
    if (node) stack.push(node);
  }
}

/** Shared by all leaves: most spans are leaves, and an array each is memory for nothing. */
const NO_CHILDREN: Node[] = [];
Object.freeze(NO_CHILDREN);

function newNode(span: SpanRecord): Node {
  return { span, parent: undefined, depth: -1, children: NO_CHILDREN, transit: undefined, cycle: false };
}

/**
 * Spans without a start (0, as what is left out reads) begin with the nearest span above them that has one, else with
 * the trace: left where they are they would stretch it back to 1970.
 */
function giveStarts(byId: ReadonlyMap<string, Node>): void {
  const without = [...byId.values()].filter(({ span }) => !(span.startTimeMs > 0));
  if (without.length === 0 || without.length === byId.size) return;
  let first = Number.POSITIVE_INFINITY;
  for (const { span } of byId.values()) if (span.startTimeMs > 0) first = Math.min(first, span.startTimeMs);
  for (const node of without) node.span = { ...node.span, startTimeMs: startAbove(node, byId) ?? first };
}

function startAbove(node: Node, byId: ReadonlyMap<string, Node>): number | undefined {
  const seen = new Set<Node>();
  let above: Node | undefined = node;
  while (above !== undefined && !seen.has(above)) {
    if (above.span.startTimeMs > 0) return above.span.startTimeMs;
    seen.add(above);
    above = byId.get(above.span.parentSpanId ?? '');
  }
  return undefined;
}

function inTimeOrder(nodes: readonly Node[]): Node[] {
  const starts = new Float64Array(nodes.length);
  nodes.forEach((node, i) => {
    starts[i] = node.span.startTimeMs;
  });
  const order = sortedOrder(starts, (a, b) => byTime(nodes[a] as Node, nodes[b] as Node));
  const sorted: Node[] = [];
  for (const place of order) sorted.push(nodes[place] as Node);
  return sorted;
}

/** Start, then end, then span id: ids are unique by now, so the order does not depend on the input's. */
function byTime(a: TreeNode, b: TreeNode): number {
  const start = a.span.startTimeMs - b.span.startTimeMs;
  return start || a.span.durationMs - b.span.durationMs || compareText(a.span.spanId, b.span.spanId);
}

/** Hangs every node under its parent. The nodes come sorted, so every list of children is sorted too. */
function link(
  nodes: readonly Node[],
  byId: ReadonlyMap<string, Node>,
): { roots: Node[]; missing: Map<string, Node[]> } {
  const roots: Node[] = [];
  const missing = new Map<string, Node[]>();
  for (const node of nodes) {
    const parentId = node.span.parentSpanId;
    if (parentId === undefined) {
      roots.push(node);
      continue;
    }
    const parent = byId.get(parentId);
    if (parent) adopt(parent, node);
    else pushTo(missing, parentId, node);
  }
  return { roots, missing };
}

function adopt(parent: Node, child: Node): void {
  child.parent = parent;
  child.transit = transitOf(parent.span, child.span);
  if (parent.children === NO_CHILDREN) parent.children = [child];
  else parent.children.push(child);
}

/** Depth by level. What no root and no orphan reaches keeps -1: it hangs on a cycle. */
function markDepths(tops: readonly Node[]): void {
  let depth = 0;
  for (let level = tops; level.length > 0; depth++) {
    const next: Node[] = [];
    for (const node of level) {
      node.depth = depth;
      for (const child of node.children) next.push(child);
    }
    level = next;
  }
}

/** Cuts each cycle above its earliest span, which becomes a root marked `cycle`. */
function breakCycles(nodes: readonly Node[], roots: Node[]): void {
  const before = roots.length;
  for (const node of nodes) {
    if (node.depth !== -1) continue;
    const first = earliestOnCycle(node);
    first.parent?.children.splice(first.parent.children.indexOf(first), 1);
    first.parent = undefined;
    first.transit = undefined;
    first.cycle = true;
    roots.push(first);
    markDepths([first]);
  }
  if (roots.length > before) roots.sort(byTime);
}

/** Follows the parents from a node that no root reaches: they must run into a cycle. */
function earliestOnCycle(start: Node): Node {
  const seen = new Set<Node>();
  let node = start;
  while (node.parent && !seen.has(node)) {
    seen.add(node);
    node = node.parent;
  }
  let earliest = node;
  for (let next = node.parent; next && next !== node; next = next.parent) {
    if (byTime(next, earliest) < 0) earliest = next;
  }
  return earliest;
}

function orphanGroups(missing: ReadonlyMap<string, readonly Node[]>): OrphanGroup[] {
  return [...missing].map(([missingParentId, nodes]) => ({ missingParentId, reason: reasonFor(nodes), nodes }));
}

/** One child in the parent's own process is proof that this process reports, so the parent itself is what is missing. */
function reasonFor(nodes: readonly Node[]): OrphanReason {
  return nodes.every((node) => node.span.parentIsRemote) ? 'remote-parent-missing' : 'local-parent-missing';
}

/** The service a span belongs to: its `service.name`, or `unknown_service`. */
export function serviceName(span: SpanRecord): string {
  const name = span.resource.attributes['service.name'];
  return typeof name === 'string' && name !== '' ? name : 'unknown_service';
}

type Summary = Pick<TraceTree, 'startTimeMs' | 'durationMs' | 'spanCount' | 'services' | 'errors'>;

function summarize(nodes: readonly Node[]): Summary {
  const startTimeMs = nodes[0]?.span.startTimeMs ?? 0;
  const services = new Set<string>();
  let endTimeMs = startTimeMs;
  let errors = 0;
  let resource: Resource | undefined;
  for (const { span } of nodes) {
    endTimeMs = Math.max(endTimeMs, span.startTimeMs + span.durationMs);
    if (span.status.code === 'error') errors++;
    if (span.resource === resource) continue;
    resource = span.resource;
    services.add(serviceName(span));
  }
  return { startTimeMs, durationMs: endTimeMs - startTimeMs, spanCount: nodes.length, services: [...services], errors };
}
