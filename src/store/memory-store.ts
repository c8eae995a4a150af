import { serviceName } from '../analysis/tree.ts';
import { type Readers, readOptions, wholeNumber } from '../core/options/options.ts';
import { estimateBytes } from '../core/pipeline/record-size.ts';
import type { SpanRecord } from '../core/record.ts';
import { OperationSet } from './operation-set.ts';
import { isInTime, pageOf } from './page.ts';
import { tracesOneByOne } from './read-traces.ts';
import { RedTable } from './red.ts';
import { spanMatcher } from './span-match.ts';
import type {
  AggregateQuery,
  AggregateRow,
  AppendResult,
  Operation,
  Removed,
  SearchPage,
  SpanStore,
  StoreCall,
  StoredTrace,
  StoreProblems,
  TailBatch,
  TailOptions,
  TraceQuery,
} from './span-store.ts';
import { TailBuffer } from './tail-buffer.ts';
import { bySpanStart, TraceFold } from './trace-summary.ts';

/** Options of {@link memoryStore}. */
export interface MemoryStoreOptions {
  /** The estimated size of all spans together, in bytes, at most. Default 64 MiB. */
  readonly maxBytes?: number | undefined;
  /** Spans of one trace. Default 200,000. */
  readonly maxTraceSpans?: number | undefined;
}

export const MEMORY_STORE_DEFAULTS: { readonly maxBytes: number; readonly maxTraceSpans: number } = {
  maxBytes: 64 * 1024 * 1024,
  maxTraceSpans: 200_000,
};

const READERS = { maxBytes: wholeNumber(1), maxTraceSpans: wholeNumber(1) } satisfies Readers<MemoryStoreOptions>;

/**
 * A store in this process: a ring by bytes. When it is full the trace that came first goes, whole: half a
 * trace would be read as a broken one.
 *
 *     const store = memoryStore({ maxBytes: 16 * 1024 * 1024 });
 *     await store.append(spans);
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION` for a wrong option
 */
export function memoryStore(options: MemoryStoreOptions = {}): SpanStore {
  const given = readOptions('memoryStore', options, READERS);
  const { maxBytes = MEMORY_STORE_DEFAULTS.maxBytes, maxTraceSpans = MEMORY_STORE_DEFAULTS.maxTraceSpans } = given;
  return new MemoryStore(maxBytes, maxTraceSpans);
}

/** One trace of the ring. */
interface Kept {
  readonly spans: Map<string, SpanRecord>;
  bytes: number;
  dropped: number;
}

function startsBefore({ spans }: Kept, timeMs: number): boolean {
  for (const span of spans.values()) if (span.startTimeMs < timeMs) return true;
  return false;
}

class MemoryStore implements SpanStore {
  readonly name: string = 'memory';
  readonly #maxBytes: number;
  readonly #maxTraceSpans: number;
  /** In order of arrival: the first is the next to go. */
  readonly #traces = new Map<string, Kept>();
  readonly #tails = new Set<TailBuffer>();
  #bytes = 0;

  constructor(maxBytes: number, maxTraceSpans: number) {
    this.#maxBytes = maxBytes;
    this.#maxTraceSpans = maxTraceSpans;
  }

  async append(spans: readonly SpanRecord[], call?: StoreCall): Promise<AppendResult> {
    call?.signal?.throwIfAborted();
    const arrived: SpanRecord[] = [];
    let dropped = 0;
    for (const span of spans) {
      const kept = this.#keptFor(span.traceId);
      if (kept.spans.has(span.spanId)) continue;
      if (kept.spans.size >= this.#maxTraceSpans) {
        kept.dropped++;
        dropped++;
        continue;
      }
      const bytes = estimateBytes(span);
      kept.spans.set(span.spanId, span);
      kept.bytes += bytes;
      this.#bytes += bytes;
      arrived.push(span);
    }
    this.#evict();
    for (const tail of this.#tails) tail.push(arrived);
    const stored = spans.length - dropped;
    return dropped === 0 ? { stored, dropped } : { stored, dropped, message: this.#overCap() };
  }

  #overCap(): string {
    return `a trace has reached its cap of ${this.#maxTraceSpans} spans`;
  }

  #keptFor(traceId: string): Kept {
    let kept = this.#traces.get(traceId);
    if (kept === undefined) {
      kept = { spans: new Map(), bytes: 0, dropped: 0 };
      this.#traces.set(traceId, kept);
    }
    return kept;
  }

  #evict(): void {
    for (const [traceId, kept] of this.#traces) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#traces.delete(traceId);
      this.#bytes -= kept.bytes;
    }
  }

  async trace(traceId: string, call?: StoreCall): Promise<StoredTrace | undefined> {
    call?.signal?.throwIfAborted();
    const kept = this.#traces.get(traceId);
    if (kept === undefined) return undefined;
    return { traceId, spans: [...kept.spans.values()].sort(bySpanStart), dropped: kept.dropped };
  }

  traces(traceIds: readonly string[], call?: StoreCall): Promise<readonly StoredTrace[]> {
    return tracesOneByOne(this, traceIds, call);
  }

  async search(query: TraceQuery = {}, call?: StoreCall): Promise<SearchPage> {
    call?.signal?.throwIfAborted();
    const matches = spanMatcher(query);
    const found: TraceFold[] = [];
    for (const [traceId, kept] of this.#traces) {
      const fold = new TraceFold(traceId, matches);
      for (const span of kept.spans.values()) fold.add(span);
      if (fold.matched && isInTime(fold.startTimeMs, query)) found.push(fold);
    }
    return pageOf(
      found.map((fold) => fold.summary()),
      query,
    );
  }

  async services(call?: StoreCall): Promise<readonly string[]> {
    call?.signal?.throwIfAborted();
    const names = new Set<string>();
    for (const span of this.#all()) names.add(serviceName(span));
    return [...names].sort();
  }

  async operations(service: string, call?: StoreCall): Promise<readonly Operation[]> {
    call?.signal?.throwIfAborted();
    const operations = new OperationSet(service);
    for (const span of this.#all()) operations.add(span);
    return operations.list();
  }

  async aggregate(query: AggregateQuery = {}, call?: StoreCall): Promise<readonly AggregateRow[]> {
    call?.signal?.throwIfAborted();
    const table = new RedTable(query);
    for (const span of this.#all()) table.addSpan(span);
    return table.rows();
  }

  async removeBefore(timeMs: number, call?: StoreCall): Promise<Removed> {
    call?.signal?.throwIfAborted();
    let traces = 0;
    let spans = 0;
    for (const [traceId, kept] of this.#traces) {
      if (!startsBefore(kept, timeMs)) continue;
      this.#traces.delete(traceId);
      this.#bytes -= kept.bytes;
      traces++;
      spans += kept.spans.size;
    }
    return { traces, spans };
  }

  async tail(options: TailOptions = {}, call: StoreCall = {}): Promise<AsyncIterable<TailBatch>> {
    const tail: TailBuffer = new TailBuffer(options, call, () => this.#tails.delete(tail));
    if (!tail.ended) this.#tails.add(tail);
    return tail;
  }

  problems(): StoreProblems {
    return { count: 0, first: [] };
  }

  async close(): Promise<void> {
    for (const tail of this.#tails) tail.end();
  }

  *#all(): Generator<SpanRecord, void, undefined> {
    for (const kept of this.#traces.values()) yield* kept.spans.values();
  }
}
