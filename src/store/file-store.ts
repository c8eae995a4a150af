import { rm } from 'node:fs/promises';
import type { Exporter } from '../core/pipeline/exporter.ts';
import type { SpanRecord } from '../core/record.ts';
import { type FileOptions, fileExporter } from '../exporters/file.ts';
import { FileFollower } from './file-follower.ts';
import { removableFiles } from './file-removal.ts';
import { type OpenSources, ScannedStore } from './scanned-store.ts';
import { closeSpanFiles, openSpanFiles } from './span-files.ts';
import type { AppendResult, Removed, SpanStore, StoreCall, TailBatch, TailOptions } from './span-store.ts';
import { storeError } from './store-error.ts';
import { TailBuffer } from './tail-buffer.ts';

/** Options of {@link fileStore}: those of `file()` of throughline/exporters, for what `append` writes. */
export interface FileStoreOptions extends FileOptions {
  /** The file of spans; what was rotated away from it (`.1`, `.2`, …, or dated, as the Collector does) is read too. */
  readonly path: string;
}

/**
 * A store over the files that `exporters: file({ path })`, or the OpenTelemetry file exporter, writes: OTLP JSON
 * lines, rotated or not. It reads what other tools write, too, by looking at it: OTLP in any of its JSON shapes,
 * Jaeger's, Zipkin's and Tempo's, plain or gzip. Each call reads the files from their beginning: right for a day of
 * a small service, or for what CI has recorded. A line that is torn or foreign is skipped, and `problems()` says
 * which and why. A file that does not exist yet is empty.
 *
 *     const store = fileStore({ path: 'spans.jsonl' });
 *     for (const trace of (await store.search({ error: true })).traces) console.log(trace.rootName);
 *     for (const { where, line, message } of store.problems().first) console.log(`${where}:${line} ${message}`);
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION` for a wrong option
 */
export function fileStore(options: FileStoreOptions): SpanStore {
  return openFileStore(options);
}

/** The same, for who wants to know first whether it is a file of spans at all. */
export function openFileStore(options: FileStoreOptions): FileStore {
  const writer = fileExporter('fileStore', options);
  return new FileStore(writer.destination, writer);
}

const never: AbortSignal = new AbortController().signal;

class FileStore extends ScannedStore implements SpanStore {
  readonly name: string = 'file';
  readonly #writer: Exporter;
  readonly #tails = new Set<TailBuffer>();

  constructor(path: string, writer: Exporter) {
    super(path);
    this.#writer = writer;
  }

  async append(spans: readonly SpanRecord[], { signal = never }: StoreCall = {}): Promise<AppendResult> {
    signal.throwIfAborted();
    if (spans.length === 0) return { stored: 0, dropped: 0 };
    const result = await this.#writer.export(spans, signal);
    if (result.outcome !== 'accepted') throw storeError(result.reason);
    return { stored: spans.length, dropped: 0 };
  }

  /** Removes rotated files alone: the newest may be open in a process that writes. */
  async removeBefore(timeMs: number, call?: StoreCall): Promise<Removed> {
    const { paths, traces, spans } = await removableFiles(this.scan(call), await this.#paths(), timeMs);
    for (const path of paths) await rm(path, { force: true });
    return { traces, spans };
  }

  async tail(options: TailOptions = {}, call: StoreCall = {}): Promise<AsyncIterable<TailBatch>> {
    const follower = new FileFollower(
      this.destination,
      (spans) => tail.push(spans),
      (error) => tail.end(this.failed(error)),
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
      throw this.failed(error);
    }
    return tail;
  }

  async close(): Promise<void> {
    for (const tail of this.#tails) tail.end();
    await this.#writer.shutdown?.();
  }

  protected async open(): Promise<OpenSources> {
    const sources = await openSpanFiles(this.destination);
    const version = JSON.stringify(sources.map(({ inode, size }) => [inode, size]));
    return { sources, version, close: () => closeSpanFiles(sources) };
  }

  async #paths(): Promise<string[]> {
    const { sources, close } = await this.open();
    await close();
    return sources.map(({ path }) => path);
  }
}
