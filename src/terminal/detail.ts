import type { SpanRecord, Transit, TreeNode } from '../analysis/index.ts';
import { safe } from './label.ts';
import type { Segment } from './line.ts';
import type { Palette } from './style.ts';
import { formatDuration } from './text.ts';

/** Transit is worth a word from this share of the call on, and from this many milliseconds. */
const NOTEWORTHY_SHARE = 0.25;
const NOTEWORTHY_MS = 1;

/**
 * What stands behind the duration: the mark of a failed span and why, the HTTP status, then remarks.
 *
 *     ✗ 503  attempt 2
 *       200  transit 12.0 ms + 1.10 ms
 */
export function detailOf(node: TreeNode, paint: Palette): Segment[] {
  const segments = [outcomeOf(node.span, paint)];
  for (const remark of remarksOf(node, paint)) segments.push({ text: '  ' }, remark);
  return segments.some(({ text }) => text.trim() !== '') ? segments : [];
}

function outcomeOf(span: SpanRecord, paint: Palette): Segment {
  if (span.status.code === 'error') return { text: `✗ ${failureOf(span)}`.trimEnd(), paint: paint.red };
  const status = statusCode(span);
  if (status === undefined) return { text: '  ' };
  return { text: `  ${status}`, paint: status >= 400 ? paint.yellow : paint.dim };
}

/** The shortest thing that says why: the status, the kind of error, or the message. */
function failureOf(span: SpanRecord): string {
  const status = statusCode(span);
  if (status !== undefined) return String(status);
  const type = span.attributes['error.type'];
  return safe(typeof type === 'string' ? type : (span.status.message ?? ''));
}

function statusCode(span: SpanRecord): number | undefined {
  const status = span.attributes['http.response.status_code'];
  return typeof status === 'number' ? status : undefined;
}

function* remarksOf(node: TreeNode, paint: Palette): Generator<Segment> {
  const resent = node.span.attributes['http.request.resend_count'];
  if (typeof resent === 'number' && resent > 0) yield { text: `attempt ${resent + 1}`, paint: paint.yellow };
  if (node.cycle) yield { text: 'cycle', paint: paint.yellow };
  if (node.transit?.clockSkewed) yield { text: 'clock skew', paint: paint.yellow };
  else if (node.transit && isNoteworthy(node.transit, node))
    yield { text: transitText(node.transit), paint: paint.dim };
}

/** Only below a client: what a server did before it let another service work is no transit. */
function isNoteworthy(transit: Transit, node: TreeNode): boolean {
  const call = node.parent?.span;
  if (call?.kind !== 'client' || transit.requestMs < 0) return false;
  const onTheWayMs = transit.requestMs + Math.max(0, transit.responseMs);
  return onTheWayMs >= NOTEWORTHY_MS && onTheWayMs >= call.durationMs * NOTEWORTHY_SHARE;
}

function transitText(transit: Transit): string {
  return `transit ${formatDuration(transit.requestMs)} + ${formatDuration(Math.max(0, transit.responseMs))}`;
}
