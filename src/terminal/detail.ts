import { failureOf } from '../analysis/failures.ts';
import type { Transit, TreeNode } from '../analysis/types.ts';
import type { SpanRecord } from '../core/record.ts';
import { safe } from './label.ts';
import { cutTo, type Segment, segmentsWidth } from './line.ts';
import type { Palette } from './style.ts';
import { displayWidth, formatDuration } from './text.ts';

const REMARK_GAP = 2;

/** Less of a message says nothing; more of it makes every bar shorter. */
const LEAST_MESSAGE = 6;
const LONGEST_MESSAGE = 40;

/** Transit is worth a word from this share of the call on, and from this many milliseconds. */
const NOTEWORTHY_SHARE = 0.25;
const NOTEWORTHY_MS = 1;

/** The text behind the duration. */
export interface Detail {
  /** The mark of a failed span and its status, or the HTTP status, or nothing. */
  readonly outcome: Segment;
  /** Why it failed: as much of it as there is room for when all else stands. */
  readonly message: string;
  /** The most important first. */
  readonly remarks: readonly Segment[];
}

/**
 * First the outcome, then remarks; `first` come before all others.
 *
 *     ✗ 503 no database  attempt 2
 *       200  transit 13.1 ms
 */
export function detailOf(node: TreeNode, paint: Palette, first: readonly Segment[] = []): Detail {
  return { ...outcomeOf(node.span, paint), remarks: [...first, ...remarksOf(node, paint)] };
}

/** The part of it that fits into `room` columns: the outcome, cut if need be, every remark that fits whole, and of the message the rest. */
export function fitDetail({ outcome, message, remarks }: Detail, room: number): Segment[] {
  const kept = cutTo([outcome], room);
  const fitting: Segment[] = [];
  let left = room - segmentsWidth(kept);
  for (const { text, paint } of remarks) {
    const width = REMARK_GAP + displayWidth(text);
    if (width > left) continue;
    fitting.push({ text: ' '.repeat(REMARK_GAP) }, { text, paint });
    left -= width;
  }
  if (message === '' || left < LEAST_MESSAGE) return [...kept, ...fitting];
  return [...kept, ...cutTo([{ text: ` ${message}`, paint: outcome.paint }], left), ...fitting];
}

/** Columns of a whole detail. */
export function detailWidth({ outcome, message, remarks }: Detail): number {
  const reason = message === '' ? 0 : 1 + Math.min(LONGEST_MESSAGE, displayWidth(message));
  return segmentsWidth([outcome, ...remarks]) + reason + REMARK_GAP * remarks.length;
}

function outcomeOf(span: SpanRecord, paint: Palette): Pick<Detail, 'outcome' | 'message'> {
  if (span.status.code === 'error') {
    const { code, message } = failureOf(span);
    const text = safe(firstLine(code ?? message ?? ''));
    const more = code === undefined || message === undefined ? '' : safe(firstLine(message));
    return { outcome: { text: `✗ ${text}`.trimEnd(), paint: paint.red }, message: more };
  }
  const status = statusCode(span);
  if (status === undefined) return { outcome: { text: '' }, message: '' };
  return { outcome: { text: `  ${status}`, paint: status >= 400 ? paint.yellow : paint.dim }, message: '' };
}

function firstLine(text: string): string {
  return text.split(/[\r\n]/, 1)[0] ?? '';
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
