import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import parsePrometheusTextFormat from 'parse-prometheus-text-format';
import type { StartOptions } from 'throughline';
import { BoundedSeries } from '../../src/core/metrics/bounded-series.ts';
import { DURATION_BOUNDS } from '../../src/core/metrics/duration-histogram.ts';
import type { RequestMetrics } from '../../src/core/metrics/request-metrics.ts';
import { metricsText } from '../../src/core/metrics/tracer-metrics.ts';
import type { Tracer } from '../../src/core/spans/tracer.ts';
import { ManualClock } from '../core/manual-clock.ts';
import { testTracer } from '../core/tracer-fixture.ts';

interface Request {
  readonly method?: string;
  readonly route?: string;
  readonly status?: number;
  readonly errorType?: string;
  readonly ms?: number;
}

const clock = new ManualClock();
const OK = { status: 200, errorType: undefined };

function measured(options: StartOptions = {}): { tracer: Tracer; requests: RequestMetrics } {
  const { tracer } = testTracer(options, { clock });
  return { tracer, requests: tracer.requests as RequestMetrics };
}

/** One request, as the middleware would count it; returns its trace id. */
function serve(tracer: Tracer, { method = 'GET', route, status, errorType, ms = 0 }: Request = {}): string {
  const requests = tracer.requests as RequestMetrics;
  const startedMs = requests.now();
  const span = tracer.startRemote(method, 'server', undefined, { name: 'test' });
  clock.advance(ms);
  span.end();
  requests.serverRequest({ method, scheme: 'https', route }, { status, errorType }, startedMs, span.exemplar);
  return span.traceId;
}

function lines(tracer: Tracer, format: 'openmetrics' | 'prometheus' = 'openmetrics'): string[] {
  return metricsText(tracer, format).split('\n');
}

const linesWith = (tracer: Tracer, part: string) => lines(tracer).filter((line) => line.includes(part));

