import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { RedisClient } from '../src/store/redis/client.ts';
import { faultOf } from '../src/store/redis/fault.ts';
import type { SpanStore } from '../src/store/span-store.ts';
import { storeError } from '../src/store/store-error.ts';
import { UsageError } from './exit-code.ts';
import { parseRedisAddress, type RedisAddress } from './redis-address.ts';

/** The part of the package ioredis that we need. */
interface Ioredis {
  readonly Redis: new (options: object) => RedisClient;
  readonly Cluster: new (nodes: readonly object[], options: object) => ClusterClient;
}

interface ClusterClient extends RedisClient {
  connect(): Promise<void>;
  disconnect(): void;
  on(event: 'error', listener: (error: unknown) => void): unknown;
}

/** As long as the store's own connections wait. */
const CONNECT_TIMEOUT_MS = 2000;

/**
 * A store over the Redis at an address.
 *
 * @throws UsageError for a wrong address or without ioredis, StoreError when no node of a cluster can be reached
 */
export async function openRedis(address: string, cwd: string): Promise<SpanStore> {
  const parsed = parseRedisAddress(address);
  const ioredis = loadIoredis(cwd);
  const { redis } = await import('../src/redis.ts');
  if (parsed.kind !== 'cluster') return redis({ client: clientFor(parsed, ioredis) });
  const client = await connectCluster(parsed, ioredis);
  const store = redis({ client });
  const closeStore = store.close.bind(store);
  return Object.assign(store, {
    async close() {
      await closeStore();
      client.disconnect();
    },
  });
}

/** It only lends its settings to the store's own connections, and connects to nothing itself. */
function clientFor({ kind, nodes, master, db, ...address }: RedisAddress, { Redis }: Ioredis): RedisClient {
  const access = accessOf(address);
  if (kind === 'single') return new Redis({ lazyConnect: true, ...access, ...nodes[0], db });
  const sentinelAccess = {
    sentinelUsername: address.username,
    sentinelPassword: address.password,
    enableTLSForSentinelMode: address.tls,
  };
  return new Redis({ lazyConnect: true, ...access, ...sentinelAccess, sentinels: nodes, name: master, db });
}

function accessOf({ username, password, tls }: Pick<RedisAddress, 'username' | 'password' | 'tls'>): object {
  return { username, password, ...(tls ? { tls: {} } : {}) };
}

/** A cluster's client must have found a node before it can lend anything. */
async function connectCluster({ nodes, ...address }: RedisAddress, { Cluster }: Ioredis): Promise<ClusterClient> {
  const client = new Cluster(nodes, {
    lazyConnect: true,
    clusterRetryStrategy: () => null,
    redisOptions: { ...accessOf(address), connectTimeout: CONNECT_TIMEOUT_MS },
  });
  let cause: unknown;
  client.on('error', (error) => {
    cause = error;
  });
  try {
    await client.connect();
    return client;
  } catch (error) {
    client.disconnect();
    const list = nodes.map(({ host, port }) => `${host}:${port}`).join(', ');
    throw storeError(`redis-cluster: no connection to any of ${list}: ${reasonOf(cause ?? error)}`, error);
  }
}

/** ioredis says `Failed to refresh slots cache.` and keeps why in `lastNodeError`. */
function reasonOf(error: unknown): string {
  const { message, lastNodeError } = error as Error & { lastNodeError?: Error };
  return faultOf(lastNodeError ?? new Error(message)).reason;
}

/** The user's own: of the project we are called in, or beside us. */
function loadIoredis(cwd: string): Ioredis {
  for (const from of [join(cwd, 'package.json'), import.meta.url]) {
    try {
      const fromThere = createRequire(from);
      return fromThere('ioredis') as Ioredis;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw new UsageError('--store redis://… needs the package ioredis, which is not installed here: npm install ioredis');
}
