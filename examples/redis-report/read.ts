import { buildTrace, type TraceTree } from 'throughline/analysis';
import type { SpanStore } from 'throughline/store';

/** The newest traces of a service, whatever store they are in: a page at a time, then each by its id. */
export async function readTraces(store: SpanStore, service: string, count: number): Promise<TraceTree[]> {
  const trees: TraceTree[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.search({ service, limit: count - trees.length, cursor });
    for (const { traceId } of page.traces) {
      const trace = await store.trace(traceId);
      if (trace !== undefined) trees.push(buildTrace(trace.spans)); // it may have expired in between
    }
    cursor = page.next;
  } while (cursor !== undefined && trees.length < count);
  return trees;
}
