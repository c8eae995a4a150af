import { serviceName } from '../analysis/tree.ts';
import type { SpanRecord } from '../core/record.ts';
import type { SpanPiece } from '../formats/span-text.ts';
import { OnePass } from './one-pass.ts';
import { OperationSet } from './operation-set.ts';
import { isInTime, pageOf, parseCursor } from './page.ts';
import { ProblemList } from './problem-list.ts';
import { checkSpans, readSpans } from './read-spans.ts';
import { RedTable } from './red.ts';
import type { SpanBytes } from './span-files.ts';
import { spanMatcher } from './span-match.ts';
import type {
  AggregateQuery,
  AggregateRow,
  Operation,
  SearchPage,
  StoreCall,
  StoredTrace,
  StoreProblems,
  TraceQuery,
  TraceSummary,
} from './span-store.ts';
import { storeError } from './store-error.ts';
import { distinctSpans, TraceFold } from './trace-summary.ts';

/** Sources that were opened together, the oldest first. */
export interface OpenSources {
  readonly sources: readonly SpanBytes[];
  /** The same as long as they hold the same. */
  readonly version: string;
  close(): Promise<void>;
}

/** The spans of one piece, and the position of its source among the sources, the oldest being 0. */
export interface ScannedSpans {
  readonly spans: readonly SpanRecord[];
  readonly index: number;
}

/** The reading half of a store that has no index: every call reads the bytes from their beginning. */
export abstract class ScannedStore {
  readonly destination: string;
  readonly #problems = new ProblemList();
  #lastSearch: { readonly key: string; readonly found: readonly TraceSummary[] } | undefined;

  constructor(destination: string) {
    this.destination = destination;
  }

  /** @throws anything: it is told as a {@link StoreError} */
  protected abstract open(): Promise<OpenSources>;

  /**
   * Makes sure that it is a file of spans, or empty.
   *
   * @throws StoreError (a rejection) saying what it is instead
   */
  async check({ signal }: StoreCall = {}): Promise<void> {
    await this.#withSources(async ({ sources }) => checkSpans(sources, signal));
  }

  async trace(traceId: string, call?: StoreCall): Promise<StoredTrace | undefined> {
    if (!/^[0-9a-f]{32}$/.test(traceId)) return undefined;
    const own: SpanRecord[] = [];
    for await (const { spans } of this.scan(call, traceId)) {
      for (const span of spans) if (span.traceId === traceId) own.push(span);
    }
    return own.length === 0 ? undefined : { traceId, spans: distinctSpans(own), dropped: 0 };
  }

  /** All of them in one pass. */
  async traces(traceIds: readonly string[], call?: StoreCall): Promise<readonly StoredTrace[]> {
    const found = new Map<string, SpanRecord[]>(traceIds.map((traceId) => [traceId, []]));
    if (found.size === 0) return [];
    for await (const { spans } of this.scan(call)) {
      for (const span of spans) found.get(span.traceId)?.push(span);
    }
    return [...found].flatMap(([traceId, spans]) =>
      spans.length === 0 ? [] : [{ traceId, spans: distinctSpans(spans), dropped: 0 }],
    );
  }

