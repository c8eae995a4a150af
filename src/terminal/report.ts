import type { CriticalOperation } from '../analysis/critical-operations.ts';
import type { Cause } from '../analysis/finding.ts';
import { operationText } from '../analysis/labels.ts';
import type { Report, ReportedEdge, ReportedOperation } from '../analysis/report.ts';
import { count } from './count.ts';
import { safe } from './label.ts';
import { composeLine, segmentsWidth } from './line.ts';
import { moment } from './moment.ts';
import { type DrawOptions, readDrawOptions } from './options.ts';
import { type Page, pageOf, rowLimit } from './page.ts';
import type { Palette } from './style.ts';
import { boundedTable, type Column, leftOutLine } from './table.ts';
import { formatDuration, sanitize } from './text.ts';
import { wrapText } from './wrap.ts';

const DEFAULT_MAX_ROWS = 50;

/** Longer sentences are cut: span names in them may be of any length. */
const LONGEST_MESSAGE = 1000;

/** A report to draw, and where the time goes, as `criticalOperations` says: one more table. */
export interface DrawnReport extends Report {
  readonly critical?: readonly CriticalOperation[] | undefined;
}

/**
 * A report for people: findings first, since they are what it is read for, then where the time goes,
 * operations and calls. Lines are separated by `\n`, none wider than `width`. Names are made safe to print.
 * Never throws.
 *
 *     const traces = buildTraces(spans);
 *     console.log(drawReport({ ...report(traces), critical: criticalOperations(traces) }, { width: process.stdout.columns }));
 */
export function drawReport(report: DrawnReport, asked: DrawOptions = {}): string {
  const options = readDrawOptions('drawReport', asked);
  const page = pageOf(options);
  const maxRows = rowLimit(options.maxRows, DEFAULT_MAX_ROWS);
  const sections = [
    [headLine(report, page)],
    findingLines(report.findings, maxRows, page),
    section('Where the time goes', CRITICAL, report.critical ?? [], maxRows, page),
    section('Operations', operationColumns(page.paint), report.operations, maxRows, page),
    section('Calls', edgeColumns(page.paint), report.edges, maxRows, page),
  ];
  return sections
    .filter(({ length }) => length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function headLine({ from, to, traces, spans, findings }: Report, { width, paint }: Page): string {
  const facts = [count(traces, 'trace'), count(spans, 'span'), count(findings.length, 'finding')];
  const time = traces > 0 ? `${moment(from)} to ${moment(to)}` : '';
  return composeLine(
    [
      { text: facts.join(' · '), paint: paint.bold },
      { text: time && `  ${time}`, paint: paint.dim },
    ],
    width,
  );
}

function findingLines(findings: readonly Cause[], maxRows: number, page: Page): string[] {
  if (findings.length === 0) return ['No findings.'];
  const lines = [composeLine([{ text: 'Findings', paint: page.paint.bold }], page.width)];
  for (const [i, finding] of findings.slice(0, maxRows).entries()) lines.push(...findingText(finding, i + 1, page));
  return [...lines, ...leftOutLine(findings.length - maxRows, page)];
}

/**
 * The costliest trace stands for all that show the same cause:
 *
 *      1. sequential · in 30 traces (75 %) · saves up to 25.3 ms · trace 4bf92f3577b34da6a3ce929d0e0e4736
 *         pricing GET /prices/:item makes 2 calls in a row: …
 *         spans 00f067aa0ba902b7, 00f067aa0ba902b8
 */
function findingText(finding: Cause, number: number, { width, paint }: Page): string[] {
  const { kind, savingMs, traceId, message, spanIds, traces, share, totalSavingMs } = finding;
  const indent = ' '.repeat(5);
  const often = traces > 1 ? ` · in ${count(traces, 'trace')} (${Math.round(share * 100)} %)` : '';
  const together = traces > 1 ? `, ${formatDuration(totalSavingMs)} together` : '';
  const saving = savingMs > 0 ? ` · saves up to ${formatDuration(savingMs)}${together}` : '';
  const title = [
    { text: `${String(number).padStart(3)}. ` },
    { text: kind, paint: savingMs > 0 ? paint.yellow : paint.red },
    { text: often },
    { text: saving, paint: paint.bold },
  ];
  const trace = { text: `trace ${safe(traceId)}`, paint: paint.dim };
  const oneLine = [...title, { text: ' · ' }, trace];
  const head = segmentsWidth(oneLine) <= width ? [oneLine] : [title, [{ text: indent }, trace]];
  const spans = `spans ${spanIds.slice(0, 4).map(safe).join(', ')}${spanIds.length > 4 ? ` and ${spanIds.length - 4} more` : ''}`;
  return [
    ...head.map((line) => composeLine(line, width)),
    ...wrapText(sanitize(message.slice(0, LONGEST_MESSAGE)), width - indent.length).map((line) =>
      composeLine([{ text: indent + line }], width),
    ),
    ...wrapText(spans, width - indent.length).map((line) =>
      composeLine([{ text: indent + line, paint: paint.dim }], width),
    ),
  ];
}

function section<Row>(
  title: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  maxRows: number,
  page: Page,
): string[] {
  if (rows.length === 0) return [];
  const heading = composeLine([{ text: title, paint: page.paint.bold }], page.width);
  return [heading, ...boundedTable(columns, rows, maxRows, page)];
}

const CRITICAL: readonly Column<CriticalOperation>[] = [
  { title: 'service', cell: ({ service }) => safe(service) },
  { title: 'operation', cell: ({ operation }) => safe(operation) },
  { title: 'share', numeric: true, cell: ({ share }) => `${Math.round(share * 100)} %` },
  { title: 'itself', numeric: true, expendable: 2, cell: ({ ownMs }) => formatDuration(ownMs) },
  { title: 'traces', numeric: true, expendable: 3, cell: ({ traces }) => String(traces) },
  { title: 'saves at most', numeric: true, expendable: 1, cell: ({ savesAtMostMs }) => formatDuration(savesAtMostMs) },
];

function operationColumns(paint: Palette): Column<ReportedOperation>[] {
  return [
    { title: 'service', cell: ({ service }) => safe(service) },
    { title: 'operation', cell: (row) => safe(operationText(row)) },
    { title: 'kind', expendable: 3, cell: ({ kind }) => kind },
    { title: 'count', numeric: true, cell: (row) => String(row.count) },
    { title: 'errors', numeric: true, cell: ({ errors }) => String(errors), paint: (row) => redIfAny(row, paint) },
    { title: 'p50', numeric: true, expendable: 2, cell: ({ p50Ms }) => formatDuration(p50Ms) },
    { title: 'p95', numeric: true, cell: ({ p95Ms }) => formatDuration(p95Ms) },
    { title: 'p99', numeric: true, expendable: 1, cell: ({ p99Ms }) => formatDuration(p99Ms) },
  ];
}

function edgeColumns(paint: Palette): Column<ReportedEdge>[] {
  return [
    { title: 'from', cell: ({ from }) => safe(from) },
    { title: 'to', cell: ({ to }) => safe(to) },
    { title: 'count', numeric: true, cell: (row) => String(row.count) },
    { title: 'errors', numeric: true, cell: ({ errors }) => String(errors), paint: (row) => redIfAny(row, paint) },
    { title: 'p95', numeric: true, expendable: 1, cell: ({ p95Ms }) => formatDuration(p95Ms) },
  ];
}

function redIfAny({ errors }: { readonly errors: number }, paint: Palette): ((text: string) => string) | undefined {
  return errors > 0 ? paint.red : undefined;
}
