import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { Redis } from 'ioredis';
import { span, start } from 'throughline';
import type { ExportResult, SpanRecord } from 'throughline/exporters';
import { type RedisTraces, redis } from 'throughline/redis';
import { evictionWarning } from '../../src/store/redis/eviction.ts';
import { faultOf } from '../../src/store/redis/fault.ts';
import { assertCounterLaw } from '../contract/checks/counter-law.ts';
import { runModule } from '../contract/suites/exporter.ts';
import { bareRecord } from '../contract/suites/sample-record.ts';
import { freePort } from '../support/free-port.ts';
import { type RedisServer, skipWithoutRedis, startRedis } from '../support/redis-server.ts';

const never: AbortSignal = new AbortController().signal;
const ACCEPTED: ExportResult = { outcome: 'accepted' };

/** FAULTS row 24: what Redis can do to us. Each time: a reason, no loss, and no wait beyond the deadline. */
describe('throughline/redis when Redis', { skip: skipWithoutRedis }, () => {
  it('is down: answers retry, and writes when it is back', async (t) => {
    const port = await freePort();
    const store = opened(t, port);
    const record = bareRecord();
    assertRetry(await store.export([record], never), /no connection to Redis: .*ECONNREFUSED/);
    await assert.rejects(store.search(), { code: 'ERR_THROUGHLINE_STORE', message: /ECONNREFUSED/ });
    await started(t, [], port);
    assert.deepEqual(await store.export([record], never), ACCEPTED);
    await holdsOnce(store, record);
  });

  it('dies under load: keeps every span, by the counter law, and each once', async (t) => {
    const port = await freePort();
    const settings = ['--appendonly', 'yes', '--appendfsync', 'always'];
    const first = await started(t, settings, port);
    const store = opened(t, port);
    const running = start({ service: 'shop', exporters: store });
    const traceIds: string[] = [];
    const makeSpans = (): void => {
      for (let n = 0; n < 600; n++) span('tick', { parent: null }, (s) => traceIds.push(s.traceId));
    };
    makeSpans();
    await running.flush(10_000);
    const stopped = once(first.process, 'close');
    first.process.kill('SIGTERM');
    makeSpans();
    await stopped;
    makeSpans();
    assertCounterLaw(running.stats());
    await started(t, settings, port);
    await running.flush(20_000);
    const stats = running.stats();
    assertCounterLaw(stats);
    assert.equal(stats.exported, 1800, JSON.stringify(stats));
    // The folder of the first went with it: what was acknowledged by the second is there.
    const kept = await Promise.all(traceIds.slice(1200).map((traceId) => store.trace(traceId)));
    assert.ok(kept.every((trace) => trace?.spans.length === 1));
    await running.shutdown();
  });

  it('is stopped: gives up at the deadline, and nothing is written twice', async (t) => {
    const server = await started(t);
    const store = opened(t, server.port);
    const [first, second] = [bareRecord(), bareRecord()];
    await store.append([first]);
    server.process.kill('SIGSTOP');
    const result = await store.export([second], AbortSignal.timeout(200));
    assertRetry(result, /no answer before the deadline/);
    const queued = store.export([second], AbortSignal.timeout(100));
    assertRetry(await queued, /deadline/);
    server.process.kill('SIGCONT');
    assert.deepEqual(await store.export([second], never), ACCEPTED);
    await holdsOnce(store, second);
    const [row] = await store.aggregate({ service: 'unknown_service' });
    assert.equal(row?.count, 2, 'what was sent again is counted once');
  });

  it('is out of memory: says maxmemory, and writes when there is room', async (t) => {
    const { store, admin } = await withServer(t);
    const record = bareRecord();
    await admin.config('SET', 'maxmemory', '1');
    assertRetry(await store.export([record], never), /has reached its maxmemory: .*\(OOM\)/);
    await admin.config('SET', 'maxmemory', '0');
    assert.deepEqual(await store.export([record], never), ACCEPTED);
    await holdsOnce(store, record);
  });

  it('became a replica: says so, and writes when the connection leads to a master', async (t) => {
    const { store, admin } = await withServer(t);
    const record = bareRecord();
    await store.append([bareRecord()]);
    await admin.replicaof('127.0.0.1', await freePort());
    assertRetry(await store.export([record], never), /is a replica: .*\(READONLY\)/);
    await admin.replicaof('NO', 'ONE');
    assert.deepEqual(await store.export([record], never), ACCEPTED);
    await holdsOnce(store, record);
  });

  it('is loading its data: says so', async (t) => {
    const { server, store, admin } = await withServer(t);
    await store.append(Array.from({ length: 200 }, () => bareRecord()));
    await admin.call('CONFIG', 'SET', 'key-load-delay', '5000', 'loading-process-events-interval-bytes', '1024');
    const reload = admin.call('DEBUG', 'RELOAD');
    // Redis answers others now and then while it loads.
    const other = new Redis(server.port, { enableReadyCheck: false });
    t.after(() => other.disconnect());
    while (!/loading:1/.test(await other.info('persistence'))) await new Promise(setImmediate);
    assertRetry(await store.export([bareRecord()], never), /loading its data .*\(LOADING\)/);
    await other.config('SET', 'key-load-delay', '0').catch(() => {});
    await reload;
    assert.deepEqual(await store.export([bareRecord()], never), ACCEPTED);
  });

  it('wants a password: says which, and does not print it', async (t) => {
    const { port } = await started(t, ['--requirepass', 's3cret']);
    assertRetry(await opened(t, port).export([bareRecord()], never), /wants a password.*\(NOAUTH\)/);
    const wrong = await opened(t, port, { password: 'wr0ng' }).export([bareRecord()], never);
    assertRetry(wrong, /refuses the password.*\(WRONGPASS\)/);
    assert.doesNotMatch(JSON.stringify(wrong), /wr0ng/);
    const right = opened(t, port, { password: 's3cret' });
    assert.deepEqual(await right.export([bareRecord()], never), ACCEPTED);
    assert.doesNotMatch(right.destination, /s3cret/);
  });

  it('does not let the user do it: names what to look up', async (t) => {
    const { server, admin } = await withServer(t);
    await admin.call('ACL', 'SETUSER', 'app', 'on', '>pw', '~app:*', '+@all');
    const store = opened(t, server.port, { username: 'app', password: 'pw' });
    assertRetry(await store.export([bareRecord()], never), /may not use a command or key .*\(NOPERM\)/);
  });

  it('is too old: refuses for good, and says what is needed', async (t) => {
    const { port } = await started(t, ['--rename-command', 'ZADD', '']);
    const result = await opened(t, port).export([bareRecord()], never);
    assert.equal(result.outcome, 'refused');
    assert.match('reason' in result ? result.reason : '', /Redis 6\.2 or later is needed: ERR unknown command/);
  });

  it('holds other types under our keys: names the key, and writes and reads the rest', async (t) => {
    const { store, admin } = await withServer(t);
    const [blocked, free] = [bareRecord(), bareRecord()];
    const key = `tl:t:{${blocked.traceId}}`;
    await admin.set(key, 'not ours');
    await admin.set('tl:svc', 'not ours');
    const result = await store.export([blocked, free], never);
    assert.equal(result.outcome, 'accepted');
    assert.equal('rejected' in result ? result.rejected : 0, 1);
    assert.match('message' in result ? String(result.message) : '', /another type of value.*\(WRONGTYPE\)/);
    await holdsOnce(store, free);
    assert.equal(await store.trace(blocked.traceId), undefined);
    assert.deepEqual(await store.services(), []);
    assert.deepEqual(
      store.problems().first.map((problem) => problem.where),
      [key, 'tl:svc'],
    );
    assert.match(store.problems().first[0]?.message ?? '', /to mend, look at it with TYPE/);
  });

  it('holds damaged and foreign chunks and counters: names the key, and reads the rest', async (t) => {
    const { store, admin } = await withServer(t);
    const record = bareRecord({ resource: { attributes: { 'service.name': 'shop' } } });
    await store.append([record]);
    const key = `tl:t:{${record.traceId}}`;
    const whole = await admin.lindexBuffer(key, 0);
    for (const bytes of ['', '\x01', '\x01junk', '\x07new', 'text'])
      await admin.rpush(key, Buffer.from(bytes, 'latin1'));
    for (let cut = 2; cut < (whole?.length ?? 0); cut += 13) await admin.rpush(key, whole?.subarray(0, cut) ?? '');
    await holdsOnce(store, record);
    const [counters = ''] = (await admin.keys('tl:r:*')) as string[];
    await admin.hset(counters, 'foreign', '12');
    assert.equal((await store.aggregate())[0]?.count, 1);
    assert.deepEqual(
      store.problems().first.map((problem) => problem.where),
      [key, counters],
    );
  });

  it('has a replica that is silent: writes again, counts and shows each span once', async (t) => {
    const { server, store, admin } = await withServer(t);
    const replica = await started(t, [
      '--replicaof',
      '127.0.0.1',
      String(server.port),
      '--repl-diskless-sync-delay',
      '0',
    ]);
    await untilReplicas(admin, 1);
    const records = [bareRecord(), bareRecord()] as const;
    while (!isAccepted(await store.export([records[0]], never)));
    replica.process.kill('SIGSTOP');
    assertRetry(await store.export([records[1]], never), /no replica has confirmed/);
    await replica.kill();
    await untilReplicas(admin, 0);
    assert.deepEqual(await store.export([records[1]], never), ACCEPTED);
    for (const record of records) await holdsOnce(store, record);
    assert.equal((await store.aggregate())[0]?.count, 2);
  });

  it('would evict keys of the app: says one line at the start', async (t) => {
    const { server, admin } = await withServer(t);
    await admin.config('SET', 'maxmemory', '100mb', 'maxmemory-policy', 'allkeys-lru');
    const { stderr, code } = await runModule(`
      import { Redis } from 'ioredis';
      import { redis } from 'throughline/redis';
      const client = new Redis(${server.port});
      const record = ${JSON.stringify(bareRecord())};
      for (let n = 0; n < 3; n++) await redis({ client }).export([record], new AbortController().signal);
      client.disconnect();
    `);
    assert.equal(code, 0);
    const expected = `throughline: redis://127.0.0.1:${server.port} has maxmemory-policy allkeys-lru: when it is full, spans drive out keys of your app; use volatile-ttl, or a Redis of its own for traces\n`;
    assert.equal(stderr.replace('localhost', '127.0.0.1'), expected);
  });
});

