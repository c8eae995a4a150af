import { formatCursor, isInTime, latestFirst, pageLimit, parseCursor } from '../page.ts';
import { type SpanMatcher, spanMatcher } from '../span-match.ts';
import type { SearchPage, TraceQuery, TraceSummary } from '../span-store.ts';
import { TraceFold } from '../trace-summary.ts';
import type { RedisNames } from './names.ts';
import type { RedisReader } from './reader.ts';
import { type Candidate, walkIndex } from './trace-index.ts';

/** Traces that are read for one page at most. */
const MAX_READ = 5000;
/** Traces read in one go. */
const READ_AT_ONCE = 25;
/** The time after its start in which a trace may go on in another service or hour and still be found by its end. */
const LONGEST_TRACE_MS = 3_600_000;

/** A trace that was found, and the latest time it is filed under. */
interface Found {
  readonly summary: TraceSummary;
  readonly scoreMs: number;
}

/**
 * Finds traces by walking an index from the latest time to the earliest, reading each trace it names, and
 * asking it all that the query wants: an index only says where to look.
 *
 * A trace is filed under its start or a later time (a service that joined later). So one that was read waits until
 * the walk has come down to its start: all that could come before it has then been seen.
 *
 *     walk      12:07 ─── 12:05 ─── 12:01 ──▶          filed under 12:05, starts at 12:02:
 *     waiting             [12:02]   [12:02]            waits, and goes out once the walk is below 12:02
 */
export async function searchRedis(
  reader: RedisReader,
  names: RedisNames,
  query: TraceQuery,
  indexed: readonly string[],
  signal?: AbortSignal,
): Promise<SearchPage> {
  const search = new Search(reader, query, signal);
  const walk = { reader, names, query, indexed, fromTop: search.top, signal };
  for await (const candidate of walkIndex(walk)) {
    await search.meet(candidate);
    if (search.isOver) break;
  }
  return search.page();
}

class Search {
  readonly #reader: RedisReader;
  readonly #query: TraceQuery;
  readonly #signal: AbortSignal | undefined;
  readonly #matches: SpanMatcher;
  readonly #limit: number;
  readonly #after: ReturnType<typeof parseCursor>;
  readonly #met = new Set<string>();
  /** Named by the index, not read yet: read several at once. */
  #unread: Candidate[] = [];
  /** Read and matching, not out yet; sorted, the next one first. */
  #waiting: Found[] = [];
  readonly #out: TraceSummary[] = [];
  #read = 0;
  #positionMs = Number.POSITIVE_INFINITY;
  #isCut = false;

  constructor(reader: RedisReader, query: TraceQuery, signal: AbortSignal | undefined) {
    this.#reader = reader;
    this.#query = query;
    this.#signal = signal;
    this.#matches = spanMatcher(query);
    this.#limit = pageLimit(query);
    this.#after = parseCursor(query.cursor);
  }

  /** The score at which the walk begins. */
  get top(): number {
    if (this.#after !== undefined) return this.#after.resumeMs ?? this.#after.startTimeMs + LONGEST_TRACE_MS;
    return this.#query.to === undefined ? Number.POSITIVE_INFINITY : this.#query.to + LONGEST_TRACE_MS;
  }

  /** The page is full, or enough was read for one. */
  get isOver(): boolean {
    return this.#isCut;
  }

  async meet(candidate: Candidate): Promise<void> {
    if (this.#met.has(candidate.traceId)) return;
    this.#met.add(candidate.traceId);
    this.#unread.push(candidate);
    if (this.#unread.length < READ_AT_ONCE) return;
    await this.#readThem();
    this.#positionMs = candidate.scoreMs;
    this.#release();
    // A cut without having come down would send the next page over the same traces, for ever.
    const isFar = this.#read >= MAX_READ && this.#positionMs < this.top;
    this.#isCut = this.#out.length >= this.#limit || isFar;
  }

  async page(): Promise<SearchPage> {
    if (!this.#isCut) {
      await this.#readThem();
      this.#positionMs = Number.NEGATIVE_INFINITY;
      this.#release();
    }
    const last = this.#out.at(-1);
    const isEnd = !this.#isCut && this.#waiting.length === 0;
    if (isEnd) return { traces: this.#out };
    const resumeMs = this.#waiting.reduce((top, found) => Math.max(top, found.scoreMs), this.#positionMs);
    // An empty page goes on below the walk: nothing that starts above is left.
    const place = last ?? { startTimeMs: this.#positionMs, traceId: '0'.repeat(32) };
    return { traces: this.#out, next: formatCursor({ ...place, resumeMs: Math.max(resumeMs, place.startTimeMs) }) };
  }

  async #readThem(): Promise<void> {
    const some = this.#unread;
    this.#unread = [];
    this.#read += some.length;
    const lists = await this.#reader.spansOf(
      some.map((candidate) => candidate.traceId),
      this.#signal,
    );
    for (const [index, { traceId, scoreMs }] of some.entries()) {
      const fold = new TraceFold(traceId, this.#matches);
      for (const span of lists[index] ?? []) fold.add(span);
      if (fold.matched && isInTime(fold.startTimeMs, this.#query)) this.#found({ summary: fold.summary(), scoreMs });
    }
    this.#waiting.sort((a, b) => latestFirst(a.summary, b.summary));
  }

  #found(found: Found): void {
    const isSeen = this.#after !== undefined && latestFirst(this.#after, found.summary) >= 0;
    if (!isSeen) this.#waiting.push(found);
  }

  /** Lets out what nothing still to come can be before. */
  #release(): void {
    let count = 0;
    for (const { summary } of this.#waiting) {
      if (this.#out.length >= this.#limit || summary.startTimeMs <= this.#positionMs) break;
      this.#out.push(summary);
      count++;
    }
    this.#waiting = this.#waiting.slice(count);
  }
}
