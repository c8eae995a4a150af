import { type DiffRow, regressionsOf, type TraceDiff } from '../analysis/diff.ts';
import { operationText } from '../analysis/labels.ts';
import { count } from './count.ts';
import { safe } from './label.ts';
import { composeLine } from './line.ts';
import { type DrawOptions, readDrawOptions } from './options.ts';
import { type Page, pageOf, rowLimit } from './page.ts';
import type { Palette } from './style.ts';
import { boundedTable, type Column } from './table.ts';
import { formatDuration } from './text.ts';

const DEFAULT_MAX_ROWS = 200;

/** Deeper than this the depth stands as a number: indentation would be all there is. */
const MOST_LEVELS = 8;

/** Less is not worth a sign. */
const NOTEWORTHY_MS = 0.05;

/**
 * A diff as a tree of places, each with what changed: how many spans, their own time, and how much of it
 * the trace waited for. What made it slower by more than noise is marked `▲`. Lines are separated by `\n`,
 * none wider than `width`. Names are made safe to print. Never throws.
 *
 *     console.log(drawDiff(diffTraces(before, after), { width: process.stdout.columns }));
 */
export function drawDiff(diff: TraceDiff, asked: DrawOptions = {}): string {
  const options = readDrawOptions('drawDiff', asked);
  const page = pageOf(options);
  const maxRows = rowLimit(options.maxRows, DEFAULT_MAX_ROWS);
  const worse = new Set(regressionsOf(diff));
  return [headLine(diff, page), ...boundedTable(columnsOf(worse, page.paint), diff.rows, maxRows, page)].join('\n');
}

function headLine({ traces, durationMs }: TraceDiff, { width, paint }: Page): string {
  const change = signed(durationMs.after - durationMs.before, formatDuration);
  const durations = `${formatDuration(durationMs.before)} → ${formatDuration(durationMs.after)} (${change})`;
  const sizes = ` · ${count(traces.before, 'trace')} before, ${count(traces.after, 'trace')} after`;
  return composeLine(
    [
      { text: durations, paint: paint.bold },
      { text: sizes, paint: paint.dim },
    ],
    width,
  );
}

function columnsOf(worse: ReadonlySet<DiffRow>, paint: Palette): Column<DiffRow>[] {
  const emphasis = (row: DiffRow) => (worse.has(row) ? paint.red : undefined);
  return [
    { title: '', numeric: true, cell: (row) => (worse.has(row) ? '▲' : ''), paint: emphasis },
    { title: 'span', cell: placeOf, paint: emphasis },
    { title: 'service', expendable: 3, cell: ({ service }) => safe(service) },
    { title: 'count', numeric: true, expendable: 2, cell: ({ after }) => amount(after.count) },
    { title: 'Δ', numeric: true, cell: ({ delta }) => signed(delta.count, amount) },
    { title: 'Δ itself', numeric: true, expendable: 1, cell: ({ delta }) => signed(delta.selfMs, formatDuration) },
    {
      title: 'Δ critical',
      numeric: true,
      cell: ({ delta }) => signed(delta.criticalMs, formatDuration),
      paint: emphasis,
    },
  ];
}

function placeOf({ depth, name, ...row }: DiffRow): string {
  const indent = depth > MOST_LEVELS ? `…${depth} ` : '  '.repeat(depth);
  return indent + safe(operationText({ ...row, operation: name }));
}

/** Averages of counts: whole numbers as they are. */
function amount(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}

/** `+3`, `-1.20 ms`, `=` where nothing changed. */
function signed(value: number, format: (value: number) => string): string {
  if (Math.abs(value) < NOTEWORTHY_MS) return '=';
  return value > 0 ? `+${format(value)}` : format(value);
}
