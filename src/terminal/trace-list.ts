import type { TraceTree } from '../analysis/types.ts';
import { safe, spanLabel } from './label.ts';
import { composeLine, type Segment } from './line.ts';
import { moment } from './moment.ts';
import { type DrawOptions, readDrawOptions } from './options.ts';
import { type Page, pageOf, rowLimit } from './page.ts';
import type { Palette } from './style.ts';
import { boundedTable, type Column } from './table.ts';
import { formatDuration } from './text.ts';

/** A trace in a list: what stores say of it. */
export interface ListedTrace {
  readonly traceId: string;
  readonly startTimeMs: number;
  readonly durationMs: number;
  readonly spanCount: number;
  readonly errorCount: number;
  readonly services: readonly string[];
  readonly rootName: string;
  readonly rootService: string;
  readonly rootStatus?: number | undefined;
  readonly rootPath?: string | undefined;
  readonly message?: string | undefined;
}

/** The beginning of an id; of one with 64 bits, which begins with sixteen zeros, what comes after them. */
function shortId(traceId: string, length: number): string {
  return length < 32 ? traceId.replace(/^0{16}(?=[^0])/, '').slice(0, length) : traceId;
}

/** Enough to tell traces apart, and to paste. */
const SHORT_ID = 12;
const WIDE = 140;

/**
 * Traces as a table, a line each: id (whole on wide terminals), start in UTC, where it began, duration, size and errors.
 * Lines are separated by `\n`, none wider than `width`. Names are made safe to print.
 *
 *     console.log(drawTraceList((await store.search()).traces, { width: process.stdout.columns }));
 */
export function drawTraceList(traces: readonly ListedTrace[], asked: DrawOptions = {}): string {
  const options = readDrawOptions('drawTraceList', asked);
  const page = pageOf(options);
  const maxRows = rowLimit(options.maxRows, Number.POSITIVE_INFINITY);
  return boundedTable(columnsOf(page, traces), traces, maxRows, page).join('\n');
}

function columnsOf({ width, paint }: Page, traces: readonly ListedTrace[]): Column<ListedTrace>[] {
  const has = {
    status: traces.some(({ rootStatus }) => rootStatus !== undefined),
    message: traces.some((trace) => trace.message !== undefined),
  };
  const status: Column<ListedTrace> = {
    title: 'status',
    numeric: true,
    expendable: 1,
    cell: ({ rootStatus }) => (rootStatus === undefined ? '' : String(rootStatus)),
    paint: (row) => redIfFailed(row, paint),
  };
  const message: Column<ListedTrace> = {
    title: 'message',
    expendable: 2,
    cell: (row) => safe(row.message ?? ''),
    paint: (row) => redIfFailed(row, paint),
  };
  const idLength = width >= WIDE ? 32 : SHORT_ID;
  const services: Column<ListedTrace> = { title: 'services', cell: (row) => row.services.map(safe).join(' ') };
  return [
    // "Numeric": never cut. Ids and times are all of one length, so their titles stand on the left by themselves.
    { title: 'trace'.padEnd(idLength), numeric: true, cell: ({ traceId }) => safe(shortId(traceId, idLength)) },
    {
      title: 'started'.padEnd(20),
      numeric: true,
      expendable: 4,
      cell: ({ startTimeMs }) => moment(startTimeMs),
      paint: () => paint.dim,
    },
    { title: 'service', expendable: 2, cell: ({ rootService }) => safe(rootService) },
    { title: 'root', cell: rootOf, paint: (row) => redIfFailed(row, paint) },
    ...(has.status ? [status] : []),
    { title: 'duration', numeric: true, cell: ({ durationMs }) => formatDuration(durationMs) },
    { title: 'spans', numeric: true, expendable: 3, cell: ({ spanCount }) => String(spanCount) },
    {
      title: 'errors',
      numeric: true,
      expendable: 1,
      cell: ({ errorCount }) => String(errorCount),
      paint: (row) => redIfFailed(row, paint),
    },
    ...(has.message ? [message] : []),
    ...(width >= WIDE ? [services] : []),
  ];
}

/** `GET (no route) /favicon.ico`: as the trace's own drawing says it. */
function rootOf({ rootName, rootPath }: ListedTrace): string {
  return safe(rootPath === undefined ? rootName : `${rootName} (no route) ${rootPath}`);
}

function redIfFailed({ errorCount }: ListedTrace, paint: Palette): ((text: string) => string) | undefined {
  return errorCount > 0 ? paint.red : undefined;
}

/**
 * A trace in one line, for lists that grow while one looks:
 *
 *     23:04:05  4bf92f3577b3  shop GET /cart  120 ms  15 spans  2 failed
 */
export function drawTraceLine(trace: TraceTree, options: DrawOptions = {}): string {
  const { width, paint } = pageOf(options);
  const first = trace.roots[0] ?? trace.orphans[0]?.nodes[0];
  const segments: Segment[] = [
    { text: `${moment(trace.startTimeMs).slice(11, 19)}  `, paint: paint.dim },
    { text: `${safe(shortId(trace.traceId, width >= WIDE ? 32 : SHORT_ID))}  ` },
    { text: `${formatDuration(trace.durationMs).padStart(7)}  ` },
    trace.errors > 0
      ? { text: `✗ ${trace.errors} of ${trace.spanCount}`, paint: paint.red }
      : { text: `  ${trace.spanCount}` },
    { text: trace.spanCount === 1 ? ' span' : ' spans' },
    { text: '  ' },
    { text: first ? spanLabel(first) : 'no spans', paint: trace.errors > 0 ? paint.red : paint.bold },
    { text: trace.services.length > 0 ? `  ${trace.services.map(safe).join(' ')}` : '', paint: paint.dim },
  ];
  return composeLine(segments, width);
}
