import type { SpanKind, SpanRecord } from '../core/record.ts';
import { compareText } from '../leaves/compare.ts';
import { Histogram } from './histogram.ts';
import { serviceName } from './tree.ts';

/** Rate, errors and durations of one operation: what its spans come to. */
export interface OperationStats {
  readonly service: string;
  /** The name of its spans. */
  readonly operation: string;
  readonly kind: SpanKind;
  readonly count: number;
  /** How many of them failed. */
  readonly errors: number;
  readonly durations: Histogram;
}

interface Growing extends OperationStats {
  count: number;
  errors: number;
}

/**
 * Counts, errors and durations by operation (service, span name, kind). Grows with the number of
 * operations, not of spans; two of them merge to what one would have counted.
 *
 *     const operations = new Operations();
 *     for (const span of spans) operations.add(span);
 *     for (const { service, operation, durations } of operations.list()) print(service, operation, durations.quantile(0.95));
 */
export class Operations {
  readonly #byKey = new Map<string, Growing>();

  /** Adds a finished span. */
  add(span: SpanRecord): void {
    const stats = this.#statsOf(serviceName(span), span.name, span.kind);
    stats.count++;
    if (span.status.code === 'error') stats.errors++;
    stats.durations.add(span.durationMs, span.traceId);
  }

  /** Adds all that others have counted. */
  merge(others: Iterable<OperationStats>): void {
    for (const { service, operation, kind, count, errors, durations } of others) {
      const stats = this.#statsOf(service, operation, kind);
      stats.count += count;
      stats.errors += errors;
      stats.durations.merge(durations);
    }
  }

  /** Every operation, by service, operation and kind. */
  list(): OperationStats[] {
    return [...this.#byKey.values()].sort(
      (a, b) =>
        compareText(a.service, b.service) || compareText(a.operation, b.operation) || compareText(a.kind, b.kind),
    );
  }

  #statsOf(service: string, operation: string, kind: SpanKind): Growing {
    const key = JSON.stringify([service, operation, kind]);
    const known = this.#byKey.get(key);
    if (known) return known;
    const stats = { service, operation, kind, count: 0, errors: 0, durations: new Histogram() };
    this.#byKey.set(key, stats);
    return stats;
  }
}
