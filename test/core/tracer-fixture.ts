import { memory, type SpanRecord } from 'throughline/exporters';
import type { Clock } from '../../src/core/clock.ts';
import { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import type { Stats } from '../../src/core/pipeline/stats.ts';
import { resolveConfig, type StartOptions } from '../../src/core/settings/config.ts';
import type { Span } from '../../src/core/span.ts';
import type { IdGenerator } from '../../src/core/spans/ids.ts';
import { Tracer } from '../../src/core/spans/tracer.ts';

/** The parts that a test may put in the place of the real thing. */
export interface Replacements {
  readonly clock?: Clock;
  readonly ids?: IdGenerator;
  readonly variables?: Readonly<Record<string, string>>;
}

/** A tracer that is not installed anywhere, with what it has finished. */
export interface TestTracer {
  readonly tracer: Tracer;
  /** All records so far, in the order in which their spans ended. */
  finished(): Promise<readonly SpanRecord[]>;
  /** The only record so far; fails when there are more or none. */
  onlyRecord(): Promise<SpanRecord>;
  /** Spans started and not ended yet. */
  openSpans(): Span[];
  stats(): Stats;
}

/** A tracer that keeps its records in memory. */
export function testTracer(options: StartOptions = {}, replacements: Replacements = {}): TestTracer {
  const exporter = memory();
  const config = resolveConfig(
    { service: 'test', ...options, exporters: exporter },
    replacements.variables ?? {},
    fail,
  );
  const pipeline = new Pipeline([exporter], config.batch, fail);
  const { clock, ids } = replacements;
  const tracer = new Tracer(config, {
    clock,
    ids,
    sink: pipeline,
    statsOf: (counts) => pipeline.stats(counts),
  });
  async function finished(): Promise<readonly SpanRecord[]> {
    await pipeline.flush(5000);
    return exporter.spans;
  }
  async function onlyRecord(): Promise<SpanRecord> {
    const [record, ...more] = await finished();
    if (record === undefined || more.length > 0) throw new Error(`expected one record, got ${more.length + 1}`);
    return record;
  }
  return { tracer, finished, onlyRecord, openSpans: () => tracer.ledger.openSpans(), stats: () => tracer.stats() };
}

function fail(message: string): never {
  throw new Error(`unexpected: ${message}`);
}
