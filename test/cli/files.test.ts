import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { SHAPE_TRACE, SHAPES } from '../formats/shapes.ts';
import { type Called, call, folderFor, folderWith } from './call.ts';
import { CART, SAMPLE } from './sample.ts';

/** A folder with a file of this content. */
function folderOf(t: TestContext, name: string, content: string | Uint8Array): string {
  const cwd = folderFor(t);
  writeFileSync(join(cwd, name), content);
  return cwd;
}

function tracesOf({ out }: Called): string[] {
  return (JSON.parse(out) as { traces: { traceId: string }[] }).traces.map(({ traceId }) => traceId);
}

describe('a file of spans', () => {
  for (const [shape, text] of Object.entries(SHAPES)) {
    it(`opens whatever wrote it: ${shape}`, async (t) => {
      const cwd = folderOf(t, 'trace.json', text);
      const listed = await call(['ls', 'trace.json', '--json'], { cwd });
      assert.deepEqual([listed.status, listed.err, tracesOf(listed)], [0, '', [SHAPE_TRACE]]);
      const shown = await call(['show', SHAPE_TRACE, '--store', 'trace.json', '--json'], { cwd });
      assert.equal((JSON.parse(shown.out) as { spanCount: number }).spanCount, 3);
      const { out, err } = await call(['report', 'trace.json'], { cwd });
      assert.match(out, /^1 trace · 3 spans · /);
      assert.equal(err, '');
    });
  }

  it('opens when it is packed, by its content and not by its name', async (t) => {
    const text = SHAPES['Jaeger’s download'] ?? '';
    for (const name of ['trace.json.gz', 'trace']) {
      const cwd = folderOf(t, name, gzipSync(text));
      assert.deepEqual(tracesOf(await call(['ls', name, '--json'], { cwd })), [SHAPE_TRACE]);
    }
  });

  it('opens with what the Collector rotated away from it, packed or not', async (t) => {
    const lines = (SHAPES['OTLP lines, as the Collector writes them'] ?? '').split('\n');
    const cwd = folderOf(t, 'data.json', `${lines[1]}\n`);
    writeFileSync(join(cwd, 'data-2026-11-30T05-02-14.173.json.gz'), gzipSync(`${lines[0]}\n`));
    writeFileSync(join(cwd, 'data-2026-11-30T06-02-14.173.json'), '');
    writeFileSync(join(cwd, 'data-of-others.json'), 'not ours');
    const { out, err } = await call(['show', SHAPE_TRACE, '--store', 'data.json', '--json'], { cwd });
    assert.equal(err, '');
    assert.equal((JSON.parse(out) as { spanCount: number }).spanCount, 3);
  });

  it('is shown by its name alone: the last trace of it', async (t) => {
    const cwd = folderOf(t, 'trace.json', SHAPES['Tempo’s v2 answer'] ?? '');
    assert.match((await call(['show', 'trace.json'], { cwd })).out, /^GET \/cart/);
    assert.match((await call(['show', 'last', 'trace.json'], { cwd })).out, /^GET \/cart/);
    assert.match((await call(['show', 'trace.json', SHAPE_TRACE.slice(0, 8)], { cwd })).out, /^GET \/cart/);
  });

  it('is named once', async (t) => {
    const cwd = folderOf(t, 'trace.json', '[]');
    const { status, err } = await call(['ls', 'trace.json', '--store', 'other.json'], { cwd });
    assert.equal(status, 2);
    assert.match(err, /one store at a time, got "trace\.json" and "other\.json"/);
    assert.match((await call(['ls', 'trace.json', 'other.json'], { cwd })).err, /one store at a time/);
  });

  it('comes back whole from any export that can be a store', async (t) => {
    const cwd = await folderWith(t, SAMPLE);
    const before = await call(['ls', '--json'], { cwd });
    for (const format of ['otlp', 'jaeger', 'zipkin']) {
      assert.equal((await call(['export', '--all', '--format', format, '-o', `${format}.json`], { cwd })).status, 0);
      const { status, err, ...after } = await call(['ls', `${format}.json`, '--json'], { cwd });
      assert.deepEqual([status, err], [0, ''], format);
      assert.deepEqual(JSON.parse(after.out), JSON.parse(before.out), format);
    }
  });
});

