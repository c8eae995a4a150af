import type { BoundedSeries } from './bounded-series.ts';
import { DURATION_BOUNDS, type DurationHistogram, type Exemplar } from './duration-histogram.ts';

/** `openmetrics` has exemplars; `prometheus` is the older text format that every scraper reads. */
export type MetricFormat = 'openmetrics' | 'prometheus';

export const CONTENT_TYPES: Readonly<Record<MetricFormat, string>> = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
};

/** One metric that counts things: its name without `_total`, and a value by its labels (`{a="b"}`, or empty). */
export interface NumberMetric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly samples: Iterable<readonly [labels: string, value: number]>;
}

/** `{a="b",c="d"}` of names and values, without those that are empty. */
export function labelText(names: readonly string[], values: readonly (string | undefined)[]): string {
  const pairs: string[] = [];
  names.forEach((name, i) => {
    const value = values[i];
    if (value !== undefined && value !== '') pairs.push(`${name}="${escapeLabel(value)}"`);
  });
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

export function numberLines({ name, help, type, samples }: NumberMetric, format: MetricFormat): string {
  const sampleName = type === 'counter' ? `${name}_total` : name;
  const family = format === 'openmetrics' ? name : sampleName; // only OpenMetrics names families without the suffix
  let text = `# TYPE ${family} ${type}\n# HELP ${family} ${help}\n`;
  for (const [labels, value] of samples) text += `${sampleName}${labels} ${value}\n`;
  return text;
}

/** A histogram of seconds with one line for each bucket, cumulative, its count and its sum. */
export function histogramLines(
  name: string,
  help: string,
  series: BoundedSeries<DurationHistogram>,
  labelsOf: (group: string, details: readonly string[]) => string,
  format: MetricFormat,
): string {
  let text = `# TYPE ${name} histogram\n`;
  if (format === 'openmetrics') text += `# UNIT ${name} seconds\n`;
  text += `# HELP ${name} ${help}\n`;
  for (const { group, details, value } of series) text += seriesLines(name, labelsOf(group, details), value, format);
  return text;
}

function seriesLines(name: string, labels: string, histogram: DurationHistogram, format: MetricFormat): string {
  const open = labels === '' ? '{' : `${labels.slice(0, -1)},`;
  const bounds = format === 'openmetrics' ? OPENMETRICS_BOUNDS : PROMETHEUS_BOUNDS;
  let text = '';
  let count = 0;
  for (let bucket = 0; bucket < bounds.length; bucket++) {
    count += histogram.counts[bucket] as number;
    text += `${name}_bucket${open}le="${bounds[bucket]}"} ${count}`;
    if (format === 'openmetrics') text += exemplarText(histogram.exemplar(bucket));
    text += '\n';
  }
  return `${text}${name}_count${labels} ${count}\n${name}_sum${labels} ${histogram.sumSeconds}\n`;
}

/** OpenMetrics 1.0, Exemplars: 128 characters of labels at most; these have 63. */
function exemplarText(exemplar: Exemplar | undefined): string {
  if (exemplar === undefined) return '';
  const { traceId, spanId, seconds, atSeconds } = exemplar;
  return ` # {trace_id="${traceId}",span_id="${spanId}"} ${seconds} ${atSeconds.toFixed(3)}`;
}

const PROMETHEUS_BOUNDS: readonly string[] = [...DURATION_BOUNDS.map(String), '+Inf'];
/** OpenMetrics 1.0, Canonical Numbers: a bound is written as a float, `1.0`. */
const OPENMETRICS_BOUNDS: readonly string[] = PROMETHEUS_BOUNDS.map((bound) =>
  /^\d+$/.test(bound) ? `${bound}.0` : bound,
);
