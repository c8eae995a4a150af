import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Redis } from 'ioredis';
import { outputOfNode } from '../support/child-process.ts';
import { skipWithoutRedis, startRedis } from '../support/redis-server.ts';

it('examples/redis-report names the loop and the failure from Redis', { skip: skipWithoutRedis }, async (t) => {
  const server = await startRedis();
  t.after(() => server.stop());
  const output = await outputOfNode(['dist/examples/redis-report/main.js', `redis://127.0.0.1:${server.port}`]);
  assert.match(output, /^orders POST \/orders: 6 calls, 2 errors, p95 \d+ ms$/m);
  assert.match(output, /^orders select item: 36 calls, 0 errors/m);
  assert.match(output, /^n-plus-one: .* calls select item 6 times.* \[trace [0-9a-f]{32}, and \d more\]$/m);
  assert.match(output, /^error-root-cause: .*card declined/m);
  const client = new Redis(server.port);
  assert.equal((await client.keys('tl:t:*')).length, 6);
  client.disconnect();
});
