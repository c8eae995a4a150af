import { instrument } from '../middleware/client/instrument.ts';
import { type Say, say, sayOnce } from './core/diagnostics.ts';
import { noteCopy, sayWhenMixed } from './core/doctor/copies.ts';
import type { DoctorReport } from './core/doctor/report.ts';
import { metricsText } from './core/metrics/tracer-metrics.ts';
import type { Exporter } from './core/pipeline/exporter.ts';
import { Pipeline } from './core/pipeline/pipeline.ts';
import { type EndingTracer, watchEndings } from './core/pipeline/process-endings.ts';
import { DEFAULT_TIMING } from './core/pipeline/settings.ts';
import { type SpoolKit, spoolKit } from './core/pipeline/spool/spool-kit.ts';
import type { Stats } from './core/pipeline/stats.ts';
import { type Config, resolveConfig, type StartOptions } from './core/settings/config.ts';
import type { ExporterName } from './core/settings/config-exporters.ts';
import { shared } from './core/shared.ts';
import type { Span } from './core/span.ts';
import { endOpenSpans } from './core/spans/incomplete.ts';
import { installTracer, onFirstUse } from './core/spans/runtime.ts';
import { Tracer } from './core/spans/tracer.ts';
import { lazyExporter } from './exporters/lazy.ts';
import { none } from './exporters/none.ts';
import { otlp, otlpAt } from './exporters/otlp.ts';
import { spoolCodec } from './exporters/spool-codec.ts';
import { zipkin } from './exporters/zipkin.ts';

/** The running tracer, as `start()` returns it. */
export interface Throughline {
  /** Sends what waits; resolves when it has left, or after `timeoutMs` (default 2000). Never rejects. */
  flush(timeoutMs?: number): Promise<void>;
  /**
   * Flushes and stops; resolves within `timeoutMs` (default 2000), and with a spool at once when the collector does not
   * answer. Spans that are open are ended, with the attribute `throughline.incomplete`; what cannot be sent goes to the
   * spool. Never rejects; later calls do nothing.
   */
  shutdown(timeoutMs?: number): Promise<void>;
  /** The books of all spans: the counter law holds at every moment. */
  stats(): Stats;
  /** Spans started and not ended yet, oldest first. */
  openSpans(): Span[];
  /**
   * Rate, errors and duration of requests by route, and what became of the spans, as OpenMetrics text.
   * `tracing.metrics()` is the handler that serves it.
   */
  metrics(): string;
  /**
   * Looks at what tracing depends on: whether the collector takes spans and why not, whether context survives the way
   * out and in, clocks, copies of this package, the spool, what was lost. Resolves within `timeoutMs` (default 5000);
   * never rejects, and sends no span.
   *
   * @example
   * for (const { state, name, message } of (await tl.doctor()).checks) console.log(state, name, message);
   */
  doctor(timeoutMs?: number): Promise<DoctorReport>;
  [Symbol.asyncDispose](): Promise<void>;
}

const FLUSH_TIMEOUT_MS = 2000;
const DOCTOR_TIMEOUT_MS = 5000;
/** The file that `exporters: 'file'` writes; `file({ path })` says otherwise. */
const DEFAULT_FILE = 'spans.jsonl';

/** A tracer with its pipeline, and the handle that `start()` gave out. */
interface Running {
  readonly tracer: Tracer;
  readonly pipeline: Pipeline;
  readonly handle: Throughline;
}

/** One for all copies of the package: whichever of them starts replaces what another has started. */
interface Setup {
  /** The one in force. */
  running: Running | undefined;
  /** Pipelines of those that were replaced, while they flush. */
  readonly stopping: Set<Pipeline>;
  endingsAreWatched: boolean;
}

const setup = shared<Setup>('setup', () => ({ running: undefined, stopping: new Set(), endingsAreWatched: false }));

/**
 * Starts tracing with `options`. Optional: without it the first span starts us from `OTEL_*` variables.
 * A second call replaces the configuration, flushes the first and warns once.
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION` for a wrong option; a wrong variable warns once
 *
 * @example
 * const tl = start({ service: 'shop' });
 * process.once('SIGTERM', async () => { await tl.shutdown(); process.exit(0); });
 */
export function start(options: StartOptions = {}): Throughline {
  return begin(options, say);
}

function begin(options: StartOptions, announce: Say): Throughline {
  const config = resolveConfig(options, process.env, sayOnce);
  const replaced = setup.running;
  const pipeline = createPipeline(config, announce);
  const tracer = new Tracer(config, { sink: pipeline, statsOf: (counts) => pipeline.stats(counts) });
  const handle = handleOf(tracer, pipeline);
  setup.running = { tracer, pipeline, handle };
  installTracer(tracer);
  instrument(config.instrument);
  watchEndingsOnce();
  sayWhenMixed();
  if (replaced !== undefined) {
    sayOnce('start() was called again: the new configuration replaces the first, whose spans are flushed');
    void stopReplaced(replaced);
  }
  return handle;
}

