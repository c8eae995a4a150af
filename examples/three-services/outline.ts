// A trace as lines of text that two runs have in common: no ids, no times.
import { buildTrace, serviceName, type TreeNode, walk } from 'throughline/analysis';
import type { SpanRecord } from 'throughline/test';

/**
 * Every span in its place, in order of start:
 *
 *     shop GET /order/:item 200
 *       shop → GET 503, failed
 *       shop → GET 200, resend 1
 */
export function outlineOf(spans: readonly SpanRecord[]): string {
  const tree = buildTrace(spans);
  const lines = [...walk(tree)].map((node) => '  '.repeat(node.depth) + describeSpan(node));
  for (const { missingParentId, nodes } of tree.orphans) {
    lines.push(`the parent ${missingParentId} of ${nodes.length} of these is missing`);
  }
  return lines.join('\n');
}

function describeSpan(node: TreeNode): string {
  const { name, kind, attributes, status } = node.span;
  const arrow = kind === 'client' ? '→ ' : '';
  const facts = [`${serviceName(node.span)} ${arrow}${name} ${attributes['http.response.status_code'] ?? 'no answer'}`];
  if (status.code === 'error') facts.push('failed');
  const resend = attributes['http.request.resend_count'];
  if (resend !== undefined) facts.push(`resend ${resend}`);
  if (overlapsTheOneBefore(node)) facts.push('beside the one before');
  return facts.join(', ');
}

function overlapsTheOneBefore({ span, parent }: TreeNode): boolean {
  const siblings = parent?.children ?? [];
  const before = siblings[siblings.findIndex((sibling) => sibling.span === span) - 1]?.span;
  return before !== undefined && before.startTimeMs + before.durationMs > span.startTimeMs;
}