  /** In one pass where what is wanted can be held meanwhile, else in two. */
  async *read(query: TraceQuery = {}, call?: StoreCall): AsyncGenerator<StoredTrace, void, undefined> {
    const pass = new OnePass(query);
    for await (const { spans } of this.scan(call)) if (!spans.every((span) => pass.add(span))) break;
    const traces = pass.traces();
    if (traces !== undefined) {
      yield* traces;
      return;
    }
    const limit = query.limit ?? Number.POSITIVE_INFINITY;
    const found = [...(await this.#searchAll(query, call))].sort((a, b) => b.startTimeMs - a.startTimeMs);
    yield* await this.traces(
      found.slice(0, limit).map(({ traceId }) => traceId),
      call,
    );
  }

  async search(query: TraceQuery = {}, call?: StoreCall): Promise<SearchPage> {
    parseCursor(query.cursor);
    call?.signal?.throwIfAborted();
    const key = await this.#searchKey(query);
    // The pages of a search over what has not changed come from one pass.
    if (query.cursor === undefined || this.#lastSearch?.key !== key) {
      this.#lastSearch = { key, found: await this.#searchAll(query, call) };
    }
    return pageOf(this.#lastSearch.found, query);
  }

  async #searchKey({ cursor: _cursor, limit: _limit, ...criteria }: TraceQuery): Promise<string> {
    return this.#withSources(async ({ version }) => JSON.stringify([version, criteria]));
  }

  async #searchAll(query: TraceQuery, call: StoreCall | undefined): Promise<readonly TraceSummary[]> {
    const matches = spanMatcher(query);
    const folds = new Map<string, TraceFold>();
    for await (const { spans } of this.scan(call)) {
      for (const span of spans) {
        let fold = folds.get(span.traceId);
        if (fold === undefined) {
          fold = new TraceFold(span.traceId, matches);
          folds.set(span.traceId, fold);
        }
        fold.add(span);
      }
    }
    const found = [...folds.values()].filter((fold) => fold.matched && isInTime(fold.startTimeMs, query));
    return found.map((fold) => fold.summary());
  }

  async services(call?: StoreCall): Promise<readonly string[]> {
    const names = new Set<string>();
    for await (const { spans } of this.scan(call)) for (const span of spans) names.add(serviceName(span));
    return [...names].sort();
  }

  async operations(service: string, call?: StoreCall): Promise<readonly Operation[]> {
    const operations = new OperationSet(service);
    for await (const { spans } of this.scan(call)) for (const span of spans) operations.add(span);
    return operations.list();
  }

  async aggregate(query: AggregateQuery = {}, call?: StoreCall): Promise<readonly AggregateRow[]> {
    const table = new RedTable(query);
    const seen = new Set<string>();
    for await (const { spans } of this.scan(call)) {
      for (const span of spans) {
        const id = span.traceId + span.spanId;
        if (seen.has(id)) continue;
        seen.add(id);
        table.addSpan(span);
      }
    }
    return table.rows();
  }

  problems(): StoreProblems {
    return this.#problems.list();
  }

  /** All spans, the oldest source first. With `only`, pieces without that trace id are not even parsed. */
  protected async *scan({ signal }: StoreCall = {}, only?: string): AsyncGenerator<ScannedSpans, void, undefined> {
    signal?.throwIfAborted();
    const opened = await this.#opened();
    try {
      for (const [index, source] of opened.sources.entries()) {
        for await (const piece of readSpans(source, signal, only)) {
          this.#note(source.path, piece);
          if (piece.records.length > 0) yield { spans: piece.records, index };
        }
      }
    } catch (error) {
      throw signal?.aborted ? error : this.failed(error);
    } finally {
      await opened.close();
    }
  }

  async #withSources<T>(use: (opened: OpenSources) => Promise<T>): Promise<T> {
    const opened = await this.#opened();
    try {
      return await use(opened);
    } catch (error) {
      throw this.failed(error);
    } finally {
      await opened.close();
    }
  }

  async #opened(): Promise<OpenSources> {
    try {
      return await this.open();
    } catch (error) {
      throw this.failed(error);
    }
  }

  /** The error as a call of a store rejects with it. */
  protected failed(error: unknown): Error {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_THROUGHLINE_STORE') return error as Error;
    const hint = code === 'EACCES' ? ' (not allowed: spans are written with mode 0600, for their owner alone)' : '';
    return storeError(`cannot read ${this.destination}: ${code ?? message}${hint}`, error);
  }

  /** A last line that is no JSON may be one that is being written. */
  #note(path: string, { line, problem, isSpans, isEnded }: SpanPiece): void {
    if (problem === undefined || !(isSpans || isEnded)) return;
    this.#problems.add({ where: path, line, message: isSpans ? problem : `skipped: ${problem}` });
  }
}
