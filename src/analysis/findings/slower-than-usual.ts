import { type AnalysedTrace, findingOf, milliseconds } from '../analysed-trace.ts';
import type { Finding } from '../finding.ts';
import type { History } from '../history.ts';
import { describeSpan } from '../labels.ts';
import { selfTimeOf } from '../self-time.ts';
import type { TreeNode } from '../types.ts';

/** Spans whose own work took far longer than their operation usually takes; of those within each other the deepest. */
export function findSlowerThanUsual(trace: AnalysedTrace, history: History): Finding[] {
  const findings: Finding[] = [];
  const above = new Set<TreeNode>();
  for (let i = trace.nodes.length - 1; i >= 0; i--) {
    const node = trace.nodes[i] as TreeNode;
    const finding = above.has(node) ? undefined : judge(trace, node, history);
    if (finding) findings.push(finding);
    if (node.parent && (finding || above.has(node))) above.add(node.parent);
  }
  return findings.reverse();
}

function judge(trace: AnalysedTrace, node: TreeNode, history: History): Finding | undefined {
  const onPathMs = trace.path.ownMs.get(node) ?? 0;
  if (onPathMs < trace.leastSavingMs) return undefined;
  const usualMs = history.usualOwnMs(node, trace.times);
  if (usualMs === undefined) return undefined;
  const ownMs = selfTimeOf(node, trace.times);
  const savingMs = Math.min(ownMs - usualMs, onPathMs);
  if (savingMs < trace.leastSavingMs) return undefined;
  const message = `${describeSpan(node)} took ${milliseconds(ownMs)} itself, usually ${milliseconds(usualMs)}`;
  return findingOf('slower-than-usual', node, [node], savingMs, message);
}
