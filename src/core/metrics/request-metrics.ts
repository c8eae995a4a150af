import type { Clock } from '../clock.ts';
import { bounded } from '../limits.ts';
import { BoundedSeries } from './bounded-series.ts';
import { DurationHistogram, type Exemplar } from './duration-histogram.ts';

/** The outcome of one request, as its instrumentation knows it. Both may be missing: an aborted one has neither. */
export interface RequestOutcome {
  /** Of the answer, when one was begun. */
  readonly status: number | undefined;
  /** Why it failed, of few values; undefined when it did not. */
  readonly errorType: string | undefined;
}

/** One inbound request, by what its series is told apart. */
export interface ServerRequest {
  readonly method: string;
  /** `http` or `https`: OpenTelemetry's conventions require it of the metric. */
  readonly scheme: string;
  /** Undefined where none has matched. */
  readonly route: string | undefined;
}

/** The trace that a duration was measured in. */
export type ExemplarIds = Pick<Exemplar, 'traceId' | 'spanId'>;

/** In the place of a route where none has matched: a 404, a static file, a framework without routes. */
const UNMATCHED = '_UNMATCHED';

const ERROR_TYPE_LENGTH = 64;

/**
 * Rate, errors and duration of requests, counted where they end and before anybody asks whether their
 * traces are kept: what a sampled trace cannot tell.
 */
export class RequestMetrics {
  readonly server: BoundedSeries<DurationHistogram> = new BoundedSeries(() => new DurationHistogram());
  readonly client: BoundedSeries<DurationHistogram> = new BoundedSeries(() => new DurationHistogram());
  /** Upgrades and event streams: they last as long as somebody listens, which is no latency. */
  readonly streams: BoundedSeries<{ count: number }> = new BoundedSeries(() => ({ count: 0 }));
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A reading to measure from, in milliseconds. */
  now(): number {
    return this.#clock.monotonicMs();
  }

  /**
   * One inbound request that began at `startedMs` has ended. `exemplar` is its span, where that is kept: one that
   * leads to no trace would be a dead link.
   */
  serverRequest(
    { method, scheme, route }: ServerRequest,
    outcome: RequestOutcome,
    startedMs: number,
    exemplar: ExemplarIds | undefined,
  ): void {
    const histogram = this.server.valueOf(route ?? UNMATCHED, `${scheme}\n${detailOf(method, outcome)}`);
    this.#measure(histogram, startedMs, exemplar);
  }

  /** One outbound attempt to `host` (`name:port`) has ended. */
  clientRequest(
    method: string,
    host: string,
    outcome: RequestOutcome,
    startedMs: number,
    exemplar: ExemplarIds | undefined,
  ): void {
    this.#measure(this.client.valueOf(host, detailOf(method, outcome)), startedMs, exemplar);
  }

  /** One connection turned into a stream. */
  stream(method: string, route: string | undefined, kind: 'upgrade' | 'event-stream'): void {
    this.streams.valueOf(route ?? UNMATCHED, `${method}\n${kind}`).count++;
  }

  #measure(histogram: DurationHistogram, startedMs: number, exemplar: ExemplarIds | undefined): void {
    const seconds = Math.max(0, this.#clock.monotonicMs() - startedMs) / 1000;
    const bucket = histogram.add(seconds);
    if (exemplar === undefined) return;
    const { traceId, spanId } = exemplar;
    histogram.setExemplar(bucket, { traceId, spanId, seconds, atSeconds: this.#clock.wallMs() / 1000 });
  }
}

function detailOf(method: string, { status, errorType }: RequestOutcome): string {
  return `${method}\n${status ?? ''}\n${errorType === undefined ? '' : firstLine(errorType)}`;
}

/** An error's name may be anything; a line feed would make two labels of it. */
function firstLine(errorType: string): string {
  return bounded(errorType.split('\n', 1)[0] as string, ERROR_TYPE_LENGTH);
}
