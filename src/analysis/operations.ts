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
  /** Whom its spans call, where their name does not say so. */
  readonly target?: string | undefined;
  readonly count: number;
  /** Those that failed. */
  readonly errors: number;
  readonly durations: Histogram;
}

interface Growing extends OperationStats {
  count: number;
  errors: number;
}

/**
 * Counts, errors and durations by operation (service, span name, kind, and target where one is given). Grows with the number of
 * operations, not of spans; two of them merge to what one would have counted.
 *
 *     const operations = new Operations();
 *     for (const span of spans) operations.add(span);
 *     for (const { service, operation, durations } of operations.list()) print(service, operation, durations.quantile(0.95));
 */
export class Operations {
  readonly #byKey = new Map<string, Growing>();

  /** Adds a finished span. `target`: whom it calls, to be counted apart. */
  add(span: SpanRecord, target?: string): void {
    const stats = this.#statsOf(serviceName(span), span.name, span.kind, target);
    stats.count++;
    if (span.status.code === 'error') stats.errors++;
    stats.durations.add(span.durationMs, span.traceId);
  }

  /** Adds all that others have counted. */
  merge(others: Iterable<OperationStats>): void {
    for (const { service, operation, kind, target, count, errors, durations } of others) {
      const stats = this.#statsOf(service, operation, kind, target);
      stats.count += count;
      stats.errors += errors;
      stats.durations.merge(durations);
    }
  }

  /** Every operation, by service, operation, kind and target. */
  list(): OperationStats[] {
    return [...this.#byKey.values()].sort(
      (a, b) =>
        compareText(a.service, b.service) ||
        compareText(a.operation, b.operation) ||
        compareText(a.kind, b.kind) ||
        compareText(a.target ?? '', b.target ?? ''),
    );
  }

  #statsOf(service: string, operation: string, kind: SpanKind, target: string | undefined): Growing {
    const key = JSON.stringify([service, operation, kind, target]);
    const known = this.#byKey.get(key);
    if (known) return known;
    const to = target === undefined ? {} : { target };
    const stats = { service, operation, kind, ...to, count: 0, errors: 0, durations: new Histogram() };
    this.#byKey.set(key, stats);
    return stats;
  }
}
