import { compareText } from '../../leaves/compare.ts';
import { groupBy } from '../../leaves/grouping.ts';
import { type AnalysedTrace, findingOf } from '../analysed-trace.ts';
import { addressOf, answersOf, textAttribute } from '../calls.ts';
import type { Finding } from '../finding.ts';
import { describeSpan } from '../labels.ts';
import { pathOf } from '../normalise.ts';
import { durationOf } from '../times.ts';
import { CLOSE_TOLERANCE_MS, TOLERANCE_MS } from '../transit.ts';
import { serviceName } from '../tree.ts';
import type { TreeNode } from '../types.ts';

/** Roots that are looked at for one call: a service may have begun thousands of traces in that time. */
const MOST_CANDIDATES = 1000;

/**
 * Calls without an answer in their trace, while the service they called began a trace of its own in that
 * very time: the context was lost on the way. Looks at all traces together.
 */
export function findNotPropagated(traces: readonly AnalysedTrace[]): Finding[] {
  const rootsByPlace = groupRoots(traces);
  const taken = new Set<TreeNode>();
  const findings: Finding[] = [];
  for (const call of unansweredCalls(traces)) {
    const root = rootFor(call, rootsByPlace, taken);
    if (!root) continue;
    taken.add(root);
    findings.push(describe(call, root));
  }
  return findings;
}

function unansweredCalls(traces: readonly AnalysedTrace[]): TreeNode[] {
  const calls = traces.flatMap(({ nodes }) => nodes.filter((node) => isUnanswered(node)));
  return calls.sort(byStart);
}

function isUnanswered(node: TreeNode): boolean {
  return node.span.kind === 'client' && answersOf(node).length === 0;
}

/** The servers that began a trace, in order of start, by their service and by the address they were called at. */
function groupRoots(traces: readonly AnalysedTrace[]): Map<string, TreeNode[]> {
  const roots = traces.flatMap(({ tree }) => tree.roots.filter(({ span, cycle }) => span.kind === 'server' && !cycle));
  roots.sort(byStart);
  const places = roots.flatMap((root) => {
    const names = placesOf(serviceName(root.span), addressOf(root.span));
    return names.map((place) => ({ place, root }));
  });
  return new Map(
    [...groupBy(places, ({ place }) => place)].map(([place, list]) => [place, list.map(({ root }) => root)]),
  );
}

/** A call that names no peer, or no address, is looked for nowhere by it. */
function placesOf(service: string | undefined, address: string | undefined): string[] {
  const places: string[] = [];
  if (service !== undefined) places.push(`service ${service}`);
  if (address !== undefined) places.push(`address ${address}`);
  return places;
}

/** Of equal starts the lower ids first: the order of the traces makes no difference. */
function byStart(a: TreeNode, b: TreeNode): number {
  return (
    a.span.startTimeMs - b.span.startTimeMs ||
    compareText(a.span.traceId, b.span.traceId) ||
    compareText(a.span.spanId, b.span.spanId)
  );
}

function rootFor(
  call: TreeNode,
  rootsByPlace: ReadonlyMap<string, readonly TreeNode[]>,
  taken: ReadonlySet<TreeNode>,
): TreeNode | undefined {
  const peer =
    textAttribute(call.span, 'service.peer.name', 'peer.service') ?? textAttribute(call.span, 'server.address');
  const address = addressOf(call.span);
  for (const place of placesOf(peer, address)) {
    const roots = rootsByPlace.get(place) ?? [];
    const first = firstFrom(roots, call.span.startTimeMs - TOLERANCE_MS);
    for (const root of roots.slice(first, first + MOST_CANDIDATES)) {
      if (root.span.startTimeMs > call.span.startTimeMs + durationOf(call)) break;
      if (!taken.has(root) && couldAnswer(call, root)) return root;
    }
  }
  return undefined;
}

/** The place of the first root that starts at or after a moment. */
function firstFrom(roots: readonly TreeNode[], timeMs: number): number {
  let low = 0;
  let high = roots.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((roots[middle]?.span.startTimeMs ?? 0) < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Within the call's time, the same method and path as far as both say, and not linked to the caller on purpose. */
function couldAnswer(call: TreeNode, root: TreeNode): boolean {
  if (root.span.traceId === call.span.traceId) return false;
  const callEnd = call.span.startTimeMs + durationOf(call);
  if (root.span.startTimeMs + durationOf(root) > callEnd + CLOSE_TOLERANCE_MS) return false;
  if (root.span.links.some(({ context }) => context.traceId === call.span.traceId)) return false;
  return agree(methodOf(call), methodOf(root)) && agree(urlPathOf(call), urlPathOf(root));
}

function agree(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined || one === other;
}

function methodOf({ span }: TreeNode): string | undefined {
  return textAttribute(span, 'http.request.method', 'http.method');
}

function urlPathOf({ span }: TreeNode): string | undefined {
  const url = textAttribute(span, 'url.path', 'url.full', 'http.target', 'http.url');
  return url && pathOf(url);
}

function describe(call: TreeNode, root: TreeNode): Finding {
  const message =
    `${describeSpan(call)} has no answer in its trace, while ${describeSpan(root)} began trace ${root.span.traceId} ` +
    'in that time: the context is not passed on, or not read';
  return findingOf('not-propagated', call, [call, root], 0, message, describeSpan(root));
}
