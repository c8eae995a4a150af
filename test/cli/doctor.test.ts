import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { collector } from 'throughline/test';
import { runNode } from '../support/child-process.ts';
import { readManifest, repositoryRoot } from '../support/repository.ts';
import { flawsOf } from '../terminal/drawings.ts';
import { folderFor, folderWith } from './call.ts';
import { SAMPLE } from './sample.ts';

const MAIN = join(repositoryRoot, readManifest().bin.throughline);

interface Checks {
  readonly ok: boolean;
  readonly checks: readonly { readonly name: string; readonly state: string; readonly message: string }[];
}

async function doctor(
  cwd: string,
  variables: NodeJS.ProcessEnv,
  ...args: string[]
): Promise<Checks & { status: number | null }> {
  const { status, stdout, stderr } = await runNode([MAIN, 'doctor', '--json', ...args], { cwd, variables });
  assert.equal(stderr, '');
  return { status, ...(JSON.parse(stdout) as Checks) };
}

function stateOf({ checks }: Checks, name: string): string | undefined {
  return checks.find((check) => check.name === name)?.state;
}

function messageOf({ checks }: Checks, name: string): string {
  return checks.find((check) => check.name === name)?.message ?? '';
}

describe('throughline doctor', { concurrency: 3 }, () => {
  it('finds nothing wrong when the collector answers and the store can be read, and sends no span', async (t) => {
    const backend = await collector();
    t.after(() => backend.close());
    const found = await doctor(await folderWith(t, SAMPLE), { OTEL_EXPORTER_OTLP_ENDPOINT: backend.url });
    assert.equal(found.status, 0);
    assert.equal(found.ok, true);
    for (const name of ['environment', 'endpoint', 'propagation', 'clock', 'store'])
      assert.equal(stateOf(found, name), 'ok', name);
    assert.match(messageOf(found, 'store'), /has traces of 2 services, the last one of 2027-01-15T08:00:02Z/);
    assert.equal(backend.spans.length, 0);
  });

  it('ends with 1 and names the cause when the collector does not answer', async (t) => {
    const found = await doctor(folderFor(t), { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
    assert.equal(found.status, 1);
    assert.match(messageOf(found, 'endpoint'), /http:\/\/127\.0\.0\.1:9\/v1\/traces cannot be reached.*ECONNREFUSED/);
    assert.match(messageOf(found, 'store'), /none is named/);
  });

  it('passes who keeps spans in a store that was named and is fresh, and has no collector', async (t) => {
    const cwd = await folderWith(t, SAMPLE); // its traces are of a day to come
    const [named, unnamed, asked] = await Promise.all([
      doctor(cwd, { THROUGHLINE_STORE: 'spans.jsonl' }),
      doctor(cwd, {}),
      doctor(cwd, { THROUGHLINE_STORE: 'spans.jsonl', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }),
    ]);
    assert.deepEqual(
      [named, unnamed, asked].map((found) => [found.status, stateOf(found, 'endpoint')]),
      [
        [0, 'warning'],
        [1, 'error'],
        [1, 'error'],
      ],
    );
    assert.match(messageOf(named, 'endpoint'), /4318.*None was named, and the store has spans of today/);
  });

  it('shows the variables it sees, never what is secret in them', async (t) => {
    const variables = {
      OTEL_SERVICE_NAME: 'shop',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=hunter2',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://me:hunter2@127.0.0.1:9',
      THROUGHLINE_STORE: 'redis://:hunter2@127.0.0.1:1',
    };
    const { status, stdout, stderr } = await runNode([MAIN, 'doctor'], { cwd: folderFor(t), variables });
    assert.equal(status, 1);
    assert.match(stdout, /OTEL_SERVICE_NAME=shop/);
    assert.match(stdout, /^✗ store +redis:\/\/127\.0\.0\.1:1: no connection to Redis/m);
    assert.doesNotMatch(stdout + stderr, /hunter2/);
  });

  it('marks a store that can be read only in part, is empty, or is not there', async (t) => {
    const cwd = await folderWith(t, SAMPLE);
    appendFileSync(join(cwd, 'spans.jsonl'), 'INFO started\n');
    appendFileSync(join(cwd, 'empty.jsonl'), '');
    const none = { OTEL_TRACES_EXPORTER: 'none' };
    const [partly, empty, gone] = await Promise.all([
      doctor(cwd, none),
      doctor(cwd, none, '--store', 'empty.jsonl'),
      doctor(cwd, none, '--store', 'gone.jsonl'),
    ]);
    assert.deepEqual(
      [partly, empty, gone].map((found) => stateOf(found, 'store')),
      ['warning', 'warning', 'error'],
    );
    assert.deepEqual(
      [partly, empty, gone].map(({ status }) => status),
      [0, 0, 1],
    );
    assert.match(messageOf(partly, 'store'), /can be read, but for 1 place: skipped/);
  });

  it('prints whole addresses on narrow terminals, and nothing that a terminal would obey', async (t) => {
    const variables = {
      OTEL_SERVICE_NAME: '\x1b[2J\u202e',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9/a/long/path/that/does/not/fit',
    };
    const { stdout } = await runNode([MAIN, 'doctor', '--width', '40'], { cwd: folderFor(t), variables });
    assert.deepEqual(flawsOf(stdout.trimEnd(), 40), []);
    assert.ok(stdout.replaceAll(/\s/g, '').includes('http://127.0.0.1:9/a/long/path/that/does/not/fit'), stdout);
  });
});
