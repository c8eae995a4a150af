import type { SpanStore, StoreCall, StoredTrace, TraceQuery, TraceSummary } from './span-store.ts';

/** As much as a page holds: fewer questions, and a store bounds the work of each. */
const PAGE = 1000;

/** Traces that are asked for at once where each costs a round trip. */
const AT_ONCE = 16;

/**
 * Every trace that matches, the latest first, over all pages. Here `limit` is for all of them together; default: no limit.
 *
 *     for await (const { traceId, durationMs } of searchAll(store, { service: 'shop' })) console.log(traceId, durationMs);
 */
export async function* searchAll(
  store: SpanStore,
  query: TraceQuery = {},
  call: StoreCall = {},
): AsyncGenerator<TraceSummary, void, undefined> {
  let left = query.limit ?? Number.POSITIVE_INFINITY;
  let cursor = query.cursor;
  do {
    const page = await store.search({ ...query, cursor, limit: Math.min(left, PAGE) }, call);
    for (const trace of page.traces.slice(0, left)) yield trace;
    left -= page.traces.length;
    cursor = page.next;
  } while (cursor !== undefined && left > 0);
}

/**
 * Every trace that matches, whole, in no particular order. `limit` is for all of them together, the latest first;
 * default: no limit. What is asked for and found must fit into memory.
 *
 *     const spans = [];
 *     for await (const trace of readTraces(store, { error: true, limit: 1000 })) spans.push(...trace.spans);
 */
export async function* readTraces(
  store: SpanStore,
  query: TraceQuery = {},
  call: StoreCall = {},
): AsyncGenerator<StoredTrace, void, undefined> {
  if (store.read !== undefined) {
    yield* store.read(query, call);
    return;
  }
  const traceIds: string[] = [];
  for await (const { traceId } of searchAll(store, query, call)) traceIds.push(traceId);
  yield* await store.traces(traceIds, call);
}

/** `traces` of a store that has no better way: some at a time, by `trace`. */
export async function tracesOneByOne(
  store: Pick<SpanStore, 'trace'>,
  traceIds: readonly string[],
  call: StoreCall = {},
): Promise<StoredTrace[]> {
  const found: StoredTrace[] = [];
  for (let at = 0; at < traceIds.length; at += AT_ONCE) {
    const some = await Promise.all(traceIds.slice(at, at + AT_ONCE).map((traceId) => store.trace(traceId, call)));
    for (const trace of some) if (trace !== undefined) found.push(trace); // one may have expired meanwhile
  }
  return found;
}
