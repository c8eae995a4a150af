import { buildTrace } from '../analysis/tree.ts';
import { checked, oneOf, type Readers, readOptions } from '../core/options.ts';
import type { Exporter, ExportResult } from '../core/pipeline/exporter.ts';
import type { SpanRecord } from '../core/record.ts';
import type { DrawOptions } from '../terminal/options.ts';
import { supportsColor } from '../terminal/style.ts';
import { drawTree } from '../terminal/tree.ts';
import { drawWaterfall } from '../terminal/waterfall.ts';
import { type ConsoleStream, isClosed, writeGuarded } from './console-stream.ts';
import { type LocalTrace, LocalTraceBuffer } from './local-traces.ts';

/** What `console()` takes. */
export interface ConsoleOptions {
  /** Default `process.stderr`. Coloured when it is a terminal (or `FORCE_COLOR` says so), as wide as its `columns`. */
  readonly stream?: ConsoleStream | undefined;
  /** Default `'tree'`. */
  readonly format?: 'tree' | 'waterfall' | undefined;
}

const FORMATS = { tree: drawTree, waterfall: drawWaterfall } as const;

const READERS = {
  stream: checked('an object with a write(text) method', isStream),
  format: oneOf('tree', 'waterfall'),
} satisfies Readers<ConsoleOptions>;

function isStream(given: unknown): given is ConsoleStream {
  return typeof (given as Partial<ConsoleStream> | null)?.write === 'function';
}

/** A busy service with a few hundred requests in flight fits; a leak does not. */
const LIMITS = { traces: 1000, spans: 20_000, batches: 100, shownIds: 20_000 } as const;

const REMARKS = { finished: undefined, late: 'late', incomplete: 'incomplete' } as const;

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
  readonly #draw: (typeof FORMATS)[keyof typeof FORMATS];
  readonly #color: boolean;
  readonly #buffer: LocalTraceBuffer = new LocalTraceBuffer(LIMITS);

  constructor(stream: ConsoleStream, format: 'tree' | 'waterfall') {
    this.#stream = stream;
    this.#draw = FORMATS[format];
    this.#color = supportsColor(stream, process.env);
  }

  async export(batch: readonly SpanRecord[]): Promise<ExportResult> {
    if (isClosed(this.#stream)) return refused('the stream is closed');
    return this.#print(this.#buffer.add(batch));
  }

  /** Prints what still waits for its root. */
  shutdown(): void {
    if (!isClosed(this.#stream)) this.#print(this.#buffer.drain());
  }

  #print(traces: readonly LocalTrace[]): ExportResult {
    try {
      for (const trace of traces) writeGuarded(this.#stream, this.#text(trace));
      return { outcome: 'accepted' };
    } catch (error) {
      return refused(error instanceof Error ? error.message : 'the stream threw');
    }
  }

  #text({ spans, state }: LocalTrace): string {
    const options: DrawOptions = {
      width: this.#stream.columns,
      color: this.#color,
      adopt: state === 'late' ? 'all' : 'remote',
      remark: REMARKS[state],
    };
    return `${this.#draw(buildTrace(spans), options)}\n\n`;
  }
}

function refused(reason: string): ExportResult {
  return { outcome: 'refused', reason: `console: ${reason}` };
}