describe('the line about eviction', () => {
  const cases: [policy: string, limit: number, line: RegExp | undefined][] = [
    ['noeviction', 0, undefined],
    ['allkeys-lfu', 0, undefined],
    ['allkeys-random', 1, /allkeys-random: when it is full, spans drive out keys of your app/],
    ['noeviction', 1, /noeviction: when spans have filled it, writes of your app fail too/],
    ['volatile-ttl', 1, undefined],
  ];
  for (const [policy, limit, line] of cases) {
    it(`is ${line === undefined ? 'not said' : 'said'} of ${policy} with a limit of ${limit}`, () => {
      const said = evictionWarning(`maxmemory:${limit}\r\nmaxmemory_policy:${policy}\r\n`, 'redis://a:1');
      if (line === undefined) assert.equal(said, undefined);
      else assert.match(said ?? '', line);
    });
  }
});

describe('an error of Redis', () => {
  const errors: [message: string, kind: string][] = [
    ['MOVED 12 10.0.0.1:6379', 'moved'],
    ['ASK 12 10.0.0.1:6379', 'ask'],
    ['MOVED __proto__ x', 'busy'],
    ['CLUSTERDOWN The cluster is down', 'busy'],
    ['Connection is closed.', 'down'],
    ['connect ETIMEDOUT', 'down'],
    ['All sentinels are unreachable. Retrying', 'down'],
    ['constructor', 'busy'],
    ['ERR syntax error', 'unable'],
    ['', 'busy'],
  ];
  for (const [message, kind] of errors) {
    it(`"${message}" is ${kind}`, () => {
      const fault = faultOf(new Error(message));
      assert.equal(fault.kind, kind);
      assert.match(fault.reason, /^[\x20-\x7e]{5,260}$/);
    });
  }
});

