import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { serviceName } from '../analysis/tree.ts';
import type { Exporter } from '../core/pipeline/exporter.ts';
import type { SpanRecord } from '../core/record.ts';
import { type FileOptions, fileExporter } from '../exporters/file.ts';
import { FileFollower } from './file-follower.ts';
import { removableFiles } from './file-removal.ts';
import { LineReader } from './line-reader.ts';
import { OperationSet } from './operation-set.ts';
import { isInTime, pageOf, parseCursor } from './page.ts';
import { ProblemList } from './problem-list.ts';
import { RedTable } from './red.ts';
import { closeSpanFiles, openSpanFiles } from './span-files.ts';
import { decodeSpanLine } from './span-line.ts';
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
  TraceSummary,
} from './span-store.ts';
import { storeError } from './store-error.ts';
import { TailBuffer } from './tail-buffer.ts';
import { distinctSpans, TraceFold } from './trace-summary.ts';

/** Options of {@link fileStore}: those of `file()` of throughline/exporters, for what `append` writes. */
export interface FileStoreOptions extends FileOptions {
  /** The file of OTLP JSON lines; what was rotated away from it (`.1`, `.2`, …) is read too. */
  readonly path: string;
}

/**
 * A store over the files that `exporters: file({ path })`, or the OpenTelemetry file exporter, writes:
 * OTLP JSON lines, rotated or not. Each call reads the files from their beginning, about 20 MB a second:
 * right for a day of a small service, or for what CI has recorded. A line that is torn or foreign
 * is skipped, and `problems()` says which and what to do. A file that does not exist yet is empty.
 *
 *     const store = fileStore({ path: 'spans.jsonl' });
 *     for (const trace of (await store.search({ error: true })).traces) console.log(trace.rootName);
 *     for (const { where, line, message } of store.problems().first) console.log(`${where}:${line} ${message}`);
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION` for a wrong option
 */
export function fileStore(options: FileStoreOptions): SpanStore {
  const writer = fileExporter('fileStore', options);
  return new FileStore(writer.destination, writer);
}

/** The spans of one line, and the position of its file among the files, the oldest being 0. */
interface Read {
  readonly spans: readonly SpanRecord[];
  readonly fileIndex: number;
}

const never: AbortSignal = new AbortController().signal;

class FileStore implements SpanStore {
  readonly name: string = 'file';
  readonly destination: string;
  readonly #writer: Exporter;
  readonly #problems = new ProblemList();
  readonly #tails = new Set<TailBuffer>();
  #lastSearch: { readonly key: string; readonly found: readonly TraceSummary[] } | undefined;

  constructor(path: string, writer: Exporter) {
    this.destination = path;
    this.#writer = writer;
  }

  async append(spans: readonly SpanRecord[], { signal = never }: StoreCall = {}): Promise<AppendResult> {
    signal.throwIfAborted();
    if (spans.length === 0) return { stored: 0, dropped: 0 };
    const result = await this.#writer.export(spans, signal);
    if (result.outcome !== 'accepted') throw storeError(result.reason);
    return { stored: spans.length, dropped: 0 };
  }

  async trace(traceId: string, call?: StoreCall): Promise<StoredTrace | undefined> {
    if (!/^[0-9a-f]{32}$/.test(traceId)) return undefined;
    const own: SpanRecord[] = [];
    for await (const { spans } of this.#read(call, traceId)) {
      for (const span of spans) if (span.traceId === traceId) own.push(span);
    }
    return own.length === 0 ? undefined : { traceId, spans: distinctSpans(own), dropped: 0 };
  }

  /** All of them in one pass over the files. */
  async traces(traceIds: readonly string[], call?: StoreCall): Promise<readonly StoredTrace[]> {
    const found = new Map<string, SpanRecord[]>(traceIds.map((traceId) => [traceId, []]));
    if (found.size === 0) return [];
    for await (const { spans } of this.#read(call)) {
      for (const span of spans) found.get(span.traceId)?.push(span);
    }
    return [...found].flatMap(([traceId, spans]) =>
      spans.length === 0 ? [] : [{ traceId, spans: distinctSpans(spans), dropped: 0 }],
    );
  }

