import type { Interval } from '../analysis/times.ts';
import { serviceName } from '../analysis/tree.ts';
import type { TraceTree, TreeNode } from '../analysis/types.ts';
import { drawBar } from './bar.ts';
import { collapse, type Fold } from './collapse.ts';
import { count } from './count.ts';
import { type CriticalMarks, collapsedMarks, criticalMarks, drawMarkedBar } from './critical.ts';
import { type Detail, detailOf, detailWidth, fitDetail } from './detail.ts';
import { leftOutLines, missingParentLine, waterfallHeader } from './header.ts';
import { labelPaint, safe, spanLabel } from './label.ts';
import { composeLine, fitSegments, type Segment } from './line.ts';
import type { DrawOptions } from './options.ts';
import { type Page, pageOf } from './page.ts';
import { changedServices, guideOf, type Section, type Step, selectRows } from './rows.ts';
import type { Palette } from './style.ts';
import { displayWidth, fit, formatDuration } from './text.ts';

/** Between two columns. */
const GAP = 2;

/** One span's line before its columns are cut to size. */
interface Cells {
  readonly node: TreeNode;
  /** Stretches to mark; `undefined` when none are marked anywhere. */
  readonly marks: readonly Interval[] | undefined;
  readonly service: string;
  readonly guide: string;
  readonly label: string;
  readonly duration: string;
  readonly detail: Detail;
}

/** Widths in terminal columns; 0 = the column is not drawn. */
interface Columns {
  readonly detail: number;
  readonly service: number;
  readonly name: number;
  readonly bar: number;
  readonly duration: number;
}

/**
 * A trace as a waterfall: a header, then a line a span with its service (where it changes), its place
 * in the tree, its bar on the time axis, its duration, and whether it failed. Lines are separated by
 * `\n`, none at the end, none wider than `width`. Names are made safe to print. Spans whose parent is
 * missing stand in sections of their own. Never throws.
 *
 *     process.stdout.write(`${drawWaterfall(buildTrace(spans), { width: process.stdout.columns })}\n`);
 */
export function drawWaterfall(given: TraceTree, options: DrawOptions = {}): string {
  const page = pageOf(options);
  const view = viewOf(given, options);
  const { trace } = view;
  const selection = selectRows(trace, options);
  const sections = selection.sections.map((section) => ({ section, cells: cellsOf(view, section, page) }));
  const columns = layOut(
    trace,
    sections.flatMap(({ cells }) => cells),
    page.width,
  );
  const remark = [options.remark, view.marks && '█ critical path'].filter((part) => part).join(' · ');
  const lines = [...waterfallHeader(trace, page, remark), axisLine(trace, columns, page)];
  for (const { section, cells } of sections) {
    if (section.missing) lines.push(missingParentLine(section.missing, page));
    for (const row of cells) lines.push(spanLine(trace, row, columns, page));
  }
  return [...lines, ...leftOutLines(selection, page)].join('\n');
}

/** The trace as it is drawn, and what is known of its rows beside their spans. */
interface View {
  readonly trace: TraceTree;
  readonly folds: ReadonlyMap<TreeNode, Fold>;
  readonly marks: CriticalMarks | undefined;
}

function viewOf(trace: TraceTree, { critical, collapse: folding }: DrawOptions): View {
  if (folding !== true) return { trace, folds: new Map(), marks: critical === true ? criticalMarks(trace) : undefined };
  const collapsed = collapse(trace);
  return { ...collapsed, marks: critical === true ? collapsedMarks(trace, collapsed) : undefined };
}

function cellsOf({ folds, marks }: View, section: Section, { width, paint }: Page): Cells[] {
  const step: Step = width < 80 ? 2 : 3;
  const maxLevels = Math.floor(width / 4 / step);
  const services = changedServices(section.rows);
  return section.rows.map((node, i) => ({
    node,
    marks: marks && (marks.get(node) ?? []),
    service: safe(services[i] ?? ''),
    guide: guideOf(node, step, maxLevels),
    label: labelOf(node, folds.get(node)),
    duration: formatDuration(node.span.durationMs),
    detail: detailOf(node, paint, [...markRemarks(marks?.get(node), paint), ...foldRemarks(folds.get(node), paint)]),
  }));
}

function labelOf(node: TreeNode, fold: Fold | undefined): string {
  const first = fold?.nodes[0];
  return fold && first ? `${spanLabel(first)} ×${fold.nodes.length.toLocaleString('en-US')}` : spanLabel(node);
}

