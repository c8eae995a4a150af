import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathOf, type Readers, readOptions, required, wholeNumber } from '../core/options/options.ts';
import type { Exporter, ExportResult } from '../core/pipeline/exporter.ts';
import type { SpanRecord } from '../core/record.ts';
import { isSameFile, rotateFiles } from './file-rotation.ts';

/** Options of {@link file}. */
export interface FileOptions {
  /** The file to append to; its directory must exist. */
  readonly path: string;
  /**
   * The size at which a file ends: one that a batch would take beyond it is renamed to `<path>.1` first, that one to
   * `<path>.2`, and so on. Default 64 MiB. A batch of its own may be larger.
   */
  readonly maxBytes?: number | undefined;
  /** The number of files, the one at `path` included; the oldest is removed. Default 5. */
  readonly maxFiles?: number | undefined;
}

export const FILE_DEFAULTS: { readonly maxBytes: number; readonly maxFiles: number } = {
  maxBytes: 64 * 1024 * 1024,
  maxFiles: 5,
};

const READERS = {
  path: required(pathOf('the path of a file')),
  maxBytes: wholeNumber(1),
  maxFiles: wholeNumber(1),
} satisfies Readers<FileOptions>;

const NEWLINE = 0x0a;
const LINE_END: Buffer = Buffer.of(NEWLINE);
const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Appends spans to a file as OTLP JSON lines, one `ExportTraceServiceRequest` a line, as the
 * OpenTelemetry file exporter writes them. The file is opened at the first batch and made with mode
 * 0600, since spans hold addresses and paths. After a crash or a full disk the next line starts on
 * a line of its own, so a torn line costs only itself. Failures are answered with `retry`: a full
 * disk or a missing mount may heal. Files are rotated, so that they never fill a disk: 320 MiB at most
 * by default. Several processes may write one file.
 *
 *     start({ exporters: file({ path: 'spans.jsonl' }) });
 */
export function file(options: FileOptions): Exporter {
  return fileExporter('file', options);
}

/** The same for `caller`, whose options have these among them. */
export function fileExporter(caller: string, options: FileOptions): Exporter & { readonly destination: string } {
  const {
    path,
    maxBytes = FILE_DEFAULTS.maxBytes,
    maxFiles = FILE_DEFAULTS.maxFiles,
  } = readOptions(caller, options, READERS);
  return new FileExporter(path, maxBytes, maxFiles);
}

class FileExporter implements Exporter {
  readonly name: string = 'file';
  readonly destination: string;
  readonly #maxBytes: number;
  readonly #maxFiles: number;
  #handle: FileHandle | undefined;
  /** The file's size as far as we know: others may write it too. */
  #size: number;
  /** The file ends in the middle of a line. */
  #torn: boolean;
  /** The last write: batches are written one after another. */
  #tail: Promise<unknown>;

  constructor(path: string, maxBytes: number, maxFiles: number) {
    this.destination = resolve(path); // the app may change its directory, and a line in a log should say where
    this.#maxBytes = maxBytes;
    this.#maxFiles = maxFiles;
    this.#handle = undefined;
    this.#size = 0;
    this.#torn = false;
    this.#tail = Promise.resolve();
  }

  export(batch: readonly SpanRecord[], signal: AbortSignal): Promise<ExportResult> {
    const result = this.#tail.then(() => this.#append(batch, signal));
    this.#tail = result;
    return result;
  }

  async shutdown(): Promise<void> {
    await this.#tail;
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  /** Never rejects, so that one failure does not fail the batches behind it. */
  async #append(batch: readonly SpanRecord[], signal: AbortSignal): Promise<ExportResult> {
    if (signal.aborted) return { outcome: 'retry', reason: 'gave up at the deadline' };
    let json: Uint8Array;
    try {
      const { encodeTraceRequestBytes } = await import('../formats/otlp-json-encode.ts');
      json = encodeTraceRequestBytes(batch);
    } catch (error) {
      return { outcome: 'refused', reason: `the batch cannot be encoded: ${String((error as Error).message)}` };
    }
    try {
      await this.#writeLine(json);
      return { outcome: 'accepted' };
    } catch (error) {
      return { outcome: 'retry', reason: this.#describe(error as NodeJS.ErrnoException) };
    }
  }

  async #writeLine(json: Uint8Array): Promise<void> {
    let handle = await this.#opened();
    if (this.#size > 0 && this.#size + json.length + 1 > this.#maxBytes) {
      await this.#rotate(handle);
      handle = await this.#opened();
    }
    const bytes = Buffer.concat([this.#torn ? LINE_END : NOTHING, json, LINE_END]);
    this.#torn = true;
    const { bytesWritten } = await handle.write(bytes);
    this.#size += bytesWritten;
    if (bytesWritten < bytes.length) throw new Error(`only ${bytesWritten} of ${bytes.length} bytes were written`);
    this.#torn = false;
  }

  async #opened(): Promise<FileHandle> {
    if (this.#handle !== undefined) return this.#handle;
    const handle = await open(this.destination, 'a', 0o600);
    try {
      const stat = await handle.stat();
      this.#size = stat.isFile() ? stat.size : 0;
      this.#torn = this.#size > 0 && !(await endsWithNewline(this.destination, stat.size));
    } catch (error) {
      await handle.close();
      throw error;
    }
    this.#handle = handle;
    return handle;
  }

  /** Leaves the file, which another process may have rotated already: then the one at `path` is just opened. */
  async #rotate(handle: FileHandle): Promise<void> {
    const isOurs = await isSameFile(handle, this.destination);
    this.#handle = undefined;
    await handle.close();
    if (isOurs) await rotateFiles(this.destination, this.#maxFiles);
  }

  #describe({ code, message }: NodeJS.ErrnoException): string {
    const hint = code === 'ENOENT' ? ' (its directory does not exist, and is not created)' : '';
    return `cannot write ${this.destination}: ${code ?? message}${hint}`;
  }
}

/** A file we may write but not read counts as torn: an empty line does no harm. */
async function endsWithNewline(path: string, size: number): Promise<boolean> {
  const handle = await open(path, 'r').catch(() => undefined);
  if (handle === undefined) return false;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
    return bytesRead === 1 && buffer[0] === NEWLINE;
  } finally {
    await handle.close();
  }
}
