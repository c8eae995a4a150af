/** Upper bounds in seconds: OpenTelemetry's advice for `http.server.request.duration`. */
export const DURATION_BOUNDS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

/** One measurement with the trace it was taken in. */
export interface Exemplar {
  readonly traceId: string;
  readonly spanId: string;
  readonly seconds: number;
  /** When it was taken: seconds since the Unix epoch. */
  readonly atSeconds: number;
}

/** Durations of one kind of request: how many fell into each bucket, their sum, and the newest kept trace of each bucket. */
export class DurationHistogram {
  /** Not cumulative: one for each bound, and one for all above. */
  readonly counts: number[];
  #sum: number;
  /** Made with the first of them: a request that is not kept has none. */
  #exemplars: (Exemplar | undefined)[] | undefined;

  constructor() {
    this.counts = new Array(DURATION_BOUNDS.length + 1).fill(0);
    this.#sum = 0;
    this.#exemplars = undefined;
  }

  get sumSeconds(): number {
    return this.#sum;
  }

  /** Counts one duration; returns its bucket, for an exemplar. */
  add(seconds: number): number {
    let bucket = 0;
    while (seconds > (DURATION_BOUNDS[bucket] ?? Number.POSITIVE_INFINITY)) bucket++;
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.#sum += seconds;
    return bucket;
  }

  setExemplar(bucket: number, exemplar: Exemplar): void {
    this.#exemplars ??= new Array(DURATION_BOUNDS.length + 1).fill(undefined);
    this.#exemplars[bucket] = exemplar;
  }

  exemplar(bucket: number): Exemplar | undefined {
    return this.#exemplars?.[bucket];
  }
}
