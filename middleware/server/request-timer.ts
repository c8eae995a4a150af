import type { RequestFacts } from '../../src/core/decide/sampler.ts';
import { noteFault } from '../../src/core/diagnostics.ts';
import { bounded, NAME_LENGTH } from '../../src/core/limits.ts';
import type { RequestMetrics, RequestOutcome } from '../../src/core/metrics/request-metrics.ts';
import type { RecordingSpan } from '../../src/core/spans/recording-span.ts';

/** An inbound request as metrics see it: `RequestFacts`, its span, and nothing of its framework. */
export interface TimedRequest extends RequestFacts {
  readonly method: string;
  readonly span: RecordingSpan;
}

/** The outcome of a request. An answer may turn into a stream, which is none: it lasts as long as somebody listens. */
export interface TimedOutcome extends RequestOutcome {
  readonly stream: 'upgrade' | 'event-stream' | undefined;
}

/** An outcome of which nothing is known. */
const NOT_KNOWN: TimedOutcome = Object.freeze({ status: undefined, errorType: undefined, stream: undefined });

/** Counts and times one inbound request, sampled or not. */
export class RequestTimer {
  readonly #metrics: RequestMetrics;
  readonly #scheme: string;
  readonly #startedMs: number;

  constructor(metrics: RequestMetrics, scheme: string) {
    this.#metrics = metrics;
    this.#scheme = scheme;
    this.#startedMs = metrics.now();
  }

  /** Called once, when the span has ended: whether its trace is kept is decided by then. */
  end({ method, route: matched, span }: TimedRequest, outcome: TimedOutcome = NOT_KNOWN): void {
    try {
      const route = matched === undefined ? undefined : bounded(matched, NAME_LENGTH);
      if (outcome.stream !== undefined) this.#metrics.stream(method, route, outcome.stream);
      else
        this.#metrics.serverRequest({ method, scheme: this.#scheme, route }, outcome, this.#startedMs, span.exemplar);
    } catch (error) {
      noteFault('server request metrics', error);
    }
  }
}
