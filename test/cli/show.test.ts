import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { record } from '../analysis/records.ts';
import { flawsOf, HOSTILE } from '../terminal/drawings.ts';
import { call, folderWith } from './call.ts';
import { CART, FAILED, ORDER, SAMPLE } from './sample.ts';

describe('throughline show', () => {
  const words: readonly [args: readonly string[], id: string][] = [
    [['last'], FAILED],
    [['slowest'], ORDER],
    [['last', '--service', 'shop'], ORDER],
    [['slowest', '--max-duration', '100ms', '--error'], FAILED],
    [[CART], CART],
    [['a1a1'], CART],
    [['A1A1A1'], CART],
  ];
  for (const [args, id] of words) {
    it(`draws the trace that ${args.join(' ')} names`, async (t) => {
      const cwd = await folderWith(t, SAMPLE);
      const { status, out, err } = await call(['show', ...args], { cwd });
      assert.equal(status, 0, err);
      assert.match(out, new RegExp(`trace ${id}`));
    });
  }

  it('marks the critical path and folds similar siblings', async (t) => {
    const cwd = await folderWith(t, SAMPLE);
    const { out } = await call(['show', 'slowest', '--critical', '--collapse'], { cwd });
    assert.match(out, /█ critical path/);
    assert.match(out, /SELECT orders ×8/);
    assert.match(out, /░/);
  });

  it('draws as wide as it is told, else as the terminal is', async (t) => {
    const cwd = await folderWith(t, SAMPLE);
    const widest = async (args: readonly string[], width?: number): Promise<number> => {
      const { out } = await call(['show', 'slowest', ...args], { cwd, width });
      return Math.max(...out.split('\n').map((line) => line.length));
    };
    assert.equal(await widest([]), 100);
    assert.equal(await widest([], 40), 40);
    assert.equal(await widest(['--width', '200'], 40), 200);
  });

  it('ends with 1 when there is no such trace, with 2 when there are several', async (t) => {
    const twin = record({ id: 9, traceId: `a1a1${'0'.repeat(28)}` });
    const cwd = await folderWith(t, [...SAMPLE, twin]);
    const missing = await call(['show', 'dddd'], { cwd });
    assert.equal(missing.status, 1);
    assert.match(missing.err, /no trace that begins with dddd in .*spans\.jsonl/);
    assert.equal((await call(['show', '0'.repeat(32)], { cwd })).status, 1);
    const unfit = await call(['show', 'last', '--service', 'nobody'], { cwd });
    assert.equal(unfit.status, 1);
    assert.match(unfit.err, /no trace that fits the filters/);
    const several = await call(['show', 'a1a1'], { cwd });
    assert.equal(several.status, 2);
    assert.ok(several.err.includes(`a1a1 begins several traces: ${twin.traceId}, ${CART}`), several.err);
    for (const args of [[], ['first'], ['last', 'slowest']])
      assert.equal((await call(['show', ...args], { cwd })).status, 2);
  });

  it('gives the trace as JSON, every span as it is kept', async (t) => {
    const cwd = await folderWith(t, SAMPLE);
    const { out } = await call(['show', 'slowest', '--json'], { cwd });
    const trace = JSON.parse(out) as Record<string, unknown> & {
      spans: unknown[];
      criticalPath: { fromMs: number; toMs: number }[];
    };
    assert.equal(trace.traceId, ORDER);
    assert.equal(trace.spanCount, 9);
    assert.deepEqual(trace.services, ['shop']);
    assert.equal(trace.spans.length, 9);
    const path = trace.criticalPath.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
    assert.ok(Math.abs(path - 500) < 0.001, `${path}`);
  });

  it('shows a trace with a cycle, and one with two roots, whole', async (t) => {
    const cycle = [
      record({ id: 1, parent: 3, traceId: CART }),
      record({ id: 2, parent: 1, traceId: CART }),
      record({ id: 3, parent: 2, traceId: CART }),
    ];
    const roots = [1, 2].map((id) => record({ id, traceId: ORDER, name: `root ${id}` }));
    const cwd = await folderWith(t, [...cycle, ...roots]);
    const drawn = await call(['show', CART], { cwd });
    assert.equal(drawn.status, 0);
    assert.match(drawn.out, /cycle/);
    for (const id of [1, 2, 3]) assert.match(drawn.out, new RegExp(`span ${id}\\b`));
    const two = await call(['show', ORDER], { cwd });
    assert.match(two.out, /root 1/);
    assert.match(two.out, /root 2/);
    assert.equal((await call(['report'], { cwd })).status, 0);
  });

  it('draws nothing that a terminal would obey, at 40 columns and at 200', async (t) => {
    const spans = HOSTILE.map((text, i) =>
      record({
        id: i + 1,
        parent: i || undefined,
        name: text,
        service: text,
        failed: true,
        tags: { [text]: text, 'error.type': text },
      }),
    );
    const cwd = await folderWith(t, spans);
    for (const width of [40, 200]) {
      const { out } = await call(['show', 'last', '--critical'], { cwd, width });
      assert.deepEqual(flawsOf(out.trimEnd(), width), []);
    }
    const json = (await call(['show', 'last', '--json'], { cwd })).out;
    assert.doesNotMatch(json, /(?!\n)[\p{C}\p{Zl}\p{Zp}]/u);
    assert.deepEqual(
      (JSON.parse(json) as { spans: { name: string }[] }).spans.map(({ name }) => name).sort(),
      [...HOSTILE].sort(),
    );
  });
});
