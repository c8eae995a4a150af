import { type AnalysedTrace, findingOf } from '../analysed-trace.ts';
import type { Finding } from '../finding.ts';
import { describeSpan } from '../labels.ts';
import type { OrphanReason, TreeNode } from '../types.ts';

const REASONS: Readonly<Record<OrphanReason, string>> = {
  'remote-parent-missing': 'its caller lives in another process, which does not report here',
  'local-parent-missing': 'it was dropped in its own process, or has not ended yet',
};

/** Spans whose parent is not among the spans: what happened around them cannot be told. */
export function findOrphans({ tree }: AnalysedTrace): Finding[] {
  return tree.orphans.map(({ missingParentId, reason, nodes }) => {
    const first = nodes[0] as TreeNode;
    const more = nodes.length > 1 ? ` (and ${nodes.length - 1} beside it)` : '';
    const message = `the parent ${missingParentId} of ${describeSpan(first)}${more} is missing: ${REASONS[reason]}`;
    return findingOf('orphaned', first, nodes, 0, message);
  });
}
