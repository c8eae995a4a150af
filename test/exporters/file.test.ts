import assert from 'node:assert/strict';
import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { type Exporter, file, type SpanRecord } from 'throughline/exporters';
import { decodeTraceRequest } from '../../src/formats/otlp-json-decode.ts';
import { exporterContract } from '../contract/exporter.ts';
import { sampleRecord } from '../contract/sample-record.ts';

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

  const wrong: [options: unknown, message: RegExp][] = [
    [undefined, /file\(\): needs \{ path \}, got undefined/],
    [null, /file\(\): needs \{ path \}, got null/],
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

function opened(t: TestContext, path: string): Exporter {
  const exporter = file({ path });
  t.after(() => exporter.shutdown?.());
  return exporter;
}

async function readSpans(path: string): Promise<SpanRecord[]> {
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  return lines.flatMap((line) => decodeTraceRequest(line).records);
}
