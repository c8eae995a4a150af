import { Histogram } from '../analysis/histogram.ts';
import { serviceName } from '../analysis/tree.ts';
import type { SpanKind, SpanRecord } from '../core/record.ts';
import { compareText } from '../leaves/compare.ts';
import type { AggregateQuery, AggregateRow } from './span-store.ts';

/** The grain of aggregates, the same in every store: what Redis keeps a hash for. */
export const GRAIN_MS = 600_000;

interface Row {
  readonly service: string;
  readonly operation: string;
  readonly kind: SpanKind;
  readonly from: number;
  count: number;
  errors: number;
  readonly durations: Histogram;
}

/** One counted stretch of an operation: what a span, or a stored counter, adds to a row. */
export interface Counted {
  readonly service: string;
  readonly operation: string;
  readonly kind: SpanKind;
  readonly timeMs: number;
}

/** Rows of rate, errors and durations, filled span by span or from stored counters. */
export class RedTable {
  readonly #query: AggregateQuery;
  readonly #bucketMs: number;
  readonly #rows = new Map<string, Row>();

  constructor(query: AggregateQuery) {
    this.#query = query;
    this.#bucketMs = bucketLength(query.bucketMs);
  }

  /** The time that is asked for, widened to whole buckets. */
  get from(): number {
    return bucketStart(this.#query.from ?? 0, this.#bucketMs);
  }

  get to(): number {
    const { to } = this.#query;
    return to === undefined ? Number.POSITIVE_INFINITY : Math.ceil(to / this.#bucketMs) * this.#bucketMs;
  }

  addSpan(span: SpanRecord): void {
    const { name: operation, kind, startTimeMs: timeMs } = span;
    const row = this.#row({ service: serviceName(span), operation, kind, timeMs });
    if (row === undefined) return;
    row.count++;
    if (span.status.code === 'error') row.errors++;
    row.durations.add(span.durationMs, span.traceId);
  }

  addCounters(counted: Counted, count: number, errors: number, durations: Histogram): void {
    const row = this.#row(counted);
    if (row === undefined) return;
    row.count += count;
    row.errors += errors;
    row.durations.merge(durations);
  }

  /** By bucket, service, operation, kind. */
  rows(): AggregateRow[] {
    const rows = [...this.#rows].sort(([a], [b]) => compareText(a, b));
    return rows.map(([, row]) => ({ ...row, to: row.from + this.#bucketMs })).sort((a, b) => a.from - b.from);
  }

  /** `undefined` when nobody asked for it. */
  #row({ service, operation, kind, timeMs }: Counted): Row | undefined {
    const { service: onlyService, operation: onlyOperation } = this.#query;
    if (onlyService !== undefined && service !== onlyService) return undefined;
    if (onlyOperation !== undefined && operation !== onlyOperation) return undefined;
    if (timeMs < this.from || timeMs >= this.to) return undefined;
    const from = bucketStart(timeMs, this.#bucketMs);
    const key = `${service}\0${operation}\0${kind}\0${from}`;
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = { service, operation, kind, from, count: 0, errors: 0, durations: new Histogram() };
      this.#rows.set(key, row);
    }
    return row;
  }
}

/** The start of the bucket that a time lies in. */
function bucketStart(timeMs: number, bucketMs: number): number {
  return Math.floor(timeMs / bucketMs) * bucketMs;
}

function bucketLength(bucketMs: number | undefined): number {
  if (bucketMs === undefined || !(bucketMs > GRAIN_MS) || !Number.isFinite(bucketMs)) return GRAIN_MS;
  return Math.ceil(bucketMs / GRAIN_MS) * GRAIN_MS;
}
