import type { SpanRecord } from '../core/record.ts';

interface Read {
  readonly spans: readonly SpanRecord[];
  readonly index: number;
}

/** Files that can go, and what goes with them. */
export interface RemovableFiles {
  readonly paths: readonly string[];
  readonly traces: number;
  readonly spans: number;
}

interface Extent {
  startMs: number;
  lastFile: number;
  readonly spanIds: Set<string>;
}

/**
 * Finds the oldest files that hold nothing but traces that started before `timeMs`, and of each all spans:
 * a file with the first half of a trace stays, since half a trace reads as a broken one. The last of
 * `paths` never goes.
 */
export async function removableFiles(
  reads: AsyncIterable<Read>,
  paths: readonly string[],
  timeMs: number,
): Promise<RemovableFiles> {
  const traces = new Map<string, Extent>();
  const firstFile = new Map<string, number>();
  for await (const { spans, index: fileIndex } of reads) {
    for (const span of spans) {
      if (!firstFile.has(span.traceId)) firstFile.set(span.traceId, fileIndex);
      note(traces, span, fileIndex);
    }
  }
  // Up to which file each file is tied to later ones, or to the future.
  const reach = paths.map((_, index) => index);
  for (const [traceId, { startMs, lastFile }] of traces) {
    const first = firstFile.get(traceId) ?? 0;
    const ties = startMs < timeMs ? lastFile : Number.POSITIVE_INFINITY;
    reach[first] = Math.max(reach[first] ?? first, ties);
  }
  const count = longestClosedPrefix(reach.slice(0, -1));
  const gone = [...traces.values()].filter((trace) => trace.lastFile < count);
  return {
    paths: paths.slice(0, count),
    traces: gone.length,
    spans: gone.reduce((sum, trace) => sum + trace.spanIds.size, 0),
  };
}

function note(traces: Map<string, Extent>, span: SpanRecord, fileIndex: number): void {
  let extent = traces.get(span.traceId);
  if (extent === undefined) {
    extent = { startMs: span.startTimeMs, lastFile: fileIndex, spanIds: new Set() };
    traces.set(span.traceId, extent);
  }
  extent.startMs = Math.min(extent.startMs, span.startTimeMs);
  extent.lastFile = Math.max(extent.lastFile, fileIndex);
  extent.spanIds.add(span.spanId);
}

/** The number of files, from the oldest on, that can go without tearing anything that stays. */
function longestClosedPrefix(reach: readonly number[]): number {
  let furthest = -1;
  let count = 0;
  for (const [index, last] of reach.entries()) {
    furthest = Math.max(furthest, last);
    if (furthest === index) count = index + 1;
  }
  return count;
}
