import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseSpans } from 'throughline/exporters';
import { record } from '../analysis/records.ts';
import { HOSTILE } from '../terminal/drawings.ts';
import { call, folderWith } from './call.ts';
import { CART, FAILED, ORDER, SAMPLE } from './sample.ts';

interface Document {
  readonly data: readonly { readonly traceID: string; readonly spans: readonly unknown[] }[];
  readonly traceEvents: readonly { readonly ph: string }[];
}

describe('throughline export', () => {
  it('writes one trace as OTLP JSON, which reads back as it was', async (t) => {
    const cwd = await folderWith(t, SAMPLE);
    const { status, out } = await call(['export', 'slowest'], { cwd });
    assert.equal(status, 0);
    assert.deepEqual(
      parseSpans(out),
      SAMPLE.filter(({ traceId }) => traceId === ORDER),
    );
  });

  it('writes all that fits, a line a trace, into a file that is a store again and for its owner alone', async (t) => {
    const cwd = await folderWith(t, SAMPLE);
    const { status, err } = await call(['export', '--all', '--service', 'shop', '-o', 'kept.jsonl'], { cwd });
    assert.equal(status, 0);
    assert.equal(err, '2 traces, 10 spans written to kept.jsonl\n');
    const path = join(cwd, 'kept.jsonl');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(readFileSync(path, 'utf8').split('\n').length, 3);
    const { out } = await call(['ls', '--store', 'kept.jsonl', '--json'], { cwd });
    const ids = (JSON.parse(out) as { traces: { traceId: string }[] }).traces.map(({ traceId }) => traceId);
    assert.deepEqual(ids, [ORDER, CART]);
    const said = await call(['export', 'last', '--json', '--output', 'one.jsonl'], { cwd });
    assert.deepEqual(JSON.parse(said.out), { output: 'one.jsonl', format: 'otlp', traces: 1, spans: 1 });
  });

  it('writes what Jaeger, Zipkin and Perfetto read', async (t) => {
    const cwd = await folderWith(t, SAMPLE);
    const written = async (format: string): Promise<unknown> =>
      JSON.parse((await call(['export', '--all', '--format', format], { cwd })).out);
    const jaeger = (await written('jaeger')) as Document;
    assert.deepEqual(new Set(jaeger.data.map(({ traceID }) => traceID)), new Set([CART, ORDER, FAILED]));
    assert.equal(jaeger.data.flatMap(({ spans }) => spans).length, SAMPLE.length);
    assert.equal(((await written('zipkin')) as unknown[]).length, SAMPLE.length);
    const { traceEvents } = (await written('chrome')) as Document;
    assert.ok(traceEvents.length >= SAMPLE.length);
  });

  it('escapes on standard output what a terminal would obey, and means the same', async (t) => {
    const spans = HOSTILE.map((name, i) => record({ id: i + 1, name, tags: { [`k${name}`]: name } }));
    const cwd = await folderWith(t, spans);
    for (const format of ['otlp', 'jaeger', 'zipkin', 'chrome']) {
      const { out } = await call(['export', 'last', '--format', format], { cwd });
      assert.doesNotMatch(out, /(?!\n)[\p{C}\p{Zl}\p{Zp}]/u, format);
      if (format === 'otlp') assert.deepEqual(parseSpans(out), spans);
      else JSON.parse(out);
    }
  });

  const wrong: readonly [args: readonly string[], status: number, message: RegExp][] = [
    [[], 2, /needs a trace .*or --all/],
    [['last', '--all'], 2, /needs a trace .*or --all/],
    [['last', 'slowest'], 2, /several: --all with filters/],
    [['last', '--format', 'zipkn'], 2, /did you mean zipkin\?/],
    [['last', '--format', '__proto__'], 2, /must be one of otlp, jaeger, zipkin, chrome/],
    [['last', '-o', './spans.jsonl'], 2, /--output is the store itself/],
    [['--all', '--service', 'nobody'], 1, /nothing to export/],
    [['last', '-o', 'no/such/folder.json'], 3, /cannot write no\/such\/folder\.json: ENOENT/],
  ];
  for (const [args, status, message] of wrong) {
    it(`ends with ${status} and says why: ${args.join(' ') || 'nothing'}`, async (t) => {
      const cwd = await folderWith(t, SAMPLE);
      const called = await call(['export', ...args], { cwd });
      assert.equal(called.status, status);
      assert.match(called.err, message);
    });
  }
});
