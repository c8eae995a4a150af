import { noteFault } from '../../src/core/diagnostics.ts';
import { bounded, NAME_LENGTH } from '../../src/core/limits.ts';
import type { RequestMetrics, RequestOutcome } from '../../src/core/metrics/request-metrics.ts';
import type { RecordingSpan } from '../../src/core/spans/recording-span.ts';
import { type HostPort, knownMethod } from '../http-attributes.ts';

/** Counts and times one outbound attempt, sampled or not. */
export class AttemptTimer {
  readonly #metrics: RequestMetrics;
  readonly #method: string;
  readonly #address: string;
  #port: number | undefined;
  readonly #startedMs: number;

  /** `host` is undefined where the attempt goes to none: a unix socket, or where only the client can tell. */
  constructor(metrics: RequestMetrics, method: string, host: HostPort | undefined) {
    this.#metrics = metrics;
    this.#method = knownMethod(method);
    this.#address = host === undefined ? '' : bounded(host.host, NAME_LENGTH);
    this.#port = host?.port;
    this.#startedMs = metrics.now();
  }

  /** Corrects the port, where it only turned out on the way which one it was. */
  notePort(port: number): void {
    this.#port = port;
  }

  /** Called once, when the span has ended: whether its trace is kept may be decided by then. */
  end(outcome: RequestOutcome, span: RecordingSpan): void {
    try {
      const host = this.#address === '' ? '' : `${this.#address}:${this.#port ?? ''}`;
      this.#metrics.clientRequest(this.#method, host, outcome, this.#startedMs, span.exemplar);
    } catch (error) {
      noteFault('client request metrics', error);
    }
  }
}