describe('the metrics of requests', () => {
  it('count requests, sampled or not, into buckets of their duration', () => {
    for (const sample of [1, 0]) {
      const { tracer } = measured({ sample });
      for (const ms of [0, 5, 6, 300, 20_000]) serve(tracer, { route: '/a', status: 200, ms });
      const labels = '{http_route="/a",url_scheme="https",http_request_method="GET",http_response_status_code="200"';
      const counts = DURATION_BOUNDS.map((bound) => {
        const le = Number.isInteger(bound) ? `${bound}.0` : `${bound}`;
        const line = linesWith(tracer, `_bucket${labels},le="${le}"}`)[0] ?? '';
        return Number(line.split(' # ')[0]?.split(' ').pop());
      });
      assert.deepEqual(counts, [2, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4]);
      assert.equal(linesWith(tracer, 'seconds_count')[0], `http_server_request_duration_seconds_count${labels}} 5`);
      assert.equal(linesWith(tracer, 'seconds_sum')[0], `http_server_request_duration_seconds_sum${labels}} 20.311`);
    }
  });

  it('lead to kept traces, and to no others', () => {
    const kept = measured();
    const traceId = serve(kept.tracer, { route: '/a', status: 200, ms: 7 });
    const [line] = linesWith(kept.tracer, traceId);
    assert.match(line ?? '', /le="0\.01"\} 1 # \{trace_id="[0-9a-f]{32}",span_id="[0-9a-f]{16}"\} 0\.007 \d+\.\d{3}$/);
    const out = measured({ sample: 0, keep: { status: 500 } });
    serve(out.tracer, { route: '/a', status: 200 });
    assert.deepEqual(linesWith(out.tracer, 'trace_id'), []);
  });

  it('name what has no route, failures, and requests without an answer', () => {
    const { tracer } = measured();
    serve(tracer, { status: 404 });
    serve(tracer, { route: '/a', status: 503, errorType: '503' });
    serve(tracer, { route: '/a', errorType: 'ECONNRESET' });
    serve(tracer, { route: '/a' });
    assert.deepEqual(
      linesWith(tracer, 'server_request_duration_seconds_count').map((line) => line.replace(/^[^{]*/, '')),
      [
        '{http_route="_UNMATCHED",url_scheme="https",http_request_method="GET",http_response_status_code="404"} 1',
        '{http_route="/a",url_scheme="https",http_request_method="GET",http_response_status_code="503",error_type="503"} 1',
        '{http_route="/a",url_scheme="https",http_request_method="GET",error_type="ECONNRESET"} 1',
        '{http_route="/a",url_scheme="https",http_request_method="GET"} 1',
      ],
    );
  });

  it('keep streams out of the durations', () => {
    const { tracer, requests } = measured();
    requests.stream('GET', '/events', 'event-stream');
    requests.stream('GET', '/events', 'event-stream');
    requests.stream('GET', undefined, 'upgrade');
    const name = 'throughline_http_server_streams_total';
    assert.deepEqual(linesWith(tracer, name), [
      `${name}{http_route="/events",http_request_method="GET",kind="event-stream"} 2`,
      `${name}{http_route="_UNMATCHED",http_request_method="GET",kind="upgrade"} 1`,
    ]);
    assert.deepEqual(linesWith(tracer, 'server_request_duration_seconds_count'), []);
  });

  it('count outbound attempts by host', () => {
    const { tracer, requests } = measured();
    const span = tracer.startSpan('GET', { parent: null });
    for (const host of ['stock:8080', '::1:80']) requests.clientRequest('GET', host, OK, requests.now(), span);
    span.end();
    const counts = linesWith(tracer, 'client_request_duration_seconds_count');
    assert.match(counts[0] ?? '', /\{server_address="stock",server_port="8080",http_request_method="GET",/);
    assert.match(counts[1] ?? '', /\{server_address="::1",server_port="80",/);
  });

  it('are not there where they are switched off', () => {
    for (const { tracer } of [testTracer({ metrics: false }), disabled()]) {
      assert.equal(tracer.requests, undefined);
      assert.deepEqual(linesWith(tracer, 'http_'), []);
      assert.equal(linesWith(tracer, 'throughline_spans_started_total').length, 1);
    }
  });
});

function disabled(): { tracer: Tracer } {
  return testTracer({}, { variables: { OTEL_SDK_DISABLED: 'true' } });
}

describe('the metrics of spans', () => {
  it('say what stats() says', () => {
    const { tracer } = measured({ sample: 0 });
    tracer.startSpan('out', { parent: null }).keep('no').end();
    const open = tracer.startSpan('open', { parent: null });
    for (const line of [
      'throughline_spans_started_total 2',
      'throughline_spans_ended_total 1',
      'throughline_spans_sampled_out_total 1',
      'throughline_spans_open 1',
      'throughline_spans_overdue 0',
      'throughline_spans_dropped_total{reason="shutdown"} 0',
      'throughline_keep_ignored_total 1',
    ]) {
      assert.deepEqual(linesWith(tracer, line), [line]);
    }
    open.end();
  });
});

describe('the number of series', () => {
  it('is bounded, whatever routes, methods, codes and errors there are', () => {
    const { tracer, requests } = measured({ sample: 0 });
    const span = tracer.startRemote('GET', 'server', undefined, { name: 'test' });
    for (let i = 0; i < 100_000; i++) {
      const outcome = { status: 100 + (i % 500), errorType: `Error${i}` };
      requests.serverRequest({ method: 'GET', scheme: 'http', route: `/route/${i}` }, outcome, requests.now(), span);
      requests.clientRequest('GET', `host-${i}:80`, outcome, requests.now(), span);
      requests.stream('GET', `/route/${i}`, 'upgrade');
    }
    span.end();
    for (const series of [requests.server, requests.client, requests.streams]) assert.ok(series.size <= 4001);
    const counts = linesWith(tracer, 'server_request_duration_seconds_count');
    assert.equal(
      counts.reduce((sum, line) => sum + Number(line.split(' ').pop()), 0),
      100_000,
    );
    assert.equal(counts.filter((line) => line.includes('http_route="_OTHER"} ')).length, 1);
  });

  it('counts everything, in whatever order it comes', () => {
    const pairs = fc.array(fc.tuple(fc.nat(1500), fc.nat(8)), { maxLength: 6000, minLength: 3000 });
    fc.assert(
      fc.property(pairs, (wanted) => {
        const series = new BoundedSeries(() => ({ count: 0 }));
        for (const [group, detail] of wanted) series.valueOf(`/${group}`, `${detail}`).count++;
        const all = [...series];
        assert.equal(
          all.reduce((sum, { value }) => sum + value.count, 0),
          wanted.length,
        );
        assert.equal(all.length, series.size);
        assert.ok(new Set(all.map(({ group }) => group)).size <= 1001);
      }),
      { seed: 5, numRuns: 20 },
    );
  });
});

describe('the text', () => {
  /** Everything at once, with values that hurt. */
  function busy(): Tracer {
    const { tracer, requests } = measured();
    for (const route of ['/a', '/"quoted"\\back\nline', '/ünï', '/{x},y="z"']) {
      for (const status of [200, 503]) serve(tracer, { route, status, ms: 3, errorType: 'E"\\\n' });
    }
    requests.stream('GET', '/s', 'upgrade');
    return tracer;
  }

  it('is read by a parser of Prometheus’s format, values unharmed', () => {
    const text = metricsText(busy(), 'prometheus');
    const types = new Map(parsePrometheusTextFormat(text).map(({ name, type }) => [name, type]));
    assert.equal(types.get('http_server_request_duration_seconds'), 'HISTOGRAM');
    assert.equal(types.get('throughline_spans_ended_total'), 'COUNTER');
    assert.equal(types.get('throughline_spans_open'), 'GAUGE');
    // The parser puts histograms together without their labels: as plain numbers it keeps them.
    const plain = parsePrometheusTextFormat(text.replace(/^# TYPE \S+ histogram$/gm, ''));
    const buckets = plain
      .filter(({ name }) => name === 'http_server_request_duration_seconds_bucket')
      .flatMap(({ metrics }) => metrics);
    const routes = ['/a', '/"quoted"\\back\nline', '/ünï', '/{x},y="z"'];
    assert.deepEqual([...new Set(buckets.map(({ labels }) => labels?.http_route))], routes);
    assert.deepEqual([...new Set(buckets.map(({ labels }) => labels?.error_type))], ['E"\\']);
    const bounds = [...DURATION_BOUNDS.map(String), '+Inf'];
    assert.deepEqual([...new Set(buckets.map(({ labels }) => labels?.le))], bounds);
    assert.equal(buckets.length, routes.length * 2 * bounds.length);
  });

  it('has exemplars, units and an end in OpenMetrics, and none of them in the older format', () => {
    const tracer = busy();
    const openMetrics = metricsText(tracer, 'openmetrics');
    assert.match(openMetrics, /# \{trace_id=/);
    assert.match(openMetrics, /^# UNIT http_server_request_duration_seconds seconds$/m);
    assert.match(openMetrics, /^# TYPE throughline_spans_ended counter$/m);
    assert.match(openMetrics, /\n# EOF\n$/);
    assert.doesNotMatch(metricsText(tracer, 'prometheus'), /trace_id=|# UNIT|# EOF/);
  });

  it('has lines of the grammar only, in either format', () => {
    const value = String.raw`(?:\\[\\"n]|[^"\\])*`;
    const labels = String.raw`\{(?:[a-z_]+="${value}",?)+\}`;
    const number = String.raw`(?:\d+(?:\.\d+)?(?:e-\d+)?)`;
    const exemplar = String.raw`(?: # \{trace_id="\w{32}",span_id="\w{16}"\} ${number} ${number})?`;
    const line = new RegExp(`^(?:# (?:TYPE|HELP|UNIT) [a-z_]+ .+|# EOF|[a-z_]+(?:${labels})? ${number}${exemplar})$`);
    for (const format of ['openmetrics', 'prometheus'] as const) {
      for (const text of lines(busy(), format).slice(0, -1)) assert.match(text, line);
    }
  });
});
