import type { OrphanGroup, TraceTree } from '../analysis/types.ts';
import { count } from './count.ts';
import { safe, spanLabel } from './label.ts';
import { composeLine, type Segment, segmentsWidth } from './line.ts';
import type { Page } from './page.ts';
import type { Selection } from './rows.ts';
import type { Palette } from './style.ts';
import { displayWidth, formatDuration, truncate } from './text.ts';

const LONGEST_SERVICE = 24;

/**
 * One line: name, total, errors, sizes, trace id. Where that is too wide, two: what happened and how
 * it ended; then which trace it was, and how large.
 */
export function waterfallHeader(trace: TraceTree, { width, paint }: Page, remark?: string): string[] {
  const name: Segment = { text: rootName(trace), paint: paint.bold };
  const total: Segment = { text: formatDuration(trace.durationMs), paint: paint.bold };
  const id: Segment = { text: traceIdText(trace), paint: paint.dim };
  const outcome = [total, ...warningsOf(trace, paint, remark)];
  const sizes = sizesOf(trace).slice(0, width < 50 ? 1 : 2);
  const oneLine = joinDots([name, ...outcome, ...sizes, id], paint);
  if (segmentsWidth(oneLine) <= width) return [composeLine(oneLine, width)];
  const second = [id];
  for (const size of sizes) {
    const fits = segmentsWidth(joinDots([...second, size], paint)) <= width;
    (fits ? second : outcome).push(size);
  }
  const room = width - segmentsWidth(joinDots([{ text: '' }, ...outcome], paint));
  const shortName = { text: truncate(name.text, Math.max(8, room)), paint: paint.bold };
  return [composeLine(joinDots([shortName, ...outcome], paint), width), composeLine(joinDots(second, paint), width)];
}

/** As the waterfall's, without what the first row of a tree says anyway. */
export function treeHeader(trace: TraceTree, { width, paint }: Page, remark?: string): string[] {
  const id: Segment = { text: traceIdText(trace), paint: paint.bold };
  const facts = [...sizesOf(trace), ...warningsOf(trace, paint, remark)];
  const oneLine = joinDots([id, ...facts], paint);
  if (segmentsWidth(oneLine) <= width) return [composeLine(oneLine, width)];
  return [composeLine([id], width), composeLine(joinDots(facts, paint), width)];
}

function traceIdText(trace: TraceTree): string {
  return `trace ${safe(trace.traceId)}`;
}

function rootName(trace: TraceTree): string {
  const first = trace.roots[0] ?? trace.orphans[0]?.nodes[0];
  return first ? spanLabel(first) : 'no spans';
}

function sizesOf(trace: TraceTree): Segment[] {
  return [{ text: count(trace.spanCount, 'span') }, { text: servicesText(trace) }];
}

function warningsOf(trace: TraceTree, paint: Palette, remark: string | undefined): Segment[] {
  const warnings: Segment[] = [];
  if (trace.errors > 0) warnings.push({ text: count(trace.errors, 'error'), paint: paint.red });
  if (trace.duplicates > 0) warnings.push({ text: count(trace.duplicates, 'duplicate'), paint: paint.yellow });
  if (remark) warnings.push({ text: safe(remark), paint: paint.yellow });
  return warnings;
}

function servicesText(trace: TraceTree): string {
  const only = trace.services.length === 1 ? trace.services[0] : undefined;
  return only === undefined ? count(trace.services.length, 'service') : truncate(safe(only), LONGEST_SERVICE);
}

function joinDots(segments: readonly Segment[], paint: Palette): Segment[] {
  return segments.flatMap((segment, i) => (i === 0 ? [segment] : [{ text: ' · ', paint: paint.dim }, segment]));
}

const REASONS: Readonly<Record<OrphanGroup['reason'], readonly [long: string, short: string]>> = {
  'remote-parent-missing': ['(its service is not reporting)', '(not reporting)'],
  'local-parent-missing': ['(dropped, or not ended yet)', '(dropped or open)'],
};

/** The line above spans whose parent is not there, and why it may be missing. */
export function missingParentLine(group: OrphanGroup, { width, paint }: Page): string {
  const start = 'missing parent ';
  const id = safe(group.missingParentId);
  const [long, short] = REASONS[group.reason];
  const reason = start.length + displayWidth(id) + 1 + long.length <= width ? long : short;
  const shownId = truncate(id, width - start.length - 1 - reason.length);
  return composeLine([{ text: `${start}${shownId} ${reason}`, paint: paint.yellow }], width);
}

/** The last line of a drawing that had to stop, or nothing. */
export function leftOutLines(selection: Selection, { width, paint }: Page): string[] {
  if (selection.leftOut === 0) return [];
  const failed = selection.leftOutErrors === 0 ? '' : `, ${selection.leftOutErrors.toLocaleString('en-US')} failed`;
  return [composeLine([{ text: `… ${count(selection.leftOut, 'more span')}${failed}`, paint: paint.dim }], width)];
}
