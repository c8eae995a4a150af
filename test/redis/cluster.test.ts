import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { Cluster, Redis } from 'ioredis';
import { redis } from 'throughline/redis';
import { slotOf } from '../../src/store/redis/slot.ts';
import { call } from '../cli/call.ts';
import { bareRecord } from '../contract/suites/sample-record.ts';
import { storeContract } from '../contract/suites/store.ts';
import { type RedisClusterServers, startCluster } from '../support/redis-cluster.ts';
import { type RedisServer, skipWithoutRedis } from '../support/redis-server.ts';
import { surviveFailover } from './failover.ts';

const never: AbortSignal = new AbortController().signal;

describe('throughline/redis on a cluster', { skip: skipWithoutRedis }, () => {
  let nodes: RedisClusterServers;
  let client: Cluster;

  before(async () => {
    nodes = await startCluster();
    client = new Cluster(nodes.servers.slice(0, 2).map(({ port }) => ({ host: '127.0.0.1', port })));
    await client.ping();
  });

  after(async () => {
    client.disconnect();
    await nodes.stop();
  });

  storeContract('redis() on a cluster', async (t) => {
    await Promise.all(client.nodes('master').map((node) => node.flushall()));
    const store = redis({ client });
    const second = redis({ client });
    t.after(() => Promise.all([store.close(), second.close()]));
    return { store, reopen: async () => second };
  });

  it('finds the slot of a key as the server does', async () => {
    const [node] = client.nodes('master');
    for (const key of ['', 'a', 'tl:t:{0af7651916cd43dd8448eb211c80319c}', '{}x', 'a{b}c{d}', '{a', 'é{ü}', '{a}b}']) {
      assert.equal(slotOf(key), await node?.cluster('KEYSLOT', key), key);
    }
  });

  it('is read by the command, which is told some of the nodes', async (t) => {
    const store = redis({ client });
    t.after(() => store.close());
    const record = bareRecord({ name: 'GET /cart' });
    await store.append([record]);
    const ports = nodes.servers.slice(0, 2).map(({ port }) => port);
    const show = (address: string) => call(['show', record.traceId, '--store', address]);
    const found = await show(`redis-cluster://127.0.0.1:1,127.0.0.1:${ports.join(',127.0.0.1:')}`);
    assert.equal(found.status, 0, found.err);
    assert.match(found.out, /GET \/cart/);
    const nowhere = await show('redis-cluster://127.0.0.1:1');
    assert.equal(nowhere.status, 3);
    assert.match(nowhere.err, /redis-cluster: no connection to any of 127\.0\.0\.1:1: /);
    const single = await Promise.all(ports.map((port) => show(`redis://127.0.0.1:${port}`)));
    assert.ok(single.some(({ err }) => err.includes('a cluster is named by redis-cluster://')));
  });

  it('follows a slot that is on its way to another node, and one that has gone there', async (t) => {
    const store = redis({ client });
    t.after(() => store.close());
    await store.append([bareRecord()]); // it knows the map
    const masters = mastersOf(t, nodes.servers);
    const record = bareRecord();
    const slot = slotOf(`{${record.traceId}}`);
    const { from, to } = await ownerFirst(masters, slot);
    const [fromId, toId] = [String(await from.call('CLUSTER', 'MYID')), String(await to.call('CLUSTER', 'MYID'))];
    await to.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
    await from.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
    assert.deepEqual(await store.export([record], never), { outcome: 'accepted' });
    assert.equal(await to.call('CLUSTER', 'COUNTKEYSINSLOT', slot), 1);
    assert.deepEqual((await store.trace(record.traceId))?.spans, [record]);

    for (const node of [to, from]) await node.call('CLUSTER', 'SETSLOT', slot, 'NODE', toId);
    const later = bareRecord({ traceId: record.traceId, startTimeMs: record.startTimeMs + 1 });
    assert.deepEqual(await store.export([later], never), { outcome: 'accepted' });
    assert.deepEqual((await store.trace(record.traceId))?.spans, [record, later]);
  });

  it('loses nothing when a master dies under 500 spans a second', async (t) => {
    await nodes.untilWell();
    await surviveFailover(t, client, nodes.servers, 1200);
  });
});

function mastersOf(t: TestContext, servers: readonly RedisServer[]): [Redis, Redis, Redis] {
  const clients = servers.slice(0, 3).map(({ port }) => new Redis(port));
  t.after(() => {
    for (const one of clients) one.disconnect();
  });
  return clients as [Redis, Redis, Redis];
}

/** The node that has the slot, and one that has not. */
async function ownerFirst(masters: readonly [Redis, Redis, Redis], slot: number): Promise<{ from: Redis; to: Redis }> {
  const ranges = (await masters[0].call('CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
  const owner = ranges.find(([first, last]) => first <= slot && slot <= last)?.[2]?.[1];
  const from = masters.find(({ options }) => options.port === owner);
  const to = masters.find((master) => master !== from);
  assert.ok(from !== undefined && to !== undefined, `nobody has slot ${slot}`);
  return { from, to };
}
