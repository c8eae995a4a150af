import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { call } from '../cli/call.ts';
import { freePort } from '../support/free-port.ts';
import { launch, skipWithoutRedis, startRedis } from '../support/redis-server.ts';
import { surviveFailover } from './failover.ts';

describe('throughline/redis behind a sentinel', { skip: skipWithoutRedis }, () => {
  it('loses nothing when the master dies under 500 spans a second', async (t) => {
    const master = await startRedis(['--repl-diskless-sync-delay', '0']);
    const replica = await startRedis(['--replicaof', '127.0.0.1', String(master.port)]);
    const sentinel = await startSentinel(master.port);
    t.after(() => Promise.all([master, replica, sentinel].map((server) => server.stop())));
    await untilReplicated(master.port);
    const client = new Redis({ sentinels: [{ host: '127.0.0.1', port: sentinel.port }], name: 'traces' });
    t.after(() => client.disconnect());
    await surviveFailover(t, client, [master, replica], 1200);
    // The command finds the new master by the same sentinel.
    const { status, err } = await call([
      'ls',
      '--expect',
      'some',
      '--store',
      `redis-sentinel://127.0.0.1:${sentinel.port}/traces`,
    ]);
    assert.equal(status, 0, err);
  });
});

/** One is enough here: it decides alone. It knows the replica once it has asked the master. */
async function startSentinel(masterPort: number) {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'throughline-sentinel-'));
  const config = join(folder, 'sentinel.conf');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor traces 127.0.0.1 ${masterPort} 1`,
    'sentinel down-after-milliseconds traces 500',
    'sentinel failover-timeout traces 3000',
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  return launch(port, folder, [config, '--sentinel'], /\+slave slave /);
}

async function untilReplicated(port: number): Promise<void> {
  const client = new Redis(port);
  const deadline = performance.now() + 20_000;
  while (!/slave0:.*state=online/.test(await client.info('replication'))) {
    assert.ok(performance.now() < deadline, 'the replica did not come up');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  client.disconnect();
}
