import type { Stats } from '../pipeline/stats.ts';
import { histogramLines, labelText, type MetricFormat, type NumberMetric, numberLines } from './metric-text.ts';
import type { RequestMetrics } from './request-metrics.ts';

/** Whatever counts requests and spans: a tracer. */
export interface MetricsSource {
  readonly requests: RequestMetrics | undefined;
  readonly ledger: { countOverdue(): number; readonly ignoredKeeps: number };
  stats(): Stats;
}

const SERVER_LABELS = ['http_route', 'url_scheme', 'http_request_method', 'http_response_status_code', 'error_type'];
const CLIENT_LABELS = ['http_request_method', 'http_response_status_code', 'error_type'];
const STREAM_LABELS = ['http_route', 'http_request_method', 'kind'];

/**
 * All metrics of a tracer as text: requests by route and by host, streams, and what became of its spans.
 * Names are those of OpenTelemetry's conventions as Prometheus spells them (`http.server.request.duration`
 * in seconds is `http_server_request_duration_seconds`).
 */
export function metricsText(tracer: MetricsSource, format: MetricFormat): string {
  const { requests } = tracer;
  let text = requests === undefined ? '' : requestText(requests, format);
  for (const metric of spanMetrics(tracer)) text += numberLines(metric, format);
  return format === 'openmetrics' ? `${text}# EOF\n` : text;
}

function requestText(requests: RequestMetrics, format: MetricFormat): string {
  const server = histogramLines(
    'http_server_request_duration_seconds',
    'Duration of inbound requests, streams left out.',
    requests.server,
    (route, details) => labelText(SERVER_LABELS, [route, ...details]),
    format,
  );
  const client = histogramLines(
    'http_client_request_duration_seconds',
    'Duration of outbound attempts.',
    requests.client,
    clientLabels,
    format,
  );
  return server + client + numberLines(streamMetric(requests), format);
}

/** `[::1]:80` and `host:80` are an address and a port; `_OTHER` is neither. */
function clientLabels(host: string, details: readonly string[]): string {
  const at = host.lastIndexOf(':');
  const [address, port] = at === -1 ? [host, ''] : [host.slice(0, at), host.slice(at + 1)];
  return labelText(['server_address', 'server_port', ...CLIENT_LABELS], [address, port, ...details]);
}

function streamMetric({ streams }: RequestMetrics): NumberMetric {
  return {
    name: 'throughline_http_server_streams',
    help: 'Inbound requests that became an event stream or were upgraded.',
    type: 'counter',
    samples: [...streams].map(({ group, details, value }) => [
      labelText(STREAM_LABELS, [group, ...details]),
      value.count,
    ]),
  };
}

/** The figures of `stats()`, and those that only a counter has: a dashboard should show when spans are lost. */
function* spanMetrics(tracer: MetricsSource): Generator<NumberMetric> {
  const stats = tracer.stats();
  const one = (value: number): NumberMetric['samples'] => [['', value]];
  yield { ...counter('started', 'Spans started.'), samples: one(stats.started) };
  yield { ...counter('ended', 'Spans ended.'), samples: one(stats.ended) };
  yield { ...counter('exported', 'Spans that have arrived.'), samples: one(stats.exported) };
  yield { ...counter('sampled_out', 'Spans that were not to be kept.'), samples: one(stats.sampledOut) };
  const dropped = Object.entries(stats.dropped);
  yield {
    ...counter('dropped', 'Spans that were lost, by reason.'),
    samples: dropped.map(([reason, count]) => [labelText(['reason'], [reason]), count]),
  };
  yield { ...gauge('open', 'Spans started and not ended.'), samples: one(stats.open) };
  yield {
    ...gauge('overdue', 'Spans open for longer than limits.openMs.'),
    samples: one(tracer.ledger.countOverdue()),
  };
  yield { ...gauge('queued', 'Ended spans that wait in memory.'), samples: one(stats.queued) };
  yield { ...gauge('spooled', 'Ended spans that wait on disk.'), samples: one(stats.spooled) };
  yield {
    name: 'throughline_keep_ignored',
    help: 'Calls of span.keep() on spans that do not record.',
    type: 'counter',
    samples: one(tracer.ledger.ignoredKeeps),
  };
}

function counter(name: string, help: string): Omit<NumberMetric, 'samples'> {
  return { name: `throughline_spans_${name}`, help, type: 'counter' };
}

function gauge(name: string, help: string): Omit<NumberMetric, 'samples'> {
  return { name: `throughline_spans_${name}`, help, type: 'gauge' };
}
