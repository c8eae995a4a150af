import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { Redis } from 'ioredis';
import { span, start, type Throughline } from 'throughline';
import { type RedisClient, redis } from 'throughline/redis';
import { assertCounterLaw } from '../contract/checks/counter-law.ts';
import type { RedisServer } from '../support/redis-server.ts';

const TICK_MS = 20;
const SPANS_A_TICK = 10;
/** All at once would be 14,000 questions that wait for one another in the long runs. */
const READ_AT_ONCE = 500;
/** A failover of these settings takes 2 to 5 s; a machine that is busy takes longer. */
const LONGEST_MS = 45_000;

/** The cost of a failover, in milliseconds from the kill. */
interface Failover {
  /** Until a survivor said that the cluster is well. */
  readonly wellMs: number;
  /** Until spans were acknowledged again. */
  readonly flowingMs: number;
}

/**
 * Makes 500 spans a second through the whole pipeline, kills the first server after `beforeMs`, goes on until spans flow
 * again and as long, and holds Redis to every span that ended.
 */
export async function surviveFailover(
  t: TestContext,
  client: RedisClient,
  [victim, ...survivors]: readonly RedisServer[],
  beforeMs: number,
): Promise<void> {
  assert.ok(victim !== undefined);
  const store = redis({ client, index: ['test.sequence'] });
  const running = start({ service: 'failover', exporters: store });
  const traceIds = new Set<string>();
  const makeSpans = setInterval(() => {
    for (let n = 0; n < SPANS_A_TICK; n++) {
      span('tick', { parent: null }, (s) => traceIds.add(s.traceId));
    }
  }, TICK_MS);
  try {
    await pause(beforeMs);
    assert.ok(running.stats().exported > 0, 'spans flow before the kill');
    const { wellMs, flowingMs } = await killAndWait(running, victim, survivors);
    t.diagnostic(`the servers were well ${wellMs} ms after the kill, spans flowed after ${flowingMs} ms`);
    await pause(beforeMs / 2);
  } finally {
    clearInterval(makeSpans);
  }
  await running.flush(LONGEST_MS);
  const stats = running.stats();
  assertCounterLaw(stats);
  assert.equal(stats.exported, traceIds.size, JSON.stringify(stats));
  const lost: string[] = [];
  const ids = [...traceIds];
  for (let at = 0; at < ids.length; at += READ_AT_ONCE) {
    const some = ids.slice(at, at + READ_AT_ONCE);
    const traces = await Promise.all(some.map((traceId) => store.trace(traceId)));
    lost.push(...some.filter((_, index) => traces[index]?.spans.length !== 1));
  }
  assert.deepEqual(lost, []);
  t.diagnostic(`${traceIds.size} spans ended, ${traceIds.size} are in Redis`);
  await running.shutdown();
}

async function killAndWait(
  running: Throughline,
  victim: RedisServer,
  survivors: readonly RedisServer[],
): Promise<Failover> {
  const killed = performance.now();
  const isWell = survivorsAreWell(survivors);
  await victim.kill();
  let wellMs: number | undefined;
  let flowingMs: number | undefined;
  await pause(TICK_MS); // what had been acknowledged is counted now
  const before = running.stats().exported;
  while (wellMs === undefined || flowingMs === undefined) {
    const elapsed = Math.round(performance.now() - killed);
    assert.ok(elapsed < LONGEST_MS, `no recovery: well ${wellMs}, ${JSON.stringify(running.stats())}`);
    wellMs ??= (await isWell()) ? elapsed : undefined;
    if (running.stats().exported > before) flowingMs ??= elapsed;
    await pause(TICK_MS);
  }
  return { wellMs, flowingMs };
}

/** Sentinel ends all connections of the server it promotes, so ours come again. Whether as many masters serve all slots as before; of servers without a cluster, whether one became master. */
function survivorsAreWell(survivors: readonly RedisServer[]): () => Promise<boolean> {
  const clients = survivors.map(({ port }) => new Redis(port, { retryStrategy: () => 50 }));
  for (const client of clients) client.on('error', () => {});
  return async () => {
    const roles = await Promise.all(clients.map((client) => client.role().catch(() => ['down'])));
    const masters = roles.filter(([role]) => role === 'master').length;
    const isWell = masters === Math.max(1, Math.ceil(survivors.length / 2));
    if (isWell) for (const client of clients) client.disconnect();
    return isWell;
  };
}

/** The test makes a rate of spans and watches real servers: here time is what is tested. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