describe('a pipe', () => {
  const pipe = (text: string | Uint8Array) => ({ input: Readable.from([Buffer.from(text)]) });

  it('is a store by the name of "-", in any format, as an option or bare', async () => {
    for (const text of [SHAPES['Zipkin’s v1 list, indented'] ?? '', gzipSync(SHAPES['Jaeger’s v3 answer'] ?? '')]) {
      for (const words of [['-'], ['--store', '-'], ['--store=-']]) {
        assert.deepEqual(tracesOf(await call(['ls', '--json', ...words], pipe(text))), [SHAPE_TRACE]);
        assert.match((await call(['report', ...words], pipe(text))).out, /^1 trace · 3 spans/);
        assert.match((await call(['show', 'last', ...words], pipe(text))).out, /^GET \/cart/);
      }
    }
  });

  it('is followed line by line', async () => {
    const { status, out } = await call(['tail', '-'], pipe(SHAPES['OTLP lines, as the Collector writes them'] ?? ''));
    assert.equal(status, 0);
    assert.match(out, /✗ 1 of 3 spans {2}GET \/cart {2}shop stock\n$/);
  });

  it('that holds no spans says so', async () => {
    const { status, err } = await call(['ls', '-'], pipe('{"a":1}'));
    assert.equal(status, 3);
    assert.equal(
      err,
      'throughline: standard input holds no spans that can be read: JSON, but no spans of OTLP, Jaeger, Zipkin or Tempo\n',
    );
  });
});

describe('a file that holds no spans', () => {
  const cases: readonly [what: string, content: string | Uint8Array, sentence: RegExp][] = [
    [
      'JSON of another kind, indented',
      '{\n  "anything": 1\n}\n',
      /: JSON, but no spans of OTLP, Jaeger, Zipkin or Tempo\n$/,
    ],
    ['lines of a log', 'INFO started\nINFO ended\n', /: not valid JSON: cut short, or something else\n$/],
    ['lines of JSON of a log', '{"level":30,"msg":"hi"}\n{"level":30,"msg":"ho"}\n', /: JSON, but no spans of/],
    ['OTLP logs', '{"resourceLogs":[{}]}\n', /: OTLP logs, no traces/],
    ['a document that is cut short', (SHAPES['Jaeger’s download'] ?? '').slice(0, 300), /: not valid JSON/],
    ['bytes', new Uint8Array([0, 1, 2, 10, 3, 4, 10]), /: not valid JSON/],
    [
      'gzip that is damaged',
      gzipSync('{"resourceSpans":[]}'.repeat(50)).subarray(0, 30),
      /cannot read .*spans\.json: /,
    ],
    [
      'ids that are none',
      '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"zz"}]}]}]}',
      /: 1 span cannot be read: traceId/,
    ],
  ];
  const commands: readonly string[][] = [
    ['ls'],
    ['ls', '--expect', 'none'],
    ['report'],
    ['report', '--fail-on', 'any'],
    ['show', 'last'],
    ['show', CART],
    ['export', '--all'],
    ['diff', 'last', 'slowest'],
  ];
  for (const [what, content, sentence] of cases) {
    it(`is told in one honest sentence and ends with 3, whatever is asked: ${what}`, async (t) => {
      const cwd = folderOf(t, 'spans.json', content);
      for (const command of commands) {
        const { status, out, err } = await call([...command, '--store', 'spans.json'], { cwd });
        assert.deepEqual([status, out], [3, ''], command.join(' '));
        assert.match(err, /^throughline: [^\n]*spans\.json[^\n]*\n$/);
        assert.match(err, sentence);
        assert.doesNotMatch(err, /delete|remove|sed|the rest was read/);
      }
    });
  }

  it('is none of these when it is empty, or has no spans yet', async (t) => {
    for (const content of ['', '\n', '[]', '{"resourceSpans":[]}', '{"resourceSpans":[{"res']) {
      const cwd = folderOf(t, 'spans.json', content);
      const { status, err } = await call(['ls', 'spans.json', '--expect', 'none'], { cwd });
      assert.deepEqual([status, err], [0, 'throughline: no traces found\n'], content);
    }
  });

  it('is named as what it is: a folder, or not there', async (t) => {
    const cwd = folderFor(t);
    mkdirSync(join(cwd, 'spans.json'));
    assert.match((await call(['ls', 'spans.json'], { cwd })).err, /spans\.json is a folder/);
    const missing = await call(['ls', 'other.json'], { cwd });
    assert.deepEqual([missing.status, missing.err], [3, 'throughline: there is no file other.json\n']);
  });
});
