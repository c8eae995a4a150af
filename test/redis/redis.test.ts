import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { Redis } from 'ioredis';
import { redis } from 'throughline/redis';
import { exporterContract } from '../contract/suites/exporter.ts';
import { bareRecord, sampleRecord } from '../contract/suites/sample-record.ts';
import { storeContract } from '../contract/suites/store.ts';
import { runNode } from '../support/child-process.ts';
import { freePort } from '../support/free-port.ts';
import { demandRedisInCi, type RedisServer, skipWithoutRedis, startRedis } from '../support/redis-server.ts';
import { readManifest, repositoryRoot } from '../support/repository.ts';
import { selfSigned } from '../support/self-signed.ts';

demandRedisInCi();

describe('throughline/redis', { skip: skipWithoutRedis }, () => {
  let server: RedisServer;
  let client: Redis;

  before(async () => {
    server = await startRedis();
    client = new Redis(server.port, { keyPrefix: 'app:' });
  });

  after(async () => {
    client.disconnect();
    await server.stop();
  });

  storeContract('redis()', async (t) => {
    await client.flushall();
    const store = redis({ client });
    const second = redis({ client });
    t.after(() => Promise.all([store.close(), second.close()]));
    return { store, reopen: async () => second };
  });

  storeContract('redis({ index })', async (t) => {
    await client.flushall();
    const index = ['http.response.status_code', 'app.cached', 'app.tags', 'service.name', 'toString', ''];
    const store = redis({ client, index: index.filter(Boolean), ttl: '1h' });
    t.after(() => store.close());
    return { store };
  });

  exporterContract('redis()', async (t) => {
    await client.flushall();
    const exporter = redis({ client });
    const nowhere = new Redis(await freePort(), { lazyConnect: true });
    const failing = redis({ client: nowhere });
    t.after(() => Promise.all([exporter.close(), failing.close()]));
    return {
      exporter,
      failing,
      readBack: () => readBack(client),
      program: `
        import { Redis } from 'ioredis';
        import { redis } from 'throughline/redis';
        const client = new Redis(${server.port});
        const exporter = redis({ client });
        const result = await exporter.export([${JSON.stringify(sampleRecord())}], new AbortController().signal);
        client.disconnect();
        if (result.outcome !== 'accepted') throw new Error(result.reason);
      `,
    };
  });

  it('leaves no key without an expiry', async () => {
    await client.flushall();
    const store = redis({ client, ttl: '90s', index: ['app.cached'] });
    await store.append([sampleRecord(), bareRecord(), sampleRecord({ status: { code: 'ok' } })]);
    const direct = client.duplicate({ keyPrefix: '' });
    const keys = await direct.keys('*');
    assert.ok(keys.length >= 12, keys.join(' '));
    for (const key of keys) {
      const ttl = await direct.ttl(key);
      assert.ok(key.startsWith('tl:') && ttl > 0 && ttl <= 90, `${key} expires in ${ttl}`);
    }
    direct.disconnect();
    await store.close();
  });
});

describe('throughline/redis over TLS', { skip: skipWithoutRedis }, () => {
  it('writes and reads, also by the command, and says why where the certificate is not trusted', async (t) => {
    const { client, port, certificateFile } = await overTls(t);
    const store = redis({ client });
    t.after(() => store.close());
    const record = sampleRecord();
    assert.deepEqual(await store.export([record], never), { outcome: 'accepted' });
    assert.deepEqual((await store.trace(record.traceId))?.spans, [record]);

    const distrustful = redis({ client: new Redis({ port, tls: {}, lazyConnect: true }) });
    t.after(() => distrustful.close());
    const refused = await distrustful.export([record], never);
    assert.equal(refused.outcome, 'retry');
    assert.match(refused.reason, /self-signed certificate/);

    const command = join(repositoryRoot, readManifest().bin.throughline);
    const args = [command, 'show', record.traceId, '--json', '--store', `rediss://127.0.0.1:${port}`];
    const { status, stdout } = await runNode(args, { variables: { NODE_EXTRA_CA_CERTS: certificateFile } });
    assert.equal(status, 0);
    assert.match(stdout, new RegExp(record.spanId));
  });
});

const never: AbortSignal = new AbortController().signal;

/** A server that speaks TLS, and an app's client that trusts it. */
async function overTls(t: TestContext) {
  const { cert, key } = selfSigned('redis');
  const folder = mkdtempSync(join(tmpdir(), 'throughline-redis-tls-'));
  const [certificateFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  writeFileSync(certificateFile, cert);
  writeFileSync(keyFile, key);
  const port = await freePort();
  const files = ['--tls-cert-file', certificateFile, '--tls-key-file', keyFile, '--tls-ca-cert-file', certificateFile];
  const server = await startRedis(['--tls-port', String(port), '--tls-auth-clients', 'no', ...files]);
  const client = new Redis({ port, tls: { ca: cert }, lazyConnect: true });
  t.after(async () => {
    client.disconnect();
    await server.stop();
    rmSync(folder, { recursive: true });
  });
  return { client, port, certificateFile };
}

/** The content of Redis, in the order it came. */
async function readBack(client: Redis) {
  const reader = redis({ client });
  const direct = client.duplicate({ keyPrefix: '' });
  const entries = await direct.xrangeBuffer('tl:live', '-', '+');
  const ids: string[] = [];
  for (const [, fields] of entries) {
    const places = fields[1] ?? Buffer.alloc(0);
    for (let at = 0; at < places.length; at += 20) ids.push(places.toString('hex', at, at + 16));
  }
  const traces = await Promise.all(ids.map((id) => reader.trace(id)));
  direct.disconnect();
  await reader.close();
  return traces.flatMap((trace) => trace?.spans ?? []);
}