/** Until the server itself counts so many: it hears of one that has died when it next looks. */
async function untilReplicas(admin: Redis, count: number): Promise<void> {
  while (((await admin.role()) as unknown as [string, number, unknown[]])[2].length !== count) {
    await new Promise(setImmediate);
  }
}

/** On a busy machine a replica may need longer than the second that a write waits for it: it is written again then. */
function isAccepted(result: ExportResult): boolean {
  if (result.outcome !== 'accepted') assertRetry(result, /no replica has confirmed/);
  return result.outcome === 'accepted';
}

function assertRetry(result: ExportResult, reason: RegExp): void {
  assert.equal(result.outcome, 'retry', JSON.stringify(result));
  assert.match('reason' in result ? result.reason : '', reason);
}

async function holdsOnce(store: RedisTraces, record: SpanRecord): Promise<void> {
  assert.deepEqual((await store.trace(record.traceId))?.spans, [record]);
}

async function started(t: TestContext, settings: readonly string[] = [], port?: number): Promise<RedisServer> {
  const server = await startRedis(['--enable-debug-command', 'yes', ...settings], port);
  t.after(() => server.stop());
  return server;
}

function opened(t: TestContext, port: number, options: { username?: string; password?: string } = {}): RedisTraces {
  const client = new Redis({ port, lazyConnect: true, ...options });
  const store = redis({ client });
  t.after(() => store.close());
  return store;
}

async function withServer(t: TestContext) {
  const server = await started(t);
  const admin = new Redis(server.port);
  t.after(() => admin.disconnect());
  return { server, admin, store: opened(t, server.port) };
}
