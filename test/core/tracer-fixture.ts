import { memory, type SpanRecord } from 'throughline/exporters';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { type IdGenerator, idGenerator } from '../../src/core/ids.ts';
import { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import type { Stats } from '../../src/core/pipeline/stats.ts';
import { resolveConfig, type StartOptions } from '../../src/core/settings/config.ts';
import { Tracer } from '../../src/core/spans/tracer.ts';

/** What a test may put in the place of the real thing. */
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
  const { enabled, resource, limits, sampler, keepRule, metrics, propagator, propagateTo, batch } = config;
  const pipeline = new Pipeline([exporter], batch, fail);
  const clock = replacements.clock ?? systemClock();
  const ids = replacements.ids ?? idGenerator();
  const tracer = new Tracer({
    ...{ enabled, resource, limits, sampler, keepRule, metrics, propagator, propagateTo },
    ...{ clock, ids, sink: pipeline, statsOf: (counts) => pipeline.stats(counts) },
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
  return { tracer, finished, onlyRecord, stats: () => tracer.stats() };
}

function fail(message: string): never {
  throw new Error(`unexpected: ${message}`);
}
