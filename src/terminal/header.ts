import type { OrphanGroup, TraceTree } from '../analysis/index.ts';
import { safe, spanLabel } from './label.ts';
import { composeLine, type Segment, segmentsWidth } from './line.ts';
import type { Selection } from './rows.ts';
import type { Palette } from './style.ts';
import { displayWidth, formatDuration, truncate } from './text.ts';

const LONGEST_SERVICE = 24;

/** Name, total, sizes, errors; the trace id behind them where there is room, else on a line of its own. */
export function waterfallHeader(trace: TraceTree, width: number, paint: Palette, remark?: string): string[] {
  const id: Segment = { text: traceIdText(trace), paint: paint.dim };
  const facts = factsOf(trace, paint, width, [{ text: formatDuration(trace.durationMs), paint: paint.bold }], remark);
  const name = rootName(trace);
  const oneLine = joinDots([{ text: name, paint: paint.bold }, ...facts, id], paint);
  if (segmentsWidth(oneLine) <= width) return [composeLine(oneLine, width)];
  const room = width - facts.reduce((sum, fact) => sum + 3 + displayWidth(fact.text), 0);
  const first = joinDots([{ text: truncate(name, Math.max(8, room)), paint: paint.bold }, ...facts], paint);
  return [composeLine(first, width), composeLine([id], width)];
}

/** As the waterfall's, without what the first row of a tree says anyway. */
export function treeHeader(trace: TraceTree, width: number, paint: Palette, remark?: string): string {
  const id: Segment = { text: traceIdText(trace), paint: paint.bold };
  return composeLine(joinDots([id, ...factsOf(trace, paint, width, [], remark)], paint), width);
}

function traceIdText(trace: TraceTree): string {
  return `trace ${safe(trace.traceId)}`;
}

function rootName(trace: TraceTree): string {
  const first = trace.roots[0] ?? trace.orphans[0]?.nodes[0];
  return first ? spanLabel(first) : 'no spans';
}

function factsOf(trace: TraceTree, paint: Palette, width: number, first: Segment[], remark?: string): Segment[] {
  const facts: Segment[] = [...first, { text: count(trace.spanCount, 'span') }];
  if (width >= 50) facts.push({ text: servicesText(trace) });
  if (trace.errors > 0) facts.push({ text: count(trace.errors, 'error'), paint: paint.red });
  if (trace.duplicates > 0) facts.push({ text: count(trace.duplicates, 'duplicate'), paint: paint.yellow });
  if (remark) facts.push({ text: safe(remark), paint: paint.yellow });
  return facts;
}

function servicesText(trace: TraceTree): string {
  const only = trace.services.length === 1 ? trace.services[0] : undefined;
  return only === undefined ? count(trace.services.length, 'service') : truncate(safe(only), LONGEST_SERVICE);
}

/** `1 span`, `2,000 spans`. */
function count(amount: number, noun: string): string {
  return `${amount.toLocaleString('en-US')} ${noun}${amount === 1 ? '' : 's'}`;
}

function joinDots(segments: readonly Segment[], paint: Palette): Segment[] {
  return segments.flatMap((segment, i) => (i === 0 ? [segment] : [{ text: ' · ', paint: paint.dim }, segment]));
}

const REASONS: Readonly<Record<OrphanGroup['reason'], readonly [long: string, short: string]>> = {
  'remote-parent-missing': ['(its service is not reporting)', '(not reporting)'],
  'local-parent-missing': ['(dropped, or not ended yet)', '(dropped or open)'],
};

/** The line above spans whose parent is not there, and why it may be missing. */
export function missingParentLine(group: OrphanGroup, width: number, paint: Palette): string {
  const start = 'missing parent ';
  const id = safe(group.missingParentId);
  const [long, short] = REASONS[group.reason];
  const reason = start.length + displayWidth(id) + 1 + long.length <= width ? long : short;
  const shownId = truncate(id, width - start.length - 1 - reason.length);
  return composeLine([{ text: `${start}${shownId} ${reason}`, paint: paint.yellow }], width);
}

/** The last line of a drawing that had to stop, or nothing. */
export function leftOutLines(selection: Selection, width: number, paint: Palette): string[] {
  if (selection.leftOut === 0) return [];
  const failed = selection.leftOutErrors === 0 ? '' : `, ${selection.leftOutErrors.toLocaleString('en-US')} failed`;
  return [composeLine([{ text: `… ${count(selection.leftOut, 'more span')}${failed}`, paint: paint.dim }], width)];
}
