import { systemClock } from '../clock.ts';
import { idGenerator } from '../ids.ts';
import { redactingSink } from '../pipeline/redacting-sink.ts';
import type { SpanCounts, SpanSink, Stats } from '../pipeline/stats.ts';
import type { TracerSettings } from '../spans/tracer.ts';
import type { Config } from './config.ts';

/** A complete configuration as a tracer takes it: the system's clock, random ids, and `sink` for its spans. */
export function tracerSettings(
  config: Config,
  sink: SpanSink,
  statsOf?: (counts: SpanCounts) => Stats,
): TracerSettings {
  const { redaction, limits } = config;
  const { attributes: redact } = redaction;
  return {
    enabled: config.enabled,
    resource: config.resource,
    limits,
    location: config.location,
    sampler: config.sampler,
    keepRule: config.keepRule,
    metrics: config.metrics,
    propagator: config.propagator,
    propagateTo: config.propagateTo,
    baggageAttributes: config.baggageAttributes,
    redaction,
    clock: systemClock(),
    ids: idGenerator(),
    sink: redact === undefined ? sink : redactingSink(sink, redact, limits.attributeLength),
    ...(statsOf !== undefined && { statsOf }),
  };
}
