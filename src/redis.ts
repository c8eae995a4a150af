import { sayOnce } from './core/diagnostics.ts';
import { optionError, refuseUnknownOptions, showValue } from './core/errors.ts';
import type { Exporter } from './core/pipeline/exporter.ts';
import { isRedisClient, type RedisClient } from './store/redis/client.ts';
import { RedisStore } from './store/redis/redis-store.ts';
import type { WriterSettings } from './store/redis/writer.ts';
import type { SpanStore } from './store/span-store.ts';

export type { SpanRecord, SpanStore } from './store/index.ts';
export type { RedisClient } from './store/redis/client.ts';

/** Options of {@link redis}. */
export interface RedisOptions {
  /** An ioredis client: `new Redis(…)`, also with `sentinels`, or `new Cluster(…)`. Ours are connections like it. */
  readonly client: RedisClient;
  /** How long spans stay: seconds, or `'90s'`, `'30m'`, `'36h'`, `'7d'`. Default: 3 days. */
  readonly ttl?: number | string;
  /** Attribute keys that get an index of their own, for quick searches: `['user.id']`. Default: none. */
  readonly index?: readonly string[];
  /** Spans of one trace; what is over is dropped and counted. Default: 200,000. */
  readonly maxTraceSpans?: number;
  /** About as many entries, of up to 64 chunks, are kept for live tails; 0: none. Default: 10,000. */
  readonly live?: number;
}

/** What {@link redis} returns: an exporter for `start()`, and a store for whoever reads. */
export interface RedisTraces extends Exporter, SpanStore {
  readonly name: string;
  readonly destination: string;
}

const DEFAULT_TTL_SECONDS = 3 * 86_400;
const DEFAULT_TRACE_SPANS = 200_000;
const DEFAULT_LIVE = 10_000;
const OPTION_NAMES: readonly (keyof RedisOptions)[] = ['client', 'ttl', 'index', 'maxTraceSpans', 'live'];

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
  if (typeof options !== 'object' || options === null) {
    throw optionError(`redis(): needs { client }, got ${showValue(options)}`);
  }
  refuseUnknownOptions('redis', options, OPTION_NAMES);
  if (!isRedisClient(options.client)) {
    throw optionError(`redis(): "client" must be an ioredis client, got ${showValue(options.client)}`);
  }
  return new RedisStore(options.client, settingsOf(options), sayOnce);
}

function settingsOf(options: RedisOptions): WriterSettings {
  const { index = [], maxTraceSpans = DEFAULT_TRACE_SPANS, live = DEFAULT_LIVE } = options;
  if (!Array.isArray(index) || !index.every((key) => typeof key === 'string' && key !== '')) {
    throw optionError(`redis(): "index" must be a list of attribute keys, got ${showValue(index)}`);
  }
  if (!Number.isSafeInteger(maxTraceSpans) || maxTraceSpans < 1) {
    throw optionError(`redis(): "maxTraceSpans" must be a whole number from 1 on, got ${showValue(maxTraceSpans)}`);
  }
  if (!Number.isSafeInteger(live) || live < 0) {
    throw optionError(`redis(): "live" must be a whole number from 0 on, got ${showValue(live)}`);
  }
  return { ttlSeconds: secondsOf(options.ttl), index: [...index], maxTraceSpans, live };
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

function secondsOf(ttl: unknown): number {
  if (ttl === undefined) return DEFAULT_TTL_SECONDS;
  const [, amount, unit = 's'] = (typeof ttl === 'string' && /^(\d{1,9})([smhd])$/.exec(ttl)) || [];
  const seconds = typeof ttl === 'number' ? ttl : Number(amount) * (UNIT_SECONDS[unit] ?? 1);
  // EXPIRE takes more, but a time that overflows when it is added to now is refused by the server.
  if (Number.isSafeInteger(seconds) && seconds >= 1 && seconds <= 1e9) return seconds;
  throw optionError(`redis(): "ttl" must be whole seconds from 1 on, or a time such as "36h", got ${showValue(ttl)}`);
}
