import { sayOnce } from './core/diagnostics.ts';
import { durationMs } from './core/options/duration.ts';
import {
  checked,
  isText,
  listOf,
  type Place,
  type Readers,
  readOptions,
  required,
  wholeNumber,
  wrongOption,
} from './core/options/options.ts';
import type { Exporter } from './core/pipeline/exporter.ts';
import { isRedisClient, type RedisClient } from './store/redis/client.ts';
import { REDIS_DEFAULTS } from './store/redis/defaults.ts';
import { RedisStore } from './store/redis/redis-store.ts';
import type { SpanStore } from './store/span-store.ts';

export type { ExportProbe, ExportResult } from './core/pipeline/exporter.ts';
export type {
  Attributes,
  AttributeValue,
  Histogram,
  InstrumentationScope,
  RecordedContext,
  RecordedLink,
  Resource,
  SpanEvent,
  SpanId,
  SpanKind,
  SpanRecord,
  SpanStatus,
  TraceId,
} from './store/index.ts';
export type { RedisClient } from './store/redis/client.ts';
export type {
  AggregateQuery,
  AggregateRow,
  AppendResult,
  Operation,
  Removed,
  SearchPage,
  SpanStore,
  StoreCall,
  StoredTrace,
  StoreProblem,
  StoreProblems,
  TailBatch,
  TailOptions,
  TraceQuery,
  TraceSummary,
} from './store/span-store.ts';

/** Options of {@link redis}. */
export interface RedisOptions {
  /** An ioredis client: `new Redis(…)`, also with `sentinels`, or `new Cluster(…)`. Ours are connections like it. */
  readonly client: RedisClient;
  /** The time that spans stay: `'90s'`, `'30m'`, `'36h'`, `'7d'`, in whole seconds. Default: 3 days. */
  readonly ttl?: string | undefined;
  /** Attribute keys that get an index of their own, for quick searches: `['user.id']`. Default: none. */
  readonly index?: readonly string[] | undefined;
  /** Spans of one trace; what is over is dropped and counted. Default: 200,000. */
  readonly maxTraceSpans?: number | undefined;
  /** About as many entries, of up to 64 chunks, are kept for live tails; 0: none. Default: 10,000. */
  readonly live?: number | undefined;
}

/** The result of {@link redis}: an exporter for `start()`, and a store for whoever reads. */
export interface RedisTraces extends Exporter, SpanStore {
  readonly name: string;
  readonly destination: string;
}

const READERS = {
  client: required(checked('an ioredis client', isRedisClient)),
  ttl: readTtl,
  index: listOf('a list of attribute keys', isText),
  maxTraceSpans: wholeNumber(1),
  live: wholeNumber(0),
} satisfies Readers<RedisOptions>;

const HINTS = {
  url: 'give a client: client: new Redis(url)',
  host: 'give a client: client: new Redis({ host, port })',
  port: 'give a client: client: new Redis({ host, port })',
};

/**
 * Keeps spans in Redis (6.2 or later, standalone, Sentinel or Cluster; no modules, no scripts), through the ioredis
 * client of the app: an exporter and a store over the same keys (docs/redis.md). It opens connections of its own,
 * at the first batch or question, and none keeps the process alive but that of a live tail.
 *
 *     const traces = redis({ client: new Redis(), ttl: '36h' });
 *     start({ service: 'shop', exporters: traces });
 *     // elsewhere, later
 *     const page = await traces.search({ service: 'shop', error: true });
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION` for a wrong option
 */
export function redis(options: RedisOptions): RedisTraces {
  const given = readOptions('redis', options, READERS, HINTS);
  const { ttl: ttlSeconds = REDIS_DEFAULTS.ttlSeconds, index = [] } = given;
  const { maxTraceSpans = REDIS_DEFAULTS.maxTraceSpans, live = REDIS_DEFAULTS.live } = given;
  return new RedisStore(given.client, { ttlSeconds, index, maxTraceSpans, live }, sayOnce);
}

/** EXPIRE takes more, but a time that overflows when it is added to now is refused by the server. */
const LONGEST_TTL_SECONDS = 1e9;

/** Text alone: a number was seconds here and milliseconds everywhere else, so that nobody's spans may go by a guess. */
function readTtl(given: unknown, at: Place): number {
  const seconds = typeof given === 'string' ? (durationMs(given) ?? 0) / 1000 : 0;
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= LONGEST_TTL_SECONDS) return seconds;
  const hint = typeof given === 'number' ? `write its unit: "${given}s" for seconds` : '';
  throw wrongOption(at, 'whole seconds from 1 on, as a time such as "36h"', given, hint);
}
