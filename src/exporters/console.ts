import { checked, oneOf, type Readers, readOptions } from '../core/options/options.ts';
import type { Exporter, ExportResult } from '../core/pipeline/exporter.ts';
import type { SpanRecord } from '../core/record.ts';
import { type ConsoleStream, isClosed, writeGuarded } from './console-stream.ts';
import { type TracePart, TracePartBuffer } from './trace-parts.ts';

/** Options of {@link console}. */
export interface ConsoleOptions {
  /** Default `process.stderr`. Coloured when it is a terminal (or `FORCE_COLOR` says so), as wide as its `columns`. */
  readonly stream?: ConsoleStream | undefined;
  /** Default `'tree'`. */
  readonly format?: 'tree' | 'waterfall' | undefined;
}

const READERS = {
  stream: checked('an object with a write(text) method', isStream),
  format: oneOf('tree', 'waterfall'),
} satisfies Readers<ConsoleOptions>;

function isStream(given: unknown): given is ConsoleStream {
  return typeof (given as Partial<ConsoleStream> | null)?.write === 'function';
}

/** A busy service with a few hundred requests in flight fits; a leak does not. */
const LIMITS = { traces: 1000, spans: 20_000, batches: 100, shownIds: 20_000 } as const;

/**
 * An exporter that prints a tree for every local trace: this process's part of a trace, when its
 * first span here has ended. Spans that come after that are printed on their own, marked `late`;
 * those whose root does not come are printed marked `incomplete`. A wrong option throws a `TypeError`;
 * a stream that throws or is closed makes `export` answer `refused`, never throw.
 *
 *     start({ exporters: [console({ format: 'waterfall' })] });
 */
export function console(options: ConsoleOptions = {}): Exporter {
  const { stream = process.stderr, format = 'tree' } = readOptions('console', options, READERS);
  return new ConsoleExporter(stream, format);
}

class ConsoleExporter implements Exporter {
  readonly name = 'console';
  readonly #stream: ConsoleStream;
  readonly #format: 'tree' | 'waterfall';
  readonly #buffer: TracePartBuffer = new TracePartBuffer(LIMITS);

  constructor(stream: ConsoleStream, format: 'tree' | 'waterfall') {
    this.#stream = stream;
    this.#format = format;
  }

  async export(batch: readonly SpanRecord[]): Promise<ExportResult> {
    if (isClosed(this.#stream)) return refused('the stream is closed');
    return this.#print(this.#buffer.add(batch));
  }

  /** Prints what still waits for its root. */
  async shutdown(): Promise<void> {
    if (!isClosed(this.#stream)) await this.#print(this.#buffer.drain());
  }

  /** Drawing is loaded with the first batch; batches are printed in their order. */
  async #print(traces: readonly TracePart[]): Promise<ExportResult> {
    try {
      const { drawTracePart } = await import('./console-drawing.ts');
      for (const trace of traces) writeGuarded(this.#stream, drawTracePart(trace, this.#format, this.#stream));
      return { outcome: 'accepted' };
    } catch (error) {
      return refused(error instanceof Error ? error.message : 'the stream threw');
    }
  }
}

function refused(reason: string): ExportResult {
  return { outcome: 'refused', reason: `console: ${reason}` };
}
