import type { Transit, TreeNode } from '../analysis/types.ts';
import type { SpanRecord } from '../core/record.ts';
import { safe } from './label.ts';
import { cutTo, type Segment, segmentsWidth } from './line.ts';
import type { Palette } from './style.ts';
import { displayWidth, formatDuration } from './text.ts';

const REMARK_GAP = 2;

/** Transit is worth a word from this share of the call on, and from this many milliseconds. */
const NOTEWORTHY_SHARE = 0.25;
const NOTEWORTHY_MS = 1;

/**
 * The text behind the duration: first the outcome (the mark of a failed span and why, or the HTTP
 * status, or nothing), then remarks, most important first; `first` come before all others.
 *
 *     ✗ 503  attempt 2
 *       200  transit 13.1 ms
 */
export function detailOf(node: TreeNode, paint: Palette, first: readonly Segment[] = []): Segment[] {
  return [outcomeOf(node.span, paint), ...first, ...remarksOf(node, paint)];
}

/** The part of it that fits into `room` columns: the outcome, cut if need be, then every remark that fits whole. */
export function fitDetail(detail: readonly Segment[], room: number): Segment[] {
  const [outcome, ...remarks] = detail;
  const kept = outcome ? cutTo([outcome], room) : [];
  let left = room - segmentsWidth(kept);
  for (const { text, paint } of remarks) {
    const width = REMARK_GAP + displayWidth(text);
    if (width > left) continue;
    kept.push({ text: ' '.repeat(REMARK_GAP) }, { text, paint });
    left -= width;
  }
  return kept;
}

/** Columns of a whole detail. */
export function detailWidth(detail: readonly Segment[]): number {
  return segmentsWidth(detail) + REMARK_GAP * Math.max(0, detail.length - 1);
}

function outcomeOf(span: SpanRecord, paint: Palette): Segment {
  if (span.status.code === 'error') return { text: `✗ ${failureOf(span)}`.trimEnd(), paint: paint.red };
  const status = statusCode(span);
  if (status === undefined) return { text: '' };
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
  const onTheWayMs = onTheWay(transit);
  return onTheWayMs >= NOTEWORTHY_MS && onTheWayMs >= call.durationMs * NOTEWORTHY_SHARE;
}

/** Both ways together: right even when the clocks are a little apart. */
function onTheWay(transit: Transit): number {
  return transit.requestMs + Math.max(0, transit.responseMs);
}

function transitText(transit: Transit): string {
  return `transit ${formatDuration(onTheWay(transit))}`;
}
