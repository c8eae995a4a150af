import assert from 'node:assert/strict';
import { Redis } from 'ioredis';
import { freePort } from './free-port.ts';
import { type RedisServer, startRedis } from './redis-server.ts';

/** Three masters with a replica each, six processes. */
export interface RedisClusterServers {
  /** The masters, as they were made, then their replicas in the same order. */
  readonly servers: readonly RedisServer[];
  /** Resolves when all slots are served and every master has a replica that is up to date. */
  untilWell(): Promise<void>;
  stop(): Promise<void>;
}

const SETTINGS = [
  ['--cluster-enabled', 'yes'],
  ['--cluster-node-timeout', '1500'],
  ['--cluster-replica-validity-factor', '0'],
  ['--repl-diskless-sync-delay', '0'],
].flat();
const MASTERS = 3;
const SLOTS = 16_384;

/** Starts the six and joins them. */
export async function startCluster(): Promise<RedisClusterServers> {
  const servers = await Promise.all(Array.from({ length: 2 * MASTERS }, startNode));
  const clients = servers.map(({ port }) => new Redis(port));
  await join(clients, servers);
  const untilWell = async (): Promise<void> => {
    await Promise.all(clients.slice(MASTERS).map((replica) => until(replica, 'info', /master_link_status:up/)));
    await Promise.all(clients.map((client) => until(client, 'cluster', /cluster_state:ok/)));
  };
  await untilWell();
  return {
    servers,
    untilWell,
    async stop() {
      for (const client of clients) client.disconnect();
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

/** Another node may have been given the same port, for itself or for its bus. */
async function startNode(): Promise<RedisServer> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const port = await freePort();
    const server = await startRedis([...SETTINGS, '--cluster-port', String(await freePort())], port).catch(
      () => undefined,
    );
    if (server !== undefined) return server;
  }
  return assert.fail('no ports for a cluster node');
}

async function join(clients: readonly Redis[], servers: readonly RedisServer[]): Promise<void> {
  const [first, ...others] = clients;
  assert.ok(first !== undefined);
  for (const [index, client] of clients.slice(0, MASTERS).entries()) {
    const [from, to] = [index, index + 1].map((n) => Math.floor((n * SLOTS) / MASTERS));
    await client.call('CLUSTER', 'ADDSLOTSRANGE', String(from), String(Number(to) - 1));
  }
  const [firstServer] = servers;
  assert.ok(firstServer !== undefined);
  const bus = String(await first.config('GET', 'cluster-port')).split(',')[1] ?? '';
  for (const client of others) await client.call('CLUSTER', 'MEET', '127.0.0.1', String(firstServer.port), bus);
  for (const client of clients) await untilKnown(client, clients.length);
  for (const [index, replica] of clients.slice(MASTERS).entries()) {
    const id = await clients[index]?.call('CLUSTER', 'MYID');
    await replica.call('CLUSTER', 'REPLICATE', String(id));
  }
}

async function untilKnown(client: Redis, count: number): Promise<void> {
  await until(client, 'cluster', new RegExp(`cluster_known_nodes:${count}\\b`));
}

/** Asks until the answer fits: Redis has no way to be told. */
async function until(client: Redis, what: 'info' | 'cluster', pattern: RegExp): Promise<void> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const text = what === 'info' ? await client.info('replication') : String(await client.call('CLUSTER', 'INFO'));
    if (pattern.test(text)) return;
    assert.ok(performance.now() < deadline, `${pattern} did not come:\n${text}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
