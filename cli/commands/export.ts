import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { nearestName } from '../../src/core/options/errors.ts';
import type { SpanRecord } from '../../src/core/record.ts';
import { readTraces } from '../../src/store/read-traces.ts';
import type { SpanStore, StoredTrace, TraceQuery } from '../../src/store/span-store.ts';
import { storeError } from '../../src/store/store-error.ts';
import { count } from '../../src/terminal/count.ts';
import type { Command } from '../command.ts';
import { type CommandArguments, quote } from '../command-arguments.ts';
import { EXIT, NotFoundError, UsageError } from '../exit-code.ts';
import { findTrace } from '../find-trace.ts';
import { escapeJson, type Io, safeJson } from '../io.ts';
import { MOST_TRACES } from '../load-traces.ts';
import { namedStore } from '../open-store.ts';
import { COMMON_OPTIONS, FILTER_OPTIONS } from '../option-specs.ts';
import { Progress } from '../progress.ts';
import { traceFilter } from '../trace-filter.ts';
import { withStore } from '../with-store.ts';

type Encoder = (traces: readonly StoredTrace[]) => string;

/** Each loaded when it is asked for. */
const FORMATS: Readonly<Record<string, () => Promise<Encoder>>> = {
  otlp: async () => {
    const { encodeTraceRequest } = await import('../../src/formats/otlp-json-encode.ts');
    // A line a trace, as the file exporter writes: what comes out can be a --store again.
    return (traces) => traces.map(({ spans }) => encodeTraceRequest(spans)).join('\n');
  },
  jaeger: async () => {
    const { encodeJaegerTraces } = await import('../../src/formats/jaeger-json-encode.ts');
    return (traces) => encodeJaegerTraces(allSpans(traces));
  },
  zipkin: async () => {
    const { encodeZipkinSpans } = await import('../../src/formats/zipkin-json-encode.ts');
    return (traces) => encodeZipkinSpans(allSpans(traces));
  },
  chrome: async () => {
    const { encodeChromeTrace } = await import('../../src/formats/chrome-trace-encode.ts');
    return (traces) => encodeChromeTrace(allSpans(traces));
  },
};

export const command: Command = {
  usage: '<trace | last | slowest> | --all [store] [options]',
  about:
    'Writes traces in a format that other tools read: OTLP JSON lines (collectors, and this command), Jaeger JSON (its page has an upload), Zipkin v2 JSON, or Chrome trace events (ui.perfetto.dev, chrome://tracing).',
  options: {
    format: { value: 'otlp|jaeger|zipkin|chrome', help: 'which format (default otlp)' },
    output: { value: 'file', short: 'o', help: 'write to this file, readable by you alone (default: standard output)' },
    all: { help: `every trace that fits the filters, the latest ${MOST_TRACES.toLocaleString('en-US')} at most` },
    limit: { value: 'number', help: 'with --all: so many at most' },
    ...FILTER_OPTIONS,
    ...COMMON_OPTIONS,
    json: { help: 'with --output: say as JSON what was written' },
  },
  examples: [
    ['throughline export slowest --format chrome -o slow.json', 'for ui.perfetto.dev'],
    ['throughline export 4bf92f35 --format jaeger > trace.json', "for the upload of Jaeger's page"],
    ['throughline export --all --error --since 1d -o failed.jsonl', 'a file to keep, or to send to somebody'],
    ['throughline ls --store failed.jsonl', 'and to look at'],
  ],
  async run(given, io) {
    const asked = readRequest(given, io);
    const encode = await encoderFor(asked.format);
    return withStore(asked.address, io, async (store) => {
      const traces = await tracesFor(asked, store, io);
      await write(`${encode(traces)}\n`, asked, io);
      tellWritten(traces, asked, io);
      return EXIT.ok;
    });
  },
};

/** The questions of one call. */
interface Request {
  readonly address: string;
  /** The word that names the trace; `undefined`: every trace that fits the query. */
  readonly word: string | undefined;
  readonly query: TraceQuery;
  readonly format: string;
  /** The file to write; `undefined`: standard output. */
  readonly output: string | undefined;
  readonly asJson: boolean;
}

function readRequest(given: CommandArguments, io: Io): Request {
  const { address, words } = namedStore(given, io);
  const [word, extra] = words;
  if ((word === undefined) !== given.has('all')) {
    throw new UsageError('export needs a trace (its id or the beginning of it, "last", "slowest"), or --all');
  }
  if (extra !== undefined)
    throw new UsageError(`export takes one trace, got also ${quote(extra)}; several: --all with filters`);
  const query = { ...traceFilter(given, io.now()), limit: given.number('limit') ?? MOST_TRACES };
  const output = given.text('output');
  if (output !== undefined && resolve(io.cwd, output) === resolve(io.cwd, address))
    throw new UsageError('--output is the store itself, which it would replace');
  return { address, word, query, format: given.text('format') ?? 'otlp', output, asJson: given.has('json') };
}

async function tracesFor({ word, query }: Request, store: SpanStore, io: Io): Promise<StoredTrace[]> {
  const traces = word === undefined ? await allTraces(store, query, io) : [await findTrace(store, word, query, io)];
  if (traces.length > 0) return traces;
  throw new NotFoundError(`nothing to export: no trace fits, in ${store.destination ?? store.name}`);
}

async function encoderFor(format: string): Promise<Encoder> {
  const load = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  if (load !== undefined) return load();
  const names = Object.keys(FORMATS);
  const near = nearestName(format, names);
  throw new UsageError(
    `--format must be one of ${names.join(', ')}, got ${quote(format)}${near ? `; did you mean ${near}?` : ''}`,
  );
}

async function allTraces(store: SpanStore, query: TraceQuery, io: Io): Promise<StoredTrace[]> {
  const progress = new Progress(io, 'reading');
  const traces: StoredTrace[] = [];
  try {
    for await (const trace of readTraces(store, query, { signal: io.signal })) {
      traces.push(trace);
      progress.tell(traces.length, 'trace');
    }
  } finally {
    progress.end();
  }
  return traces.sort((a, b) => startOf(a) - startOf(b));
}

function startOf({ spans }: StoredTrace): number {
  return spans[0]?.startTimeMs ?? 0;
}

function allSpans(traces: readonly StoredTrace[]): SpanRecord[] {
  return traces.flatMap(({ spans }) => spans);
}

async function write(text: string, { output }: Request, io: Io): Promise<void> {
  if (output === undefined) return io.out(escapeJson(text));
  try {
    // Spans hold addresses and paths: for their owner alone, as the file exporter has it.
    await writeFile(resolve(io.cwd, output), text, { mode: 0o600 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw storeError(`cannot write ${output}: ${code ?? message}`, error);
  }
}

function tellWritten(traces: readonly StoredTrace[], { output, format, asJson }: Request, io: Io): void {
  if (output === undefined) return;
  const spans = allSpans(traces).length;
  if (asJson) io.out(`${safeJson({ output, format, traces: traces.length, spans })}\n`);
  else io.err(`${count(traces.length, 'trace')}, ${count(spans, 'span')} written to ${output}\n`);
}
