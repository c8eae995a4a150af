import assert from 'node:assert/strict';
import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { type Exporter, type FileOptions, file, type SpanRecord } from 'throughline/exporters';
import { decodeTraceRequest } from '../../src/formats/otlp-json-decode.ts';
import { exporterContract } from '../contract/suites/exporter.ts';
import { sampleRecord } from '../contract/suites/sample-record.ts';

const never: AbortSignal = new AbortController().signal;

exporterContract('file()', async (t) => {
  const path = await freshPath(t);
  const exporter = opened(t, path);
  const failing = file({ path: join(path, 'not', 'there.jsonl') });
  const program = `
    import { file } from 'throughline/exporters';
    const exporter = file({ path: ${JSON.stringify(path)} });
    const result = await exporter.export([${JSON.stringify(sampleRecord())}], new AbortController().signal);
    await exporter.shutdown();
    if (result.outcome !== 'accepted') throw new Error(result.reason);
  `;
  return { exporter, readBack: () => readSpans(path), failing, program };
});

describe('file()', () => {
  it('writes one request a line, ended by a newline', async (t) => {
    const path = await freshPath(t);
    const exporter = opened(t, path);
    await exporter.export([sampleRecord({ name: 'a\nb' }), sampleRecord()], never);
    await exporter.export([sampleRecord()], never);
    const text = await readFile(path, 'utf8');
    assert.equal(text.at(-1), '\n');
    const counts = text
      .trimEnd()
      .split('\n')
      .map((line) => decodeTraceRequest(line).records.length);
    assert.deepEqual(counts, [2, 1]);
  });

  it('opens the file at the first batch, readable by its owner alone', async (t) => {
    const path = await freshPath(t);
    const exporter = opened(t, path);
    await assert.rejects(stat(path), { code: 'ENOENT' });
    await exporter.export([sampleRecord()], never);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  });

  it('appends to what is there and leaves its mode', async (t) => {
    const path = await freshPath(t);
    const first = opened(t, path);
    await first.export([sampleRecord({ name: 'first' })], never);
    await first.shutdown?.();
    await chmod(path, 0o644);
    await opened(t, path).export([sampleRecord({ name: 'second' })], never);
    assert.deepEqual(
      (await readSpans(path)).map((span) => span.name),
      ['first', 'second'],
    );
    assert.equal((await stat(path)).mode & 0o777, 0o644);
  });

  it('starts a line of its own after a torn one', async (t) => {
    const path = await freshPath(t);
    await appendFile(path, '{"resourceSpans":[{"resou');
    await opened(t, path).export([sampleRecord({ name: 'whole' })], never);
    const lines = (await readFile(path, 'utf8')).split('\n');
    assert.equal(lines.length, 3);
    assert.equal(decodeTraceRequest(lines[0]).malformed, true);
    assert.equal(decodeTraceRequest(lines[1]).records[0]?.name, 'whole');
  });

  it('says that it makes no directory, and recovers when there is one', async (t) => {
    const path = await freshPath(t);
    const missing = join(path, 'spans.jsonl');
    const exporter = opened(t, missing);
    const result = await exporter.export([sampleRecord()], never);
    assert.deepEqual(result, {
      outcome: 'retry',
      reason: `cannot write ${missing}: ENOENT (its directory does not exist, and is not created)`,
    });
    await mkdir(path);
    assert.equal((await exporter.export([sampleRecord()], never)).outcome, 'accepted');
  });

  it('finishes what was asked for before shutdown closes the file', async (t) => {
    const path = await freshPath(t);
    const exporter = file({ path });
    const pending = [exporter.export([sampleRecord()], never), exporter.export([sampleRecord()], never)];
    await exporter.shutdown?.();
    assert.deepEqual(await Promise.all(pending), [{ outcome: 'accepted' }, { outcome: 'accepted' }]);
    assert.equal((await readSpans(path)).length, 2);
  });

  it('rotates before a batch that would take the file beyond its limit, and removes the oldest', async (t) => {
    const path = await freshPath(t);
    const exporter = opened(t, path, { maxBytes: 3000, maxFiles: 3 });
    const records = Array.from({ length: 12 }, (_, n) => sampleRecord({ name: `span ${n}` }));
    for (const record of records) await exporter.export([record], never);
    const files = [`${path}.2`, `${path}.1`, path];
    const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
    assert.ok(
      sizes.every((size) => size > 1000 && size <= 3000),
      String(sizes),
    );
    await assert.rejects(stat(`${path}.3`), { code: 'ENOENT' });
    const kept = (await Promise.all(files.map(readSpans))).flat();
    assert.deepEqual(kept, records.slice(-kept.length));
    assert.ok(kept.length >= 3 && kept.length < 12, String(kept.length));
    assert.equal((await stat(`${path}.1`)).mode & 0o777, 0o600);
  });

  it('keeps one file when it may have one', async (t) => {
    const path = await freshPath(t);
    const exporter = opened(t, path, { maxBytes: 1, maxFiles: 1 });
    for (const name of ['first', 'second']) await exporter.export([sampleRecord({ name })], never);
    assert.deepEqual(
      (await readSpans(path)).map((span) => span.name),
      ['second'],
    );
    await assert.rejects(stat(`${path}.1`), { code: 'ENOENT' });
  });

  it('counts what was in the file before, and takes one that is full for full', async (t) => {
    const path = await freshPath(t);
    await appendFile(path, `${'x'.repeat(5000)}\n`);
    await opened(t, path, { maxBytes: 5000 }).export([sampleRecord()], never);
    assert.deepEqual([(await readSpans(path)).length, (await stat(`${path}.1`)).size], [1, 5001]);
  });

  it('does not rotate again what another process has rotated', async (t) => {
    const path = await freshPath(t);
    const [one, two] = [opened(t, path, { maxBytes: 4000 }), opened(t, path, { maxBytes: 4000 })];
    const records = Array.from({ length: 8 }, (_, n) => sampleRecord({ name: `span ${n}` }));
    for (const [n, record] of records.entries()) await (n % 2 === 0 ? one : two).export([record], never);
    const files = [path, `${path}.1`, `${path}.2`, `${path}.3`, `${path}.4`];
    const kept = (await Promise.all(files.map((file) => readSpans(file).catch(() => [])))).flat();
    assert.deepEqual(new Set(kept.map((span) => span.spanId)), new Set(records.map((span) => span.spanId)));
  });

  it('goes on without a file that somebody took away', async (t) => {
    const path = await freshPath(t);
    const exporter = opened(t, path, { maxBytes: 1500 });
    await exporter.export([sampleRecord()], never);
    await rm(path);
    await exporter.export([sampleRecord({ name: 'after' })], never);
    assert.deepEqual(
      (await readSpans(path)).map((span) => span.name),
      ['after'],
    );
  });

  const wrong: [options: unknown, message: RegExp][] = [
    [{ path: 'a', maxBytes: 0 }, /file\(\): "maxBytes" must be a whole number, 1 or more, got 0/],
    [{ path: 'a', maxFiles: 1.5 }, /file\(\): "maxFiles" must be a whole number, 1 or more, got 1.5/],
    [undefined, /file\(\): expected an object of options with path, got undefined/],
    [null, /file\(\): expected an object of options with path, got null/],
    [{}, /file\(\): "path" must be the path of a file, got undefined/],
    [{ path: '' }, /"path" must be the path of a file, got ""/],
    [{ path: 'a\0b' }, /"path" must be the path of a file, got "a\\u0000b"/],
    [{ path: 'a', mode: 1 }, /file\(\): unknown option "mode"/],
    [{ pth: 'a' }, /unknown option "pth"; did you mean "path"\?/],
  ];
  for (const [options, message] of wrong) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(() => file(options as { path: string }), {
        name: 'TypeError',
        code: 'ERR_THROUGHLINE_OPTION',
        message,
      });
    });
  }
});

async function freshPath(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'throughline-file-'));
  t.after(() => rm(directory, { recursive: true }));
  return join(directory, 'spans');
}

function opened(t: TestContext, path: string, limits: Omit<FileOptions, 'path'> = {}): Exporter {
  const exporter = file({ path, ...limits });
  t.after(() => exporter.shutdown?.());
  return exporter;
}

async function readSpans(path: string): Promise<SpanRecord[]> {
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  return lines.flatMap((line) => decodeTraceRequest(line).records);
}
