import { serviceName } from '../analysis/tree.ts';
import type { SpanRecord } from '../core/record.ts';
import { compareText } from '../leaves/compare.ts';
import type { SpanMatcher } from './span-match.ts';
import type { TraceSummary } from './span-store.ts';

/** Sums a trace up while its spans come by, in any order. A span id that was seen before changes nothing. */
export class TraceFold {
  readonly traceId: string;
  readonly #matches: SpanMatcher;
  readonly #spanIds = new Set<string>();
  readonly #services = new Set<string>();
  #startMs = Number.POSITIVE_INFINITY;
  #endMs = Number.NEGATIVE_INFINITY;
  #errors = 0;
  #first: SpanRecord | undefined;
  #root: SpanRecord | undefined;
  #matched = false;

  constructor(traceId: string, matches: SpanMatcher) {
    this.traceId = traceId;
    this.#matches = matches;
  }

  get startTimeMs(): number {
    return this.#startMs;
  }

  /** Some span met the criteria. */
  get matched(): boolean {
    return this.#matched;
  }

  add(span: SpanRecord): void {
    if (this.#spanIds.has(span.spanId)) return;
    this.#spanIds.add(span.spanId);
    this.#services.add(serviceName(span));
    this.#startMs = Math.min(this.#startMs, span.startTimeMs);
    this.#endMs = Math.max(this.#endMs, span.startTimeMs + span.durationMs);
    if (span.status.code === 'error') this.#errors++;
    if (isBefore(span, this.#first)) this.#first = span;
    if (span.parentSpanId === undefined && isBefore(span, this.#root)) this.#root = span;
    this.#matched ||= this.#matches(span);
  }

  summary(): TraceSummary {
    const root = this.#root ?? this.#first;
    return {
      traceId: this.traceId,
      startTimeMs: this.#startMs,
      durationMs: this.#endMs - this.#startMs,
      spanCount: this.#spanIds.size,
      errorCount: this.#errors,
      services: [...this.#services].sort(),
      rootName: root?.name ?? '',
      rootService: root === undefined ? '' : serviceName(root),
    };
  }
}

/** By start; of equal starts the lower id, so that the order of arrival makes no difference. */
export function bySpanStart(a: SpanRecord, b: SpanRecord): number {
  return a.startTimeMs - b.startTimeMs || compareText(a.spanId, b.spanId);
}

function isBefore(span: SpanRecord, other: SpanRecord | undefined): boolean {
  return other === undefined || bySpanStart(span, other) < 0;
}

/** Each span id once, the first that came, by start. */
export function distinctSpans(spans: Iterable<SpanRecord>): SpanRecord[] {
  const byId = new Map<string, SpanRecord>();
  for (const span of spans) if (!byId.has(span.spanId)) byId.set(span.spanId, span);
  return [...byId.values()].sort(bySpanStart);
}
