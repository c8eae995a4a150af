import { serviceName, type TraceTree, type TreeNode } from '../analysis/index.ts';
import { drawBar } from './bar.ts';
import { detailOf, detailWidth, fitDetail } from './detail.ts';
import { leftOutLines, missingParentLine, waterfallHeader } from './header.ts';
import { labelPaint, safe, spanLabel } from './label.ts';
import { composeLine, drawingWidth, fitSegments, type Segment } from './line.ts';
import type { DrawOptions } from './options.ts';
import { changedServices, guideOf, type Section, type Step, selectRows } from './rows.ts';
import { type Palette, palette } from './style.ts';
import { displayWidth, fit, formatDuration } from './text.ts';

/** Between two columns. */
const GAP = 2;

/** One span's line before its columns are cut to size. */
interface Cells {
  readonly node: TreeNode;
  readonly service: string;
  readonly guide: string;
  readonly label: string;
  readonly duration: string;
  readonly detail: readonly Segment[];
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
export function drawWaterfall(trace: TraceTree, options: DrawOptions = {}): string {
  const width = drawingWidth(options.width);
  const paint = palette(options.color === true);
  const selection = selectRows(trace, options);
  const sections = selection.sections.map((section) => ({ section, cells: cellsOf(section, width, paint) }));
  const columns = layOut(
    trace,
    sections.flatMap(({ cells }) => cells),
    width,
  );
  const lines = [...waterfallHeader(trace, width, paint, options.remark), axisLine(trace, columns, width, paint)];
  for (const { section, cells } of sections) {
    if (section.missing) lines.push(missingParentLine(section.missing, width, paint));
    for (const row of cells) lines.push(spanLine(trace, row, columns, width, paint));
  }
  return [...lines, ...leftOutLines(selection, width, paint)].join('\n');
}

function cellsOf(section: Section, width: number, paint: Palette): Cells[] {
  const step: Step = width < 80 ? 2 : 3;
  const maxLevels = Math.floor(width / 4 / step);
  const services = changedServices(section.rows);
  return section.rows.map((node, i) => ({
    node,
    service: safe(services[i] ?? ''),
    guide: guideOf(node, step, maxLevels),
    label: spanLabel(node),
    duration: formatDuration(node.span.durationMs),
    detail: detailOf(node, paint),
  }));
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

function spanLine(trace: TraceTree, row: Cells, columns: Columns, width: number, paint: Palette): string {
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
  segments.push({ text: barOf(trace, row.node, columns.bar), paint: failed ? paint.red : inServiceColour }, gap());
  segments.push({ text: row.duration.padStart(columns.duration) }, gap());
  segments.push(...fitDetail(row.detail, columns.detail));
  return composeLine(segments, width);
}

function gap(): Segment {
  return { text: ' '.repeat(GAP) };
}

function barOf(trace: TraceTree, node: TreeNode, cells: number): string {
  const total = trace.durationMs > 0 ? trace.durationMs : 1;
  const start = (node.span.startTimeMs - trace.startTimeMs) / total;
  return drawBar(start, start + node.span.durationMs / total, cells);
}

/** Where the axis begins, its middle where there is room, and where it ends. */
function axisLine(trace: TraceTree, columns: Columns, width: number, paint: Palette): string {
  const indent = (columns.service && columns.service + GAP) + columns.name + GAP;
  const end = formatDuration(trace.durationMs);
  const middle = columns.bar >= 32 ? formatDuration(trace.durationMs / 2) : '';
  const half = Math.floor(columns.bar / 2);
  const left = fit('0', half - (middle.length >> 1)) + middle;
  const axis = left + end.padStart(columns.bar - left.length);
  return composeLine([{ text: ' '.repeat(indent) + axis, paint: paint.dim }], width);
}
