import { buildTrace } from '../src/analysis/tree.ts';
import type { TraceTree } from '../src/analysis/types.ts';
import { readTraces } from '../src/store/read-traces.ts';
import type { SpanStore, TraceQuery } from '../src/store/span-store.ts';
import type { Io } from './io.ts';
import { Progress } from './progress.ts';

/** As many traces fit into the memory of a process that has a normal heap, at some tens of spans each. */
export const MOST_TRACES = 10_000;

/** The traces that match, as trees; the latest `limit` of them. Says so when there are more. */
export async function loadTraces(store: SpanStore, query: TraceQuery, io: Io): Promise<TraceTree[]> {
  const limit = query.limit ?? MOST_TRACES;
  const progress = new Progress(io, 'reading');
  const trees: TraceTree[] = [];
  let spans = 0;
  try {
    // One more than is asked for tells whether that was all.
    for await (const trace of readTraces(store, { ...query, limit: limit + 1 }, { signal: io.signal })) {
      spans += trace.spans.length;
      trees.push(buildTrace(trace.spans));
      progress.tell(spans, 'span');
    }
  } finally {
    progress.end();
  }
  if (trees.length <= limit) return trees;
  if (query.limit === undefined) {
    io.err(
      `throughline: only the latest ${limit.toLocaleString('en-US')} traces are looked at (--limit for more, --since for fewer)\n`,
    );
  }
  return trees.sort((a, b) => b.startTimeMs - a.startTimeMs).slice(0, limit);
}
