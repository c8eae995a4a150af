import { groupBy } from '../../leaves/grouping.ts';
import { type AnalysedTrace, findingOf } from '../analysed-trace.ts';
import { hasFailed, originOf, reasonOf } from '../failures.ts';
import type { Finding } from '../finding.ts';
import { describeSpan } from '../labels.ts';
import { isAsynchronous } from '../times.ts';
import type { TreeNode } from '../types.ts';
import { wayUp } from './error-root-cause.ts';

/** Failures that were not tried again, and that the span above them did not pass on: somebody decided they do not matter. */
export function findSwallowedErrors(trace: AnalysedTrace): Finding[] {
  const swallowed = trace.nodes.filter((node) => isSwallowed(trace, node));
  const places = groupBy(swallowed, ({ parent }) => parent);
  return [...places].flatMap(([parent, nodes]) => (parent ? describeEach(trace, parent, nodes) : []));
}

function isSwallowed({ retried, times }: AnalysedTrace, node: TreeNode): boolean {
  if (!hasFailed(node) || !node.parent || hasFailed(node.parent)) return false;
  if (isPassedOn(node, node.parent)) return false;
  return !retried.has(node) && !isAsynchronous(node, times);
}

/** Answers that say no without anything being broken. */
const ANSWERS: ReadonlySet<unknown> = new Set([404, 409, 410, 412]);

/** A call that was told `404`, and whose caller's own request answered with a status of the same class: an answer, passed on. */
function isPassedOn({ span }: TreeNode, caller: TreeNode): boolean {
  if (!ANSWERS.has(span.attributes['http.response.status_code'])) return false;
  let server: TreeNode | undefined = caller;
  while (server !== undefined && server.span.kind !== 'server') server = server.parent;
  const status = Number(server?.span.attributes['http.response.status_code']);
  return status >= 400 && status < 500;
}

/** Equal failures below one span are one finding. */
function describeEach(trace: AnalysedTrace, parent: TreeNode, nodes: readonly TreeNode[]): Finding[] {
  const equal = groupBy(nodes, (node) => trace.callKeys.get(node) ?? node.span.name);
  return [...equal.values()].map((group) => describe(trace, parent, group));
}

function describe(trace: AnalysedTrace, parent: TreeNode, nodes: readonly TreeNode[]): Finding {
  const first = nodes[0] as TreeNode;
  const origin = originOf(first, trace.recovered, trace.times);
  const reason = reasonOf(origin.span);
  const often = nodes.length === 1 ? '' : `, ${nodes.length} times`;
  const message = `${describeSpan(origin)} failed${reason === '' ? '' : ` (${reason})`}${often}, and ${describeSpan(parent)} went on without it`;
  const evidence = [...wayUp(origin, first), ...nodes.slice(1), parent];
  return findingOf('swallowed-error', origin, evidence, 0, message, describeSpan(parent));
}
