import type { Limits } from '../limits.ts';
import type { Duration } from '../options/duration.ts';
import { duration, group, type Reader, type Readers, wholeNumber } from '../options/options.ts';
import type { BatchSettings } from '../pipeline/settings.ts';
import { LONGEST_TIMER_MS } from '../timers.ts';
import { DEFAULTS } from './defaults.ts';
import type { Environment } from './environment.ts';

/** The option `limits` of `start()`: each with a default. */
export type LimitOptions = {
  readonly [Name in keyof Limits]?: (Name extends 'openMs' ? Duration : number) | undefined;
};

const READERS = {
  attributes: wholeNumber(0),
  attributeLength: wholeNumber(0),
  events: wholeNumber(0),
  links: wholeNumber(0),
  openSpans: wholeNumber(0),
  openMs: duration('5m', 0, Number.MAX_SAFE_INTEGER),
  queueBytes: wholeNumber(0),
} satisfies Readers<LimitOptions>;

/** The limits that were given, `openMs` in milliseconds. */
export type GivenLimits = { readonly [Name in keyof Limits]?: number | undefined };

export const limitsReader: Reader<GivenLimits> = group(READERS);

/** The limits: code, then environment, then default. */
export function resolveLimits(given: GivenLimits, environment: Environment): Limits {
  const attributes =
    environment.whole('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 0) ?? environment.whole('OTEL_ATTRIBUTE_COUNT_LIMIT', 0);
  const attributeLength =
    environment.whole('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 0) ??
    environment.whole('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', 0);
  return {
    attributes: given.attributes ?? attributes ?? DEFAULTS.limits.attributes,
    attributeLength: given.attributeLength ?? attributeLength ?? DEFAULTS.limits.attributeLength,
    events: given.events ?? environment.whole('OTEL_SPAN_EVENT_COUNT_LIMIT', 0) ?? DEFAULTS.limits.events,
    links: given.links ?? environment.whole('OTEL_SPAN_LINK_COUNT_LIMIT', 0) ?? DEFAULTS.limits.links,
    openSpans: given.openSpans ?? DEFAULTS.limits.openSpans,
    openMs: given.openMs ?? DEFAULTS.limits.openMs,
    queueBytes: given.queueBytes ?? DEFAULTS.limits.queueBytes,
  };
}

/** The batches: environment, then default. */
export function resolveBatch(queueBytes: number, environment: Environment): BatchSettings {
  const queueSpans = environment.whole('OTEL_BSP_MAX_QUEUE_SIZE', 1) ?? Number.POSITIVE_INFINITY;
  const maxBatch = environment.whole('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', 1) ?? DEFAULTS.batch.maxBatch;
  const longestTimeoutMs = environment.whole('OTEL_BSP_EXPORT_TIMEOUT', 1, LONGEST_TIMER_MS);
  return {
    maxBatch: Math.min(maxBatch, queueSpans), // a queue that never holds a batch would never be full in time
    delayMs: environment.whole('OTEL_BSP_SCHEDULE_DELAY', 0, LONGEST_TIMER_MS) ?? DEFAULTS.batch.delayMs,
    timeoutMs:
      environment.whole('OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', 1, LONGEST_TIMER_MS) ??
      environment.whole('OTEL_EXPORTER_OTLP_TIMEOUT', 1, LONGEST_TIMER_MS) ??
      DEFAULTS.batch.timeoutMs,
    ...(longestTimeoutMs !== undefined && { longestTimeoutMs }),
    queueSpans,
    queueBytes,
  };
}
