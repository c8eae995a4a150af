import { after, before, describe, it } from 'node:test';
import { Cluster } from 'ioredis';
import { type RedisClusterServers, startCluster } from '../support/redis-cluster.ts';
import { surviveFailover } from './failover.ts';

/**
 * The long part, by `npm run soak:redis` (not picked up by `npm test`): as cluster.test.ts, three times, each with a fresh cluster
 * and half a minute of spans around the kill.
 */
const ROUNDS = 3;
const AROUND_MS = 20_000;

for (let round = 1; round <= ROUNDS; round++) {
  describe(`a cluster, round ${round}`, () => {
    let nodes: RedisClusterServers;
    let client: Cluster;

    before(async () => {
      nodes = await startCluster();
      client = new Cluster(nodes.servers.slice(1, 3).map(({ port }) => ({ host: '127.0.0.1', port })));
      await client.ping();
    });

    after(async () => {
      client.disconnect();
      await nodes.stop();
    });

    it('loses nothing when a master dies under 500 spans a second', async (t) => {
      await surviveFailover(t, client, nodes.servers, AROUND_MS);
    });
  });
}
