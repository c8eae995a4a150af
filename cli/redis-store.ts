import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { RedisClient } from '../src/store/redis-client.ts';
import type { SpanStore } from '../src/store/span-store.ts';
import { UsageError } from './exit-code.ts';
import { parseRedisAddress, type RedisAddress } from './redis-address.ts';

/** What we need of the package ioredis. */
interface Ioredis {
  readonly Redis: new (options: object) => RedisClient;
  readonly Cluster: new (nodes: readonly object[], options: object) => RedisClient;
}

/** A store over the Redis at an address. Nothing is connected before it is asked something. */
export async function openRedis(address: string, cwd: string): Promise<SpanStore> {
  const parsed = parseRedisAddress(address);
  const client = clientFor(parsed, loadIoredis(cwd));
  const { redis } = await import('../src/redis.ts');
  return redis({ client });
}

function clientFor(
  { kind, nodes, username, password, tls, db, master }: RedisAddress,
  { Redis, Cluster }: Ioredis,
): RedisClient {
  const access = { username, password, ...(tls ? { tls: {} } : {}) };
  // It only lends its settings to the store's own connections.
  const idle = { lazyConnect: true };
  if (kind === 'cluster') return new Cluster(nodes, { ...idle, redisOptions: access });
  if (kind === 'sentinel') {
    const sentinelAccess = { sentinelUsername: username, sentinelPassword: password, enableTLSForSentinelMode: tls };
    return new Redis({ ...idle, ...access, ...sentinelAccess, sentinels: nodes, name: master, db });
  }
  return new Redis({ ...idle, ...access, ...nodes[0], db });
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
