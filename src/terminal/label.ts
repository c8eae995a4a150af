import { serviceName } from '../analysis/tree.ts';
import type { TreeNode } from '../analysis/types.ts';
import type { SpanRecord } from '../core/record.ts';
import type { Palette } from './style.ts';
import { sanitize } from './text.ts';

/** Longer names than any terminal is wide are cut before the work of sanitizing them. */
const LONGEST = 400;

/** A text of the trace, safe to print. */
export function safe(text: string): string {
  return sanitize(text.length > LONGEST ? text.slice(0, LONGEST) : text);
}

/**
 * The name a span is shown by. A client span is named by its method alone when it knows no template,
 * so it gets its destination: the service that answered, if it reports, or the address called.
 *
 *     GET → pricing      GET → api.example.com:443
 */
export function spanLabel(node: TreeNode): string {
  const { span } = node;
  const name = safe(span.name);
  if (span.kind !== 'client' || name.includes(' ')) return name;
  const target = answeringService(node) ?? calledAddress(span);
  return target === undefined ? name : `${name} → ${safe(target)}`;
}

function answeringService(node: TreeNode): string | undefined {
  const answer = node.children.find((child) => child.transit !== undefined);
  return answer && serviceName(answer.span);
}

function calledAddress(span: SpanRecord): string | undefined {
  const peer = span.attributes['peer.service'];
  if (typeof peer === 'string') return peer;
  const address = span.attributes['server.address'];
  if (typeof address !== 'string') return undefined;
  const port = span.attributes['server.port'];
  return typeof port === 'number' ? `${address}:${port}` : address;
}

/** Failed spans red, roots bold. */
export function labelPaint(node: TreeNode, paint: Palette): ((text: string) => string) | undefined {
  if (node.span.status.code === 'error') return paint.red;
  return node.parent ? undefined : paint.bold;
}
