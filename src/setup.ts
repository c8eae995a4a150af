import { type Config, type ExporterName, resolveConfig, type StartOptions } from './core/config.ts';
import { say, sayOnce } from './core/diagnostics.ts';
import type { Exporter } from './core/pipeline/exporter.ts';
import { Pipeline, type Stats } from './core/pipeline/pipeline.ts';
import { installTracer, onFirstUse } from './core/runtime.ts';
import type { Span } from './core/span.ts';
import { Tracer } from './core/tracer.ts';
import { tracerSettings } from './core/tracer-settings.ts';
import { lazyExporter } from './exporters/lazy.ts';
import { none } from './exporters/none.ts';
import { otlp } from './exporters/otlp.ts';

/** The running tracer, as `start()` returns it. */
export interface Throughline {
  /** Sends what waits; resolves when it has left, or after `timeoutMs` (default 2000). Never rejects. */
  flush(timeoutMs?: number): Promise<void>;
  /** Flushes and stops; resolves within `timeoutMs` (default 2000). Never rejects; later calls do nothing. */
  shutdown(timeoutMs?: number): Promise<void>;
  /** Where every span is: the counter law holds at every moment. */
  stats(): Stats;
  /** Spans started and not ended yet, oldest first. */
  openSpans(): Span[];
  [Symbol.asyncDispose](): Promise<void>;
}

const FLUSH_TIMEOUT_MS = 2000;
/** How long a process that has run out of work waits for a collector that is silent. */
const EXIT_TIMEOUT_MS = 800;
/** Where `exporters: 'file'` writes; `file({ path })` says otherwise. */
const DEFAULT_FILE = 'spans.jsonl';

/** The tracer in force, with the handle that `start()` gave out. */
let running: { readonly tracer: Tracer; readonly handle: Throughline } | undefined;

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
  const config = resolveConfig(options, process.env, sayOnce);
  const replaced = running;
  const tracer = createTracer(config, say);
  const handle = handleOf(tracer);
  running = { tracer, handle };
  installTracer(tracer);
  flushBeforeExit();
  if (replaced !== undefined) {
    sayOnce('start() was called again: the new configuration replaces the first, whose spans are flushed');
    void replaced.handle.shutdown();
  }
  return handle;
}

/** A tracer over a complete configuration, not installed anywhere. */
function createTracer(config: Config, announce: (message: string) => void): Tracer {
  const exporters = config.enabled ? config.exporters.map((item) => exporterFor(item, config)) : [none()];
  return new Tracer(tracerSettings(config, new Pipeline(exporters, config.batch, announce)));
}

function exporterFor(item: ExporterName | Exporter, config: Config): Exporter {
  switch (item) {
    case 'otlp':
      return otlp({ ...config.otlp, timeoutMs: config.batch.timeoutMs });
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

function handleOf(tracer: Tracer): Throughline {
  let stopped: Promise<void> | undefined;
  return {
    flush: (timeoutMs = FLUSH_TIMEOUT_MS) => tracer.pipeline.flush(timeoutMs),
    shutdown(timeoutMs = FLUSH_TIMEOUT_MS) {
      tracer.waitingRoom.decideAll();
      stopped ??= tracer.pipeline.shutdown(timeoutMs);
      return stopped;
    },
    stats: () => tracer.stats(),
    openSpans: () => tracer.openSpans(),
    [Symbol.asyncDispose]() {
      return this.shutdown();
    },
  };
}

let exitIsWatched = false;

/**
 * Nothing of ours keeps a process alive, so one that has run out of work still holds its last spans:
 * send them, once and bounded. A collector that cannot be reached is not waited for.
 */
function flushBeforeExit(): void {
  if (exitIsWatched) return;
  exitIsWatched = true;
  process.once('beforeExit', () => {
    running?.tracer.waitingRoom.decideAll(); // nothing more will end
    void running?.tracer.pipeline.flush(EXIT_TIMEOUT_MS, false);
  });
}

onFirstUse(() => {
  start();
  return (running as { tracer: Tracer }).tracer;
});
