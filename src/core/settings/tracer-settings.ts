import { systemClock } from '../clock.ts';
import { idGenerator } from '../ids.ts';
import type { SpanSink } from '../pipeline/pipeline.ts';
import { RedactingSink } from '../pipeline/redacting-sink.ts';
import type { TracerSettings } from '../spans/tracer.ts';
import type { Config } from './config.ts';

/** What a tracer over a complete configuration is made with: the system's clock, random ids, and `pipeline` for its spans. */
export function tracerSettings(config: Config, pipeline: SpanSink): TracerSettings {
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
    pipeline: redact === undefined ? pipeline : new RedactingSink(pipeline, redact, limits.attributeLength),
  };
}