function foldRemarks(fold: Fold | undefined, paint: Palette): Segment[] {
  if (!fold) return [];
  const remarks: Segment[] = [{ text: `p50 ${formatDuration(fold.medianMs)}` }];
  if (fold.failed > 0) remarks.push({ text: `${fold.failed.toLocaleString('en-US')} failed`, paint: paint.red });
  remarks.push({ text: `max ${formatDuration(fold.longestMs)}` });
  if (fold.below > 0) remarks.push({ text: `+${count(fold.below, 'span')}`, paint: paint.dim });
  return remarks;
}

function markRemarks(marks: readonly Interval[] | undefined, paint: Palette): Segment[] {
  const sum = marks?.reduce((total, { fromMs, toMs }) => total + toMs - fromMs, 0) ?? 0;
  return sum > 0 ? [{ text: `critical ${formatDuration(sum)}`, paint: paint.bold }] : [];
}

/** Divides the width: what must be read first, the rest between names and bars. Narrow terminals lose services, then remarks. */
function layOut(trace: TraceTree, cells: readonly Cells[], width: number): Columns {
  const widest = (measure: (row: Cells) => number): number =>
    cells.reduce((max, row) => Math.max(max, measure(row)), 0);
  const duration = widest((row) => row.duration.length);
  const detail = Math.min(
    widest((row) => detailWidth(row.detail)),
    detailLimit(width),
  );
  const hasServices = trace.services.length > 1 && width >= 60;
  const service = hasServices
    ? Math.min(
        widest((row) => displayWidth(row.service)),
        width < 100 ? 10 : 18,
      )
    : 0;
  const taken = duration + GAP + (detail && detail + GAP) + (service && service + GAP);
  const rest = width - taken - GAP;
  const name = Math.min(
    widest((row) => displayWidth(row.guide) + displayWidth(row.label)),
    Math.floor(rest * (width < 100 ? 0.58 : 0.54)),
  );
  return { service, name, bar: rest - name, duration, detail };
}

function detailLimit(width: number): number {
  if (width < 72) return width < 60 ? 5 : 8;
  return width < 100 ? 17 : 32;
}

function spanLine(trace: TraceTree, row: Cells, columns: Columns, { width, paint }: Page): string {
  const { span } = row.node;
  const failed = span.status.code === 'error';
  const inServiceColour = (text: string): string => paint.service(trace.services.indexOf(serviceName(span)), text);
  const segments: Segment[] = [];
  if (columns.service > 0) segments.push({ text: fit(row.service, columns.service), paint: inServiceColour }, gap());
  const name = [
    { text: row.guide, paint: paint.dim },
    { text: row.label, paint: labelPaint(row.node, paint) },
  ];
  segments.push(...fitSegments(name, columns.name), gap());
  segments.push({ text: barOf(trace, row, columns.bar), paint: failed ? paint.red : inServiceColour }, gap());
  segments.push({ text: row.duration.padStart(columns.duration) }, gap());
  segments.push(...fitDetail(row.detail, columns.detail));
  return composeLine(segments, width);
}

function gap(): Segment {
  return { text: ' '.repeat(GAP) };
}

function barOf(trace: TraceTree, { node, marks }: Cells, cells: number): string {
  const total = trace.durationMs > 0 ? trace.durationMs : 1;
  const fraction = (ms: number): number => (ms - trace.startTimeMs) / total;
  const start = fraction(node.span.startTimeMs);
  const end = start + node.span.durationMs / total;
  if (!marks) return drawBar(start, end, cells);
  const stretches = marks.map(({ fromMs, toMs }) => [fraction(fromMs), fraction(toMs)] as const);
  return drawMarkedBar(start, end, stretches, cells);
}

/** The axis: its beginning, its middle where there is room, and its end. */
function axisLine(trace: TraceTree, columns: Columns, { width, paint }: Page): string {
  const indent = (columns.service && columns.service + GAP) + columns.name + GAP;
  const end = formatDuration(trace.durationMs);
  const middle = columns.bar >= 32 ? formatDuration(trace.durationMs / 2) : '';
  const half = Math.floor(columns.bar / 2);
  const left = fit('0', half - (middle.length >> 1)) + middle;
  const axis = left + end.padStart(columns.bar - left.length);
  return composeLine([{ text: ' '.repeat(indent) + axis, paint: paint.dim }], width);
}
