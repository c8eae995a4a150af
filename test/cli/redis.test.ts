import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { buildTraces, type Report, report } from 'throughline/analysis';
import { redis } from 'throughline/redis';
import { memoryStore, readTraces, type SpanStore } from 'throughline/store';
import { exampleTraces } from '../analysis/example-traces.ts';
import { runNode } from '../support/child-process.ts';
import { freePort } from '../support/free-port.ts';
import { type RedisServer, skipWithoutRedis, startRedis } from '../support/redis-server.ts';
import { repositoryRoot } from '../support/repository.ts';
import { call, folderFor, folderWith, writeSpans } from './call.ts';
import { CART, FAILED, ORDER, SAMPLE } from './sample.ts';

const EXAMPLE = join(repositoryRoot, 'dist', 'examples', 'three-services', 'main.js');

describe('throughline over Redis', { skip: skipWithoutRedis }, () => {
  let server: RedisServer;
  let client: Redis;
  let address: string;

  before(async () => {
    server = await startRedis();
    client = new Redis(server.port);
    address = `redis://127.0.0.1:${server.port}`;
  });
  after(async () => {
    client.disconnect();
    await server.stop();
  });

  async function filled(spans: Parameters<SpanStore['append']>[0]): Promise<void> {
    await client.flushall();
    const store = redis({ client });
    await store.append(spans);
    await store.close();
  }

  it('gives the same report from memory, a file and Redis', async (t) => {
    const spans = exampleTraces();
    await filled(spans);
    const cwd = await folderWith(t, spans);
    const memory = memoryStore();
    await memory.append(spans);
    const kept = [];
    for await (const trace of readTraces(memory)) kept.push(...trace.spans);
    const fromMemory = report(buildTraces(kept));
    const [fromFile, fromRedis] = await Promise.all(
      ['spans.jsonl', address].map(async (store) => {
        const { status, out, err } = await call(['report', '--json', '--store', store], { cwd });
        assert.deepEqual([status, err], [0, '']);
        return JSON.parse(out) as Report;
      }),
    );
    assert.deepEqual(fromFile, JSON.parse(JSON.stringify(fromMemory)));
    assert.deepEqual(fromRedis, fromFile);
    assert.deepEqual(
      fromMemory.findings.map(({ kind }) => kind),
      ['straggler', 'retry-storm', 'sequential', 'error-root-cause'],
    );
  });

  it('lists, shows, compares and exports, the database of the address among many', async (t) => {
    await filled(SAMPLE);
    const cwd = folderFor(t);
    const env = { THROUGHLINE_STORE: `${address}/0` };
    const listed = await call(['ls', '--json'], { cwd, env });
    assert.deepEqual(
      (JSON.parse(listed.out) as { traces: { traceId: string }[] }).traces.map(({ traceId }) => traceId),
      [FAILED, ORDER, CART],
    );
    assert.match((await call(['show', 'slowest'], { cwd, env })).out, new RegExp(`trace ${ORDER}`));
    assert.match((await call(['show', 'a1a1'], { cwd, env })).out, new RegExp(`trace ${CART}`));
    await writeSpans(join(cwd, 'before.jsonl'), SAMPLE);
    assert.match(
      (await call(['diff', 'before.jsonl', address], { cwd })).out,
      /\(=\) · 3 traces before, 3 traces after/,
    );
    assert.match((await call(['export', '--all', '-o', 'all.jsonl'], { cwd, env })).err, /^3 traces, 11 spans written/);
    assert.equal((await call(['ls', '--store', `${address}/1`], { cwd })).err, 'throughline: no traces found\n');
  });

  it('says which key holds something else, and reads the rest', async (t) => {
    await filled(SAMPLE);
    await client.set(`tl:t:{${ORDER}}`, 'mine');
    const { status, out, err } = await call(['report', '--json', '--store', address], { cwd: folderFor(t) });
    assert.equal(status, 0);
    assert.equal((JSON.parse(out) as Report).traces, 2);
    assert.equal(err.trimEnd().split('\n').length, 1);
    assert.match(err, new RegExp(`^throughline: tl:t:\\{${ORDER}\\} `));
  });

  it('ends with 3 and the cause when there is no Redis', async (t) => {
    const nowhere = `redis://:secret@127.0.0.1:${await freePort()}`;
    const called = await call(['ls', '--store', nowhere], { cwd: folderFor(t) });
    assert.equal(called.status, 3);
    assert.match(called.err, /^throughline: redis:\/\/127\.0\.0\.1:\d+: no connection to Redis: .*ECONNREFUSED/);
    assert.doesNotMatch(called.err, /secret/);
  });

  it('reports on what the example has kept there', async (t) => {
    await client.flushall();
    const { status, stdout, stderr } = await runNode([EXAMPLE, '--once', '--store', address], { timeoutMs: 30_000 });
    assert.equal(status, 0, stderr);
    assert.ok(stdout.includes(`npx throughline report --store ${address}`), stdout);
    const { out } = await call(['report', '--json', '--store', address], { cwd: folderFor(t) });
    const { traces, spans, findings } = JSON.parse(out) as Report;
    assert.deepEqual([traces, spans], [3, 35]);
    const kinds = findings.map(({ kind }) => kind);
    for (const kind of ['retry-storm', 'error-root-cause']) assert.ok(kinds.includes(kind as never), `${kinds}`);
  });
});
