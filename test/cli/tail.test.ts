import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { describe, it, type TestContext } from 'node:test';
import { TraceGatherer } from '../../cli/trace-gatherer.ts';
import { record } from '../analysis/records.ts';
import { childEnvironment } from '../support/child-process.ts';
import { readManifest, repositoryRoot } from '../support/repository.ts';
import { flawsOf, HOSTILE } from '../terminal/drawings.ts';
import { folderFor, writeSpans } from './call.ts';
import { FAILED, ORDER, SAMPLE } from './sample.ts';

const MAIN = join(repositoryRoot, readManifest().bin.throughline);

interface Tail {
  readonly child: ChildProcess & { readonly stdout: NonNullable<ChildProcess['stdout']> };
  /** The file that it follows, not there yet. */
  readonly path: string;
  readonly lines: AsyncIterator<string>;
}

/** Follows a file that is not there yet, and is ready for what comes. */
async function startTail(t: TestContext, ...args: string[]): Promise<Tail> {
  const cwd = folderFor(t);
  const settle = args.includes('--settle') ? [] : ['--settle', '20ms'];
  const child = spawn(process.execPath, [MAIN, 'tail', '--store', 'spans.jsonl', ...settle, ...args], {
    cwd,
    env: childEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
  });
  t.after(() => child.kill('SIGKILL'));
  const said: Interface = createInterface({ input: child.stderr });
  const [line] = (await once(said, 'line')) as [string];
  assert.match(line, /^throughline: following \S+spans\.jsonl; Ctrl-C ends it$/);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, path: join(cwd, 'spans.jsonl'), lines };
}

async function next(lines: AsyncIterator<string>): Promise<string> {
  return String((await lines.next()).value);
}

describe('throughline tail', { concurrency: 3 }, () => {
  it('shows a line for each trace as it comes, until Ctrl-C', async (t) => {
    const { child, path, lines } = await startTail(t);
    await writeSpans(
      path,
      SAMPLE.filter(({ traceId }) => traceId === ORDER),
    );
    assert.equal(await next(lines), '08:00:01  b2b2b2b2b2b2   500 ms    9 spans  POST /order  shop');
    await writeSpans(
      path,
      SAMPLE.filter(({ traceId }) => traceId === FAILED),
    );
    assert.equal(await next(lines), '08:00:02  c3c3c3c3c3c3  30.0 ms  ✗ 1 of 1 span  GET /stock  stock');
    child.kill('SIGINT');
    assert.deepEqual(await once(child, 'close'), [0, null]);
  });

  it('shows only what fits its filters, whole if asked', async (t) => {
    const { child, path, lines } = await startTail(t, '--error', '--full');
    await writeSpans(path, SAMPLE);
    assert.match(await next(lines), /^GET \/stock · 30\.0 ms · 1 error/);
    child.kill('SIGINT');
    const rest: string[] = [];
    for (let line = await lines.next(); !line.done; line = await lines.next()) rest.push(line.value);
    assert.doesNotMatch(rest.join('\n'), /trace (?!c3)/);
  });

  it('shows at its end what it still held', async (t) => {
    const { child, path, lines } = await startTail(t, '--settle', '1h');
    // One more than it holds: the first line says that all have been read.
    await writeSpans(
      path,
      Array.from({ length: 501 }, (_, i) => record({ id: 1, traceId: (i + 1).toString(16).padStart(32, '0') })),
    );
    await next(lines);
    child.kill('SIGTERM');
    let rest = 0;
    for (let line = await lines.next(); !line.done; line = await lines.next()) rest++;
    assert.equal(rest, 500);
  });

  it('gives a line of JSON for each trace, which no terminal obeys', async (t) => {
    const { path, lines } = await startTail(t, '--json', '--full');
    const spans = HOSTILE.map((name, i) => record({ id: i + 1, name }));
    await writeSpans(path, spans);
    const line = await next(lines);
    assert.deepEqual(flawsOf(line, Number.POSITIVE_INFINITY), []);
    const trace = JSON.parse(line) as { spanCount: number; spans: { name: string }[] };
    assert.equal(trace.spanCount, HOSTILE.length);
    assert.deepEqual(
      trace.spans.map(({ name }) => name),
      HOSTILE,
    );
  });

  it('ends silently when nobody reads any more', async (t) => {
    const { child, path } = await startTail(t);
    child.stdout.destroy();
    let said = '';
    child.stderr?.on('data', (text) => {
      said += String(text);
    });
    await writeSpans(path, SAMPLE);
    assert.deepEqual(await once(child, 'close'), [0, null]);
    assert.equal(said, '');
  });
});

describe('gathering traces', () => {
  const span = (trace: number, id = 1) => record({ id, traceId: trace.toString(16).padStart(32, '0') });
  const idsOf = (ready: Iterable<{ traceId: string }>) => [...ready].map(({ traceId }) => Number.parseInt(traceId, 16));

  it('waits until nothing of a trace has come for a while', () => {
    const gatherer = new TraceGatherer(100);
    gatherer.add([span(1), span(2)], 0);
    gatherer.add([span(2, 2)], 60);
    assert.deepEqual(idsOf(gatherer.ready(99)), []);
    assert.deepEqual(idsOf(gatherer.ready(100)), [1]);
    assert.deepEqual(idsOf(gatherer.rest()), [2]);
    assert.deepEqual(idsOf(gatherer.rest()), []);
  });

  it('shows a trace again, whole, when more of it comes late', () => {
    const gatherer = new TraceGatherer(100);
    gatherer.add([span(1)], 0);
    assert.deepEqual(
      [...gatherer.ready(100)].map(({ shownBefore }) => shownBefore),
      [0],
    );
    gatherer.add([span(1, 2)], 200);
    const [again] = gatherer.rest();
    assert.equal(again?.shownBefore, 1);
    assert.equal(again?.spans.length, 2);
  });

  it('holds a bounded number of traces and spans: the first are shown early', () => {
    const gatherer = new TraceGatherer(1e9);
    for (let trace = 1; trace <= 600; trace++) gatherer.add([span(trace)], 0);
    assert.deepEqual(
      idsOf(gatherer.ready(0)),
      Array.from({ length: 100 }, (_, i) => i + 1),
    );
    gatherer.add(
      Array.from({ length: 60_000 }, (_, id) => span(9999, id + 1)),
      0,
    );
    assert.equal(idsOf(gatherer.ready(0)).at(-1), 9999);
  });
});
