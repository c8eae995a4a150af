import { type AnalysedTrace, findingOf } from '../analysed-trace.ts';
import { hasFailed, originOf, reasonOf } from '../failures.ts';
import type { Finding } from '../finding.ts';
import { describeSpan } from '../labels.ts';
import { isAsynchronous } from '../times.ts';
import type { TreeNode } from '../types.ts';

/** The origins of the errors that requests ended in. Work that nobody waited for answers for itself. */
export function findErrorRootCauses(trace: AnalysedTrace): Finding[] {
  return trace.nodes.filter((node) => hasFailed(node) && isEntry(trace, node)).map((node) => rootCause(trace, node));
}

function isEntry({ times }: AnalysedTrace, node: TreeNode): boolean {
  return !node.parent || isAsynchronous(node, times);
}

function rootCause(trace: AnalysedTrace, entry: TreeNode): Finding {
  const origin = originOf(entry, trace.recovered, trace.times);
  const reason = reasonOf(origin.span);
  const why = reason === '' ? '' : ` (${reason})`;
  const effect = origin === entry ? 'and nothing below it did' : `and ${describeSpan(entry)} failed because of it`;
  return findingOf(
    'error-root-cause',
    origin,
    wayUp(origin, entry),
    0,
    `${describeSpan(origin)} failed${why}, ${effect}`,
  );
}

/** The spans from one to the one above that it reached, both included. */
export function wayUp(from: TreeNode, to: TreeNode): TreeNode[] {
  const way = [from];
  for (let node = from; node !== to && node.parent; node = node.parent) way.push(node.parent);
  return way;
}
