import type { TraceQuery } from '../span-store.ts';
import { MAX_INDEXED_LENGTH } from './batch.ts';
import { attributeTag, hourOf, hourStart, type IndexKind, layout } from './layout.ts';
import type { RedisCommand } from './link.ts';
import type { RedisNames } from './names.ts';
import { listOf, type RedisReader } from './reader.ts';

/** A trace that an index names, and the time it is filed under: its start, or later. */
export interface Candidate {
  readonly traceId: string;
  readonly scoreMs: number;
}

const PAGE = 200;
/** More of them than this do not narrow a search down. */
const MAX_SLOW = 10_000;

/** A walk through the index, and all that it needs to know on its way. */
export interface Walk {
  readonly reader: RedisReader;
  readonly names: RedisNames;
  readonly query: TraceQuery;
  /** Attribute keys that have an index of their own. */
  readonly indexed: readonly string[];
  /** Begin at this score instead of at the end. */
  readonly fromTop: number;
  readonly signal: AbortSignal | undefined;
}

/** Which index is walked: the one that leaves the fewest traces to look at. */
interface Choice {
  readonly kind: IndexKind;
  readonly tags: readonly string[];
}

/** One sorted set on the way down, a page at a time. */
interface Source {
  readonly key: string;
  readonly max: string;
  readonly min: string;
  /** Traces with a span that is long enough, where it was asked for and narrows the search. */
  readonly slow: ReadonlySet<string> | undefined;
  offset: number;
  page: Candidate[];
  isDone: boolean;
}

/**
 * The candidates of a query, the latest filing first: hour by hour, in each hour all indexes that the query needs, merged.
 * A trace comes up once for each service and hour it has spans in.
 */
export async function* walkIndex(walk: Walk): AsyncGenerator<Candidate, void, undefined> {
  const { kind, tags } = await chooseIndex(walk);
  const bottom = walk.query.from ?? Number.NEGATIVE_INFINITY;
  for (const hour of await walk.names.hours(walk.signal)) {
    if (hourStart(hour) > walk.fromTop) continue;
    if (hour < hourOf(bottom)) return;
    const sources: Source[] = [];
    for (const tag of tags) sources.push(await openSource(walk, kind, tag, hour));
    yield* mergeSources(walk, sources);
  }
}

async function chooseIndex({ names, query, indexed, signal }: Walk): Promise<Choice> {
  const { service, attributes = {}, error } = query;
  for (const [key, value] of Object.entries(attributes)) {
    if (indexed.includes(key) && value.length <= MAX_INDEXED_LENGTH)
      return { kind: 'a', tags: [attributeTag(key, value)] };
  }
  const tags = service === undefined ? await names.services(signal) : [service];
  return { kind: error === true ? 'e' : 'i', tags };
}

async function openSource(walk: Walk, kind: IndexKind, tag: string, hour: number): Promise<Source> {
  const { fromTop, query } = walk;
  const slow = kind === 'a' ? undefined : await slowTraces(walk, tag, hour);
  return {
    key: layout.index(kind, tag, hour),
    max: Number.isFinite(fromTop) ? String(fromTop) : '+inf',
    min: query.from === undefined ? '-inf' : String(query.from),
    slow,
    offset: 0,
    page: [],
    isDone: slow?.size === 0,
  };
}

async function slowTraces(
  { reader, query, signal }: Walk,
  service: string,
  hour: number,
): Promise<ReadonlySet<string> | undefined> {
  if (query.minDurationMs === undefined) return undefined;
  const key = layout.index('d', service, hour);
  const parts: RedisCommand['parts'] = ['ZRANGEBYSCORE', key, query.minDurationMs, '+inf', 'LIMIT', 0, MAX_SLOW];
  const [members] = await reader.ask([{ key, parts }], signal);
  const found = new Set(listOf(members).map(traceIdOf));
  return found.size === MAX_SLOW ? undefined : found;
}

async function* mergeSources(walk: Walk, sources: readonly Source[]): AsyncGenerator<Candidate, void, undefined> {
  for (;;) {
    await refill(walk, sources);
    let latest: Source | undefined;
    for (const source of sources) {
      const score = source.page.at(-1)?.scoreMs;
      if (score !== undefined && score > (latest?.page.at(-1)?.scoreMs ?? Number.NEGATIVE_INFINITY)) latest = source;
    }
    const candidate = latest?.page.pop();
    if (candidate === undefined) return;
    yield candidate;
  }
}

/** Reads the next page of every source that has run out of its last one. */
async function refill({ reader, signal }: Walk, sources: readonly Source[]): Promise<void> {
  for (;;) {
    const empty = sources.filter((source) => source.page.length === 0 && !source.isDone);
    if (empty.length === 0) return;
    const replies = await reader.ask(
      empty.map(({ key, max, min, offset }) => ({
        key,
        parts: ['ZREVRANGEBYSCORE', key, max, min, 'WITHSCORES', 'LIMIT', offset, PAGE],
      })),
      signal,
    );
    for (const [index, source] of empty.entries()) takePage(source, candidatesOf(replies[index]));
  }
}

function takePage(source: Source, candidates: readonly Candidate[]): void {
  source.offset += candidates.length;
  source.isDone = candidates.length < PAGE;
  const { slow } = source;
  // Read from its end: the latest last.
  source.page = candidates.filter((candidate) => slow === undefined || slow.has(candidate.traceId)).reverse();
}

/** RESP2 answers `[member, score, …]`, RESP3 `[[member, score], …]`, as the client was set up. */
function candidatesOf(reply: unknown): Candidate[] {
  const flat = listOf(reply).flat();
  const candidates: Candidate[] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const traceId = traceIdOf(flat[at]);
    const scoreMs = Number(String(flat[at + 1]));
    if (traceId.length === 32 && Number.isFinite(scoreMs)) candidates.push({ traceId, scoreMs });
  }
  return candidates;
}

function traceIdOf(member: unknown): string {
  return member instanceof Buffer ? member.toString('hex') : '';
}