/** The process lives on: what the first could not send at once is tried again before it goes to the spool. */
async function stopReplaced({ handle, pipeline }: Running): Promise<void> {
  setup.stopping.add(pipeline);
  await handle.flush();
  await handle.shutdown();
  setup.stopping.delete(pipeline);
}

/** The way out for the spans of a complete configuration. */
function createPipeline(config: Config, announce: Say): Pipeline {
  const exporters = config.enabled ? config.exporters.map((item) => exporterFor(item, config)) : [none()];
  return new Pipeline(exporters, config.batch, announce, (exporter) => kitFor(exporter, config, announce));
}

/** An exporter that sends spans to somewhere has a place on disk for those that it cannot send. */
function kitFor(exporter: Exporter, config: Config, announce: Say): SpoolKit | undefined {
  const { mode, ...rest } = config.spool;
  if (mode === 'off' || exporter.destination === undefined) return undefined;
  return spoolKit({
    settings: { mode, ...rest },
    service: String(config.resource.attributes['service.name']),
    exporter: exporter.name,
    destination: exporter.destination,
    codec: spoolCodec(),
    timing: DEFAULT_TIMING,
    say: announce,
  });
}

function exporterFor(item: ExporterName | Exporter, config: Config): Exporter {
  switch (item) {
    case 'otlp':
      return config.otlp.isExact ? otlpAt(config.otlp.options) : otlp(config.otlp.options);
    case 'zipkin':
      return zipkin(config.zipkin);
    case 'file':
      return lazyExporter('file', async () => (await import('./exporters/file.ts')).file({ path: DEFAULT_FILE }));
    case 'console':
      return lazyExporter('console', async () => (await import('./exporters/console.ts')).console());
    case 'none':
      return none();
    default:
      return item;
  }
}

function handleOf(tracer: Tracer, pipeline: Pipeline): Throughline {
  let stopped: Promise<void> | undefined;
  return {
    flush: (timeoutMs = FLUSH_TIMEOUT_MS) => pipeline.flush(timeoutMs),
    shutdown(timeoutMs = FLUSH_TIMEOUT_MS) {
      if (stopped === undefined) {
        endAndDecide(tracer);
        stopped = pipeline.shutdown(timeoutMs);
      }
      return stopped;
    },
    stats: () => tracer.stats(),
    openSpans: () => tracer.ledger.openSpans(),
    metrics: () => metricsText(tracer, 'openmetrics'),
    async doctor(timeoutMs = DOCTOR_TIMEOUT_MS) {
      const { examine } = await import('./core/doctor/doctor.ts');
      return examine(tracer, pipeline, timeoutMs);
    },
    [Symbol.asyncDispose]() {
      return this.shutdown();
    },
  };
}

/** Nothing more will come of the spans that are open, nor of the traces that were not decided. */
function endAndDecide(tracer: Tracer): void {
  endOpenSpans(tracer.ledger);
  tracer.waitingRoom.decideAll();
}

noteCopy(import.meta.url);

function watchEndingsOnce(): void {
  if (setup.endingsAreWatched) return;
  setup.endingsAreWatched = true;
  watchEndings(() => (setup.running === undefined ? undefined : endingOf(setup.running)));
}

function endingOf({ tracer, pipeline }: Running): EndingTracer {
  return {
    get ended() {
      return tracer.stats().ended;
    },
    get isWaiting() {
      return tracer.stats().queued > 0;
    },
    flush() {
      tracer.waitingRoom.decideAll(); // nothing more will end
      return pipeline.flushLast();
    },
    endOpen: () => endAndDecide(tracer),
    persist() {
      for (const each of [pipeline, ...setup.stopping]) each.persist();
    },
  };
}

/** Jest, vitest and mocha; `NODE_ENV=test` is what the others are told. */
function isTestRun(): boolean {
  const { NODE_ENV, JEST_WORKER_ID, VITEST } = process.env;
  const isNamed = NODE_ENV === 'test' || JEST_WORKER_ID !== undefined || VITEST !== undefined;
  return isNamed || /[\\/]_?mocha(?:\.[cm]?js)?$/.test(process.argv[1] ?? '');
}

function namesCollector(): boolean {
  const { OTEL_EXPORTER_OTLP_ENDPOINT = '', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT = '' } = process.env;
  return OTEL_EXPORTER_OTLP_ENDPOINT + OTEL_EXPORTER_OTLP_TRACES_ENDPOINT !== '';
}

/** In a test run that never asked for tracing, nor named a collector, that none answers is no news. */
const sayInTests: Say = (message, level) => say(message, message.startsWith('cannot send spans to') ? 'debug' : level);

onFirstUse(() => {
  begin({}, isTestRun() && !namesCollector() ? sayInTests : say);
  return (setup.running as Running).tracer;
});
