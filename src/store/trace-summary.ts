import { failureOf } from '../analysis/failures.ts';
import { pathWithoutRoute } from '../analysis/labels.ts';
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
  /** By the parent that has not come: the earliest of its spans. */
  readonly #fragments = new Map<string, SpanRecord>();
  #root: SpanRecord | undefined;
  #failed: SpanRecord | undefined;
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
    // A span without a start lies where its parent does: it says nothing of the trace's times.
    if (span.startTimeMs > 0) {
      this.#startMs = Math.min(this.#startMs, span.startTimeMs);
      this.#endMs = Math.max(this.#endMs, span.startTimeMs + span.durationMs);
    }
    this.#noteFailure(span);
    this.#notePlace(span);
    this.#matched ||= this.#matches(span);
  }

  #noteFailure(span: SpanRecord): void {
    if (span.status.code !== 'error') return;
    this.#errors++;
    if (isBefore(span, this.#failed)) this.#failed = span;
  }

  #notePlace(span: SpanRecord): void {
    this.#fragments.delete(span.spanId);
    const { parentSpanId } = span;
    if (parentSpanId === undefined) {
      if (isBefore(span, this.#root)) this.#root = span;
    } else if (!this.#spanIds.has(parentSpanId) && isBefore(span, this.#fragments.get(parentSpanId))) {
      this.#fragments.set(parentSpanId, span);
    }
  }

  /** The first span without a parent; while there is none, the first whose parent has not come. */
  get #top(): SpanRecord | undefined {
    if (this.#root !== undefined) return this.#root;
    let first: SpanRecord | undefined;
    for (const span of this.#fragments.values()) if (isBefore(span, first)) first = span;
    return first;
  }

  summary(): TraceSummary {
    const root = this.#top;
    const hasTimes = Number.isFinite(this.#startMs);
    return {
      traceId: this.traceId,
      startTimeMs: hasTimes ? this.#startMs : 0,
      durationMs: hasTimes ? this.#endMs - this.#startMs : 0,
      spanCount: this.#spanIds.size,
      errorCount: this.#errors,
      services: [...this.#services].sort(),
      rootName: root?.name ?? '',
      rootService: root === undefined ? '' : serviceName(root),
      ...(root === undefined ? {} : answerOf(root)),
      ...this.#reason(root),
    };
  }

  #reason(root: SpanRecord | undefined): { message?: string } {
    const failed = root?.status.code === 'error' ? [root, this.#failed] : [this.#failed];
    const messages = failed.map((span) => span && failureOf(span).message);
    const message = messages.find((text) => text !== undefined);
    return message === undefined ? {} : { message };
  }
}

function answerOf(root: SpanRecord): { rootStatus?: number; rootPath?: string } {
  const status = root.attributes['http.response.status_code'] ?? root.attributes['http.status_code'];
  const path = pathWithoutRoute(root);
  return { ...(typeof status === 'number' && { rootStatus: status }), ...(path !== undefined && { rootPath: path }) };
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
