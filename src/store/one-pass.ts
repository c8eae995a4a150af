import type { SpanRecord } from '../core/record.ts';
import { compareText } from '../leaves/compare.ts';
import { isInTime } from './page.ts';
import { type SpanMatcher, spanMatcher } from './span-match.ts';
import type { StoredTrace, TraceQuery } from './span-store.ts';
import { distinctSpans } from './trace-summary.ts';

/** Spans that are held while it is not clear yet which traces are wanted. */
const MOST_HELD = 250_000;

interface Held {
  readonly traceId: string;
  readonly spans: SpanRecord[];
  startMs: number;
  matched: boolean;
}

/**
 * Gathers the traces that a query wants while all spans go by once. Of more spans than can be held, those of traces
 * that began too early for the `limit` go first; where that does not help it gives up, and whoever asks has to look
 * for the traces first, then read them.
 */
export class OnePass {
  readonly #query: TraceQuery;
  readonly #matches: SpanMatcher;
  readonly #limit: number;
  readonly #mostHeld: number;
  readonly #held = new Map<string, Held>();
  readonly #tooEarly = new Set<string>();
  #latestDropped = Number.NEGATIVE_INFINITY;
  #spans = 0;
  #givenUp = false;

  constructor(query: TraceQuery, mostHeld: number = MOST_HELD) {
    this.#query = query;
    this.#matches = spanMatcher(query);
    this.#limit = query.limit ?? Number.POSITIVE_INFINITY;
    this.#mostHeld = mostHeld;
  }

  /** False once it has given up: nothing more needs to be added. */
  add(span: SpanRecord): boolean {
    if (this.#givenUp) return false;
    if (this.#tooEarly.size > 0 && this.#tooEarly.has(span.traceId)) return true;
    let held = this.#held.get(span.traceId);
    if (held === undefined) {
      held = { traceId: span.traceId, spans: [], startMs: Number.POSITIVE_INFINITY, matched: false };
      this.#held.set(span.traceId, held);
    }
    held.spans.push(span);
    // A span without a start says nothing of when its trace began.
    if (span.startTimeMs > 0 && span.startTimeMs < held.startMs) held.startMs = span.startTimeMs;
    held.matched ||= this.#matches(span);
    if (++this.#spans > this.#mostHeld) this.#makeRoom();
    return !this.#givenUp;
  }

  /** The traces; `undefined` when they could not all be held. */
  traces(): Iterable<StoredTrace> | undefined {
    const wanted = [...this.#held.values()].filter(({ matched, startMs }) => matched && isInTime(startMs, this.#query));
    const latest = wanted.length > this.#limit ? wanted.sort(latestFirst).slice(0, this.#limit) : wanted;
    // A trace that went may have begun after one that stayed: the starts of both were not all known.
    const earliest = latest.reduce((least, { startMs }) => Math.min(least, startMs), Number.POSITIVE_INFINITY);
    const isExact = this.#tooEarly.size === 0 || (latest.length === this.#limit && earliest > this.#latestDropped);
    return this.#givenUp || !isExact ? undefined : storedTraces(latest);
  }

  /** Twice as many as are wanted stay: the start of a trace may come with its last span. */
  #makeRoom(): void {
    const kept = this.#limit * 2;
    if (this.#held.size <= kept) {
      this.#givenUp = isRestricted(this.#query);
      if (this.#givenUp) this.#held.clear();
      return;
    }
    for (const held of [...this.#held.values()].sort(latestFirst).slice(kept)) {
      this.#held.delete(held.traceId);
      this.#tooEarly.add(held.traceId);
      this.#spans -= held.spans.length;
      this.#latestDropped = Math.max(this.#latestDropped, held.startMs);
    }
  }
}

function* storedTraces(held: readonly Held[]): Generator<StoredTrace, void, undefined> {
  for (const { traceId, spans } of held) yield { traceId, spans: distinctSpans(spans), dropped: 0 };
}

function latestFirst(a: Held, b: Held): number {
  return b.startMs - a.startMs || compareText(a.traceId, b.traceId);
}

/** True for a query that most traces may not fit. */
function isRestricted({ limit: _limit, cursor: _cursor, ...criteria }: TraceQuery): boolean {
  return Object.values(criteria).some((value) => value !== undefined);
}
