import { entryOf } from '../src/analysis/critical-path.ts';
import { buildTrace, serviceName } from '../src/analysis/tree.ts';
import type { TraceTree } from '../src/analysis/types.ts';
import type { SpanStore, TraceQuery } from '../src/store/span-store.ts';
import { quote } from './command-arguments.ts';
import { NotFoundError, UsageError } from './exit-code.ts';
import { findTrace, namesTrace } from './find-trace.ts';
import type { Io } from './io.ts';
import { loadTraces } from './load-traces.ts';
import { namesStore } from './open-store.ts';
import { parseMoment } from './times.ts';

/** One side of a diff, as it was named. */
export type DiffSide =
  | { readonly kind: 'trace'; readonly word: string }
  /** The other traces of the other side's operation. */
  | { readonly kind: 'baseline'; readonly word: string }
  /** The traces that began in a stretch of time. */
  | { readonly kind: 'window'; readonly word: string; readonly from?: number; readonly to?: number }
  /** All of a store. */
  | { readonly kind: 'run'; readonly word: string };

/**
 * Reads `4bf92f35`, `last`, `slowest`, `baseline`, `yesterday..today`, `before.jsonl`, `redis://…`.
 *
 * @throws UsageError for anything else
 */
export function parseSide(word: string, io: Io): DiffSide {
  if (word === 'baseline') return { kind: 'baseline', word };
  if (namesTrace(word)) return { kind: 'trace', word };
  if (namesStore(word, io)) return { kind: 'run', word };
  const window = parseWindow(word, io.now());
  if (window !== undefined) return { kind: 'window', word, ...window };
  throw new UsageError(
    `diff compares traces (an id, "last", "slowest", "baseline"), stores (a file that is there, redis://…) or times (yesterday..today), got ${quote(word)}`,
  );
}

/** `2h..1h`, `yesterday..today`, `15m..`, `..today`. */
function parseWindow(word: string, nowMs: number): { from?: number; to?: number } | undefined {
  const dots = word.indexOf('..');
  if (dots < 0) return undefined;
  const [since, until] = [word.slice(0, dots), word.slice(dots + 2)];
  const [from, to] = [since, until].map((text) => (text === '' ? undefined : parseMoment(text, nowMs)));
  const isWrong = (since !== '' && from === undefined) || (until !== '' && to === undefined) || since + until === '';
  if (isWrong) return undefined;
  if (from !== undefined && to !== undefined && from >= to)
    throw new UsageError(`${quote(word)} ends before it begins`);
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

/**
 * The traces of a side. `other`: those of the other side, for a baseline.
 *
 * @throws NotFoundError when there are none
 */
export async function loadSide(
  side: DiffSide,
  store: SpanStore,
  query: TraceQuery,
  other: readonly TraceTree[],
  io: Io,
): Promise<TraceTree[]> {
  const traces = await tracesOf(side, store, query, other, io);
  if (traces.length > 0) return traces;
  throw new NotFoundError(
    `nothing to compare: ${side.word} has no traces that fit, in ${store.destination ?? store.name}`,
  );
}

async function tracesOf(
  side: DiffSide,
  store: SpanStore,
  query: TraceQuery,
  other: readonly TraceTree[],
  io: Io,
): Promise<TraceTree[]> {
  switch (side.kind) {
    case 'trace':
      return [buildTrace((await findTrace(store, side.word, query, io)).spans)];
    case 'baseline':
      return baselineOf(other, store, query, io);
    case 'window':
      return loadTraces(store, { ...query, from: side.from, to: side.to }, io);
    default:
      return loadTraces(store, query, io);
  }
}

/** Traces whose entry is the same operation as that of the given one, which itself is left out. */
async function baselineOf(
  [trace]: readonly TraceTree[],
  store: SpanStore,
  query: TraceQuery,
  io: Io,
): Promise<TraceTree[]> {
  const entry = trace && entryOf(trace);
  if (trace === undefined || entry === undefined) return [];
  const [service, operation] = [serviceName(entry.span), entry.span.name];
  // Other filters were to find the trace: slow or failed ones alone are no baseline.
  const { from, to, limit } = query;
  const candidates = await loadTraces(store, { service, operation, from, to, limit }, io);
  return candidates.filter((one) => {
    const { span } = entryOf(one) ?? {};
    const isSame = span !== undefined && span.name === operation && serviceName(span) === service;
    return isSame && one.traceId !== trace.traceId;
  });
}
