import { type FileHandle, open } from 'node:fs/promises';
import { optionError, refuseUnknownOptions, showValue } from '../core/errors.ts';
import type { Exporter, ExportResult } from '../core/pipeline/exporter.ts';
import type { SpanRecord } from '../core/record.ts';
import { encodeTraceRequest } from '../formats/otlp-json-encode.ts';

/** Options of {@link file}. */
export interface FileOptions {
  /** The file to append to; its directory must exist. */
  readonly path: string;
}

const NEWLINE = 0x0a;

/**
 * Appends spans to a file as OTLP JSON lines, one `ExportTraceServiceRequest` a line, as the
 * OpenTelemetry file exporter writes them. The file is opened at the first batch and made with mode
 * 0600, since spans hold addresses and paths. After a crash or a full disk the next line starts on
 * a line of its own, so a torn line costs only itself. Failures are answered with `retry`: a full
 * disk or a missing mount may heal.
 *
 *     start({ exporters: file({ path: 'spans.jsonl' }) });
 */
export function file(options: FileOptions): Exporter {
  if (typeof options !== 'object' || options === null) {
    throw optionError(`file(): needs { path }, got ${showValue(options)}`);
  }
  refuseUnknownOptions('file', options, ['path']);
  if (typeof options.path !== 'string' || options.path === '' || options.path.includes('\0')) {
    throw optionError(`file(): "path" must be the path of a file, got ${showValue(options.path)}`);
  }
  return new FileExporter(options.path);
}

class FileExporter implements Exporter {
  readonly name: string = 'file';
  readonly destination: string;
  #handle: FileHandle | undefined;
  /** The file ends in the middle of a line. */
  #torn: boolean;
  /** The last write: batches are written one after another. */
  #tail: Promise<unknown>;

  constructor(path: string) {
    this.destination = path;
    this.#handle = undefined;
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
    let line: string;
    try {
      line = `${encodeTraceRequest(batch)}\n`;
    } catch (error) {
      return { outcome: 'refused', reason: `the batch cannot be encoded: ${String((error as Error).message)}` };
    }
    try {
      await this.#writeLine(line);
      return { outcome: 'accepted' };
    } catch (error) {
      return { outcome: 'retry', reason: this.#describe(error as NodeJS.ErrnoException) };
    }
  }

  async #writeLine(line: string): Promise<void> {
    this.#handle ??= await this.#open();
    const bytes = Buffer.from(this.#torn ? `\n${line}` : line);
    this.#torn = true;
    const { bytesWritten } = await this.#handle.write(bytes);
    if (bytesWritten < bytes.length) throw new Error(`only ${bytesWritten} of ${bytes.length} bytes were written`);
    this.#torn = false;
  }

  async #open(): Promise<FileHandle> {
    const handle = await open(this.destination, 'a', 0o600);
    try {
      const stat = await handle.stat();
      this.#torn = stat.isFile() && stat.size > 0 && !(await endsWithNewline(this.destination, stat.size));
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
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
