import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { file } from 'throughline/exporters';
import { fileStore, type SpanRecord, type SpanStore, type TailBatch } from 'throughline/store';
import { encodeTraceRequest } from '../../src/formats/otlp-json-encode.ts';
import { bareRecord, sampleRecord } from '../contract/suites/sample-record.ts';
import { storeContract } from '../contract/suites/store.ts';

storeContract('fileStore()', async (t) => {
  const path = await freshPath(t);
  return { store: opened(t, path), reopen: async () => opened(t, path) };
});

describe('fileStore()', () => {
  it('reads what the file exporter writes', async (t) => {
    const path = await freshPath(t);
    const exporter = file({ path });
    const record = sampleRecord();
    await exporter.export([record], new AbortController().signal);
    await exporter.shutdown?.();
    assert.deepEqual((await opened(t, path).trace(record.traceId))?.spans, [record]);
  });

  it('skips torn and foreign lines, says which and why, and reads the rest', async (t) => {
    const path = await freshPath(t);
    const [first, second] = [bareRecord(), bareRecord()];
    const line = encodeTraceRequest([second]);
    const bad = '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"zz"}]}]}]}';
    const lines = [
      encodeTraceRequest([first]),
      line.slice(0, 99),
      '{"level":30}',
      '',
      '{"resourceLogs":[]}',
      bad,
      line,
    ];
    await writeFile(path, `${lines.join('\n')}\n`);
    const store = opened(t, path);
    assert.equal((await store.search()).traces.length, 2);
    assert.equal((await store.search()).traces.length, 2);
    const { count, first: problems } = store.problems();
    assert.equal(count, 4);
    assert.deepEqual(
      problems.map((problem) => [problem.where, problem.line, problem.message]),
      [
        [path, 2, 'skipped: not valid JSON: cut short, or something else'],
        [path, 3, 'skipped: JSON, but no spans of OTLP, Jaeger, Zipkin or Tempo'],
        [path, 5, 'skipped: OTLP logs, no traces (give traces a file of their own)'],
        [path, 6, '1 span cannot be read: traceId must be 32 hex digits, not all zero'],
      ],
    );
  });

  it('reads a file that is cut off at any byte as far as it goes', async (t) => {
    const path = await freshPath(t);
    const text = `${encodeTraceRequest([bareRecord()])}\n${encodeTraceRequest([bareRecord()])}`;
    const middle = text.indexOf('\n');
    for (let length = 0; length <= text.length; length += 7) {
      await writeFile(path, text.slice(0, length));
      const store = opened(t, path);
      const whole = Number(length >= middle) + Number(length === text.length);
      assert.equal((await store.search()).traces.length, whole, `${length} bytes`);
      assert.equal(store.problems().count, 0, 'the last line may be one that is being written');
    }
  });

  it('says nothing of a last line that is still being written', async (t) => {
    const path = await freshPath(t);
    await writeFile(path, `${encodeTraceRequest([bareRecord()])}\n{"resourceSpans":[{`);
    const store = opened(t, path);
    assert.equal((await store.search()).traces.length, 1);
    assert.equal(store.problems().count, 0);
  });

  it('reads what was rotated away, and joins a trace across files', async (t) => {
    const path = await freshPath(t);
    const root = bareRecord({ name: 'root', startTimeMs: 10 });
    const names = ['late', 'later'].map((name, n) =>
      bareRecord({ name, startTimeMs: 11 + n, traceId: root.traceId, parentSpanId: root.spanId }),
    ) as [SpanRecord, SpanRecord];
    await writeLines(`${path}.2`, root);
    await writeLines(`${path}.1`, names[0]);
    await writeLines(path, names[1]);
    assert.deepEqual((await opened(t, path).trace(root.traceId))?.spans, [root, ...names]);
  });

  it('reads and follows what the file exporter rotates', async (t) => {
    const path = await freshPath(t);
    const store = opened(t, path);
    const tail = (await store.tail())[Symbol.asyncIterator]();
    const exporter = file({ path, maxBytes: 2000, maxFiles: 50 });
    t.after(() => exporter.shutdown?.());
    const arriving = Array.from({ length: 40 }, (_, n) => bareRecord({ name: `span ${n}`, startTimeMs: 1000 + n }));
    for (const record of arriving) {
      await exporter.export([record], new AbortController().signal);
      assert.ok((await store.search({ limit: 1 })).traces[0]?.rootName === record.name);
    }
    const seen: string[] = [];
    while (seen.length < arriving.length) {
      const { value } = (await tail.next()) as IteratorYieldResult<TailBatch>;
      seen.push(...value.spans.map((record) => record.name));
    }
    const names = arriving.map((record) => record.name);
    assert.deepEqual(seen, names);
    const found = (await store.search({ limit: 100 })).traces.map((trace) => trace.rootName);
    assert.deepEqual(found.reverse(), names);
    await tail.return?.();
  });

  it('removes rotated files that hold old traces alone, and none with half of a trace that stays', async (t) => {
    const path = await freshPath(t);
    const [oldest, old, young] = [10, 20, 300].map((startTimeMs) => bareRecord({ startTimeMs })) as [
      SpanRecord,
      SpanRecord,
      SpanRecord,
    ];
    await writeLines(`${path}.3`, oldest, oldest);
    await writeLines(`${path}.2`, old);
    await writeLines(`${path}.1`, bareRecord({ traceId: old.traceId, startTimeMs: 25 }));
    await writeLines(path, young, bareRecord({ startTimeMs: 15 }));
    const store = opened(t, path);
    assert.deepEqual(await store.removeBefore(22), { traces: 2, spans: 3 });
    await assert.rejects(readFile(`${path}.1`), { code: 'ENOENT' });
    assert.equal((await store.search()).traces.length, 2);

    await rename(path, `${path}.1`);
    await writeLines(path, bareRecord({ traceId: young.traceId, startTimeMs: 310 }));
    assert.deepEqual(await store.removeBefore(1000), { traces: 0, spans: 0 });
  });

  it('follows through a rotation without losing a span', async (t) => {
    const path = await freshPath(t);
    await writeLines(path, bareRecord());
    const tail = (await opened(t, path).tail())[Symbol.asyncIterator]();
    const arriving = Array.from({ length: 4 }, (_, n) => bareRecord({ name: `span ${n}` }));
    await appendLines(path, arriving[0] as SpanRecord);
    await rename(path, `${path}.1`);
    await appendLines(`${path}.1`, arriving[1] as SpanRecord);
    await writeLines(path, arriving[2] as SpanRecord);
    await rename(`${path}.1`, `${path}.2`);
    await rename(path, `${path}.1`);
    await writeLines(path, arriving[3] as SpanRecord);
    const seen: string[] = [];
    while (seen.length < arriving.length) {
      const { value } = (await tail.next()) as IteratorYieldResult<TailBatch>;
      seen.push(...value.spans.map((record) => record.name));
    }
    assert.deepEqual(
      seen,
      arriving.map((record) => record.name),
    );
    await tail.return?.();
  });

  it('follows a file that does not exist yet', async (t) => {
    const path = await freshPath(t);
    const tail = (await opened(t, path).tail())[Symbol.asyncIterator]();
    const record = bareRecord();
    await writeLines(path, record);
    const { value } = (await tail.next()) as IteratorYieldResult<TailBatch>;
    assert.deepEqual(value.spans, [record]);
    await tail.return?.();
  });

  it('rejects with a reason when the file cannot be read or written', async (t) => {
    const path = join(await freshPath(t), 'not', 'there.jsonl');
    await assert.rejects(opened(t, path).append([bareRecord()]), {
      code: 'ERR_THROUGHLINE_STORE',
      message: /cannot write .*ENOENT \(its directory does not exist, and is not created\)/,
    });
    await assert.rejects(opened(t, tmpdir()).search(), {
      code: 'ERR_THROUGHLINE_STORE',
      message: /cannot read .*EISDIR/,
    });
    assert.deepEqual((await opened(t, path).search()).traces, []);
  });

  it('refuses wrong options', () => {
    assert.throws(() => fileStore({ path: '' }), /fileStore\(\): "path" must be the path of a file, got ""/);
    assert.throws(() => fileStore({ pth: 'a' } as object as { path: string }), /did you mean "path"\?/);
  });
});

async function freshPath(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'throughline-store-'));
  t.after(() => rm(directory, { recursive: true }));
  return join(directory, 'spans.jsonl');
}

function opened(t: TestContext, path: string): SpanStore {
  const store = fileStore({ path });
  t.after(() => store.close());
  return store;
}

async function writeLines(path: string, ...records: SpanRecord[]): Promise<void> {
  await writeFile(path, records.map((record) => `${encodeTraceRequest([record])}\n`).join(''));
}

async function appendLines(path: string, ...records: SpanRecord[]): Promise<void> {
  await appendFile(path, records.map((record) => `${encodeTraceRequest([record])}\n`).join(''));
}
