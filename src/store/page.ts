import { compareText } from '../leaves/compare.ts';
import type { SearchPage, TraceQuery, TraceSummary } from './span-store.ts';
import { storeError } from './store-error.ts';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 1000;

/** A place in the order of results: behind the trace with this start and id. */
export interface Position {
  readonly startTimeMs: number;
  readonly traceId: string;
  /** The score at which a store that walks an index has to go on. */
  readonly resumeMs?: number | undefined;
}

/** The number of traces on a page, whatever was asked for. */
export function pageLimit({ limit }: TraceQuery): number {
  if (limit === undefined || !(limit >= 1)) return DEFAULT_LIMIT;
  return Math.min(MAX_LIMIT, Math.floor(limit));
}

/** The latest start first; of equal starts the lower trace id. */
export function latestFirst(a: Position, b: Position): number {
  return b.startTimeMs - a.startTimeMs || compareText(a.traceId, b.traceId);
}

/** `1700000000123.25-4bf92f…`, and `-1700000000456` where a store has to go on. */
export function formatCursor({ startTimeMs, traceId, resumeMs }: Position): string {
  return resumeMs === undefined ? `${startTimeMs}-${traceId}` : `${startTimeMs}-${traceId}-${resumeMs}`;
}

const CURSOR = /^(\d{1,16}(?:\.\d{1,12})?)-([0-9a-f]{32})(?:-(\d{1,16}(?:\.\d{1,12})?))?$/;

/**
 * Reads a cursor: it goes through the hands of users, so it may be anything.
 *
 * @throws StoreError when it is none of ours
 */
export function parseCursor(cursor: string | undefined): Position | undefined {
  if (cursor === undefined) return undefined;
  const match = CURSOR.exec(cursor);
  if (match === null)
    throw storeError(`search(): "cursor" must be the "next" of a page, got ${JSON.stringify(cursor)}`);
  const [, startTimeMs, traceId = '', resumeMs] = match;
  return { startTimeMs: Number(startTimeMs), traceId, resumeMs: resumeMs === undefined ? undefined : Number(resumeMs) };
}

/** True where a trace lies in the time asked for. */
export function isInTime(startTimeMs: number, { from, to }: TraceQuery): boolean {
  return (from === undefined || startTimeMs >= from) && (to === undefined || startTimeMs < to);
}

/** One page out of all traces that match, in any order. */
export function pageOf(traces: readonly TraceSummary[], query: TraceQuery): SearchPage {
  const after = parseCursor(query.cursor);
  const limit = pageLimit(query);
  const rest = traces.filter((trace) => after === undefined || latestFirst(after, trace) < 0).sort(latestFirst);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return last !== undefined && rest.length > limit ? { traces: page, next: formatCursor(last) } : { traces: page };
}