  async search(query: TraceQuery = {}, call?: StoreCall): Promise<SearchPage> {
    parseCursor(query.cursor);
    call?.signal?.throwIfAborted();
    const key = await this.#searchKey(query);
    // The pages of a search over files that have not changed come from one pass.
    if (query.cursor === undefined || this.#lastSearch?.key !== key) {
      this.#lastSearch = { key, found: await this.#searchFiles(query, call) };
    }
    return pageOf(this.#lastSearch.found, query);
  }

  /** Which files, how large, and what is asked of them. */
  async #searchKey({ cursor: _cursor, limit: _limit, ...criteria }: TraceQuery): Promise<string> {
    const files = await this.#opened();
    await closeSpanFiles(files);
    return JSON.stringify([files.map(({ inode, size }) => [inode, size]), criteria]);
  }

  async #searchFiles(query: TraceQuery, call: StoreCall | undefined): Promise<readonly TraceSummary[]> {
    const matches = spanMatcher(query);
    const folds = new Map<string, TraceFold>();
    for await (const { spans } of this.#read(call)) {
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
    for await (const { spans } of this.#read(call)) for (const span of spans) names.add(serviceName(span));
    return [...names].sort();
  }

  async operations(service: string, call?: StoreCall): Promise<readonly Operation[]> {
    const operations = new OperationSet(service);
    for await (const { spans } of this.#read(call)) for (const span of spans) operations.add(span);
    return operations.list();
  }

  async aggregate(query: AggregateQuery = {}, call?: StoreCall): Promise<readonly AggregateRow[]> {
    const table = new RedTable(query);
    const seen = new Set<string>();
    for await (const { spans } of this.#read(call)) {
      for (const span of spans) {
        const id = span.traceId + span.spanId;
        if (seen.has(id)) continue;
        seen.add(id);
        table.addSpan(span);
      }
    }
    return table.rows();
  }

  /** Removes rotated files alone: the newest may be open in a process that writes. */
  async removeBefore(timeMs: number, call?: StoreCall): Promise<Removed> {
    const { paths, traces, spans } = await removableFiles(this.#read(call), await this.#paths(), timeMs);
    for (const path of paths) await rm(path, { force: true });
    return { traces, spans };
  }

  async tail(options: TailOptions = {}, call: StoreCall = {}): Promise<AsyncIterable<TailBatch>> {
    const follower = new FileFollower(
      this.destination,
      (spans) => tail.push(spans),
      (error) => tail.end(this.#failed(error)),
    );
    const tail: TailBuffer = new TailBuffer(options, call, () => {
      this.#tails.delete(tail);
      follower.stop();
    });
    if (tail.ended) return tail;
    this.#tails.add(tail);
    try {
      await follower.start();
    } catch (error) {
      tail.end();
      throw this.#failed(error);
    }
    return tail;
  }

  problems(): StoreProblems {
    return this.#problems.list();
  }

  async close(): Promise<void> {
    for (const tail of this.#tails) tail.end();
    await this.#writer.shutdown?.();
  }

  async #paths(): Promise<string[]> {
    const files = await this.#opened();
    await closeSpanFiles(files);
    return files.map((one) => one.path);
  }

  async #opened(): ReturnType<typeof openSpanFiles> {
    try {
      return await openSpanFiles(this.destination);
    } catch (error) {
      throw this.#failed(error);
    }
  }

  #failed(error: unknown): Error {
    const { code, message } = error as NodeJS.ErrnoException;
    const hint = code === 'EACCES' ? ' (not allowed: spans are written with mode 0600, for their owner alone)' : '';
    return storeError(`cannot read ${this.destination}: ${code ?? message}${hint}`, error);
  }

  /** All spans, the oldest file first. With `only`, lines without that trace id are not even parsed. */
  async *#read({ signal }: StoreCall = {}, only?: string): AsyncGenerator<Read, void, undefined> {
    signal?.throwIfAborted();
    const files = await this.#opened();
    try {
      for (const [fileIndex, { path, handle }] of files.entries()) {
        for await (const line of new LineReader(handle).readAll()) {
          signal?.throwIfAborted();
          if (only !== undefined && line.text?.toLowerCase().includes(only) === false) continue;
          const { spans, problem } = decodeSpanLine(line);
          if (problem !== undefined) this.#note(path, line.number, problem);
          if (spans.length > 0) yield { spans, fileIndex };
        }
      }
    } catch (error) {
      throw signal?.aborted ? error : this.#failed(error);
    } finally {
      await closeSpanFiles(files);
    }
  }

  #note(path: string, line: number, problem: string): void {
    this.#problems.add({ where: path, line, message: problem.replace('FILE', basename(path)) });
  }
}
