import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { buildTraces, diffTraces, regressionsOf, type TraceDiff } from 'throughline/analysis';
import type { SpanRecord } from '../../src/core/record.ts';
import { EPOCH_MS, record } from '../analysis/records.ts';
import { flawsOf, HOSTILE } from '../terminal/drawings.ts';
import { call, folderFor, folderWith, writeSpans } from './call.ts';

/** A request that asks a database once; `queryMs` is what it waits for. */
function request(number: number, queryMs: number, at: number = number * 1000): SpanRecord[] {
  const traceId = number.toString(16).padStart(32, 'e');
  return [
    record({
      traceId,
      id: 1,
      at,
      took: queryMs + 20,
      name: 'GET /cart',
      kind: 'server',
      tags: { 'app.version': queryMs > 50 ? '2' : '1' },
    }),
    record({ traceId, id: 2, parent: 1, at: at + 10, took: queryMs, name: 'SELECT', kind: 'client' }),
  ];
}

const USUAL = [1, 2, 3].map((number) => request(number, 40));
const SLOW = request(4, 100);
const other = record({ traceId: 'f'.repeat(32), id: 1, at: 2500, took: 9, name: 'GET /else', kind: 'server' });
const ALL = [...USUAL.flat(), ...SLOW, other];
const idOf = (spans: readonly SpanRecord[]): string => spans[0]?.traceId ?? '';

function parse(json: string): TraceDiff & { regressions: unknown[]; attributes?: unknown[] } {
  return JSON.parse(json) as TraceDiff & { regressions: unknown[] };
}

describe('throughline diff', () => {
  it('gives as JSON what diffTraces() gives for two traces, and what got worse', async (t) => {
    const cwd = await folderWith(t, ALL);
    const [before, after] = [USUAL[0] ?? [], SLOW];
    const { status, out } = await call(['diff', idOf(before), idOf(after), '--json'], { cwd });
    assert.equal(status, 0);
    const expected = diffTraces(buildTraces(before), buildTraces(after));
    assert.deepEqual(parse(out), JSON.parse(JSON.stringify({ ...expected, regressions: regressionsOf(expected) })));
  });

  const sides: readonly [args: readonly string[], before: number, after: number][] = [
    [['baseline', 'slowest'], 3, 1],
    [['slowest', 'baseline'], 1, 3],
    [['baseline', 'slowest', '--min-duration', '100ms'], 3, 1],
    [['last', 'slowest'], 1, 1],
    [['..57s', '57s..'], 3, 2],
    [['..57s', '57s..', '--operation', 'GET /cart'], 2, 2],
    [['59s..57500ms', '2027-01-15T08:00:03Z..', '--limit', '2'], 2, 2],
    [['spans.jsonl', 'last'], 5, 1],
  ];
  for (const [args, before, after] of sides) {
    it(`compares ${before} with ${after} traces for ${args.join(' ')}`, async (t) => {
      const cwd = await folderWith(t, ALL);
      const { out, err } = await call(['diff', '--json', ...args], { cwd });
      assert.equal(err, '');
      assert.deepEqual(parse(out).traces, { before, after });
    });
  }

  it('compares two runs, and says which attributes differ', async (t) => {
    const cwd = folderFor(t);
    await writeSpans(join(cwd, 'main.jsonl'), USUAL.flat());
    await writeSpans(join(cwd, 'branch.jsonl'), SLOW);
    const { status, out } = await call(['diff', 'main.jsonl', 'branch.jsonl', '--attributes'], { cwd });
    assert.equal(status, 0);
    assert.match(out, /60\.0 ms → 120 ms \(\+60\.0 ms\) · 3 traces before, 1 trace after/);
    assert.match(out, /^▲ +SELECT .*\+60\.0 ms$/m);
    assert.match(out, /^What differs$/m);
    assert.match(out, /^app\.version +2 +0 % +50 %$/m);
  });

  it('fails a build on a regression, or on more time than is allowed', async (t) => {
    const cwd = folderFor(t);
    await writeSpans(join(cwd, 'main.jsonl'), USUAL.flat());
    await writeSpans(join(cwd, 'branch.jsonl'), SLOW);
    const statuses = async (...args: string[]) => (await call(['diff', ...args], { cwd })).status;
    assert.equal(await statuses('main.jsonl', 'branch.jsonl', '--fail-on-regression'), 1);
    assert.equal(await statuses('branch.jsonl', 'main.jsonl', '--fail-on-regression'), 0);
    assert.equal(await statuses('main.jsonl', 'branch.jsonl', '--fail-above', '20%'), 1);
    assert.equal(await statuses('main.jsonl', 'branch.jsonl', '--fail-above', '101%'), 0);
    assert.equal(await statuses('main.jsonl', 'branch.jsonl', '--fail-above', '59ms'), 1);
    assert.equal(await statuses('main.jsonl', 'branch.jsonl', '--fail-above', '61ms'), 0);
    assert.equal(await statuses('main.jsonl', 'main.jsonl', '--fail-above', '0%', '--fail-on-regression'), 0);
    const { err } = await call(['diff', 'main.jsonl', 'branch.jsonl', '--fail-above', '20%'], { cwd });
    assert.equal(err, 'throughline: a trace takes 120 ms, more than the 72.0 ms that --fail-above allows\n');
  });

  const wrong: readonly [args: readonly string[], status: number, message: RegExp][] = [
    [['last'], 2, /diff needs two sides/],
    [['last', 'slowest', 'last'], 2, /got also "last"/],
    [['last', 'gone.jsonl'], 2, /diff compares traces .*got "gone\.jsonl"/],
    [['baseline', 'baseline'], 2, /baseline is that of a trace/],
    [['1h..2h', 'last'], 2, /ends before it begins/],
    [['..', 'last'], 2, /diff compares/],
    [['..1h', 'last', '--since', '1d'], 2, /says already when/],
    [['last', 'slowest', '--fail-above', '20'], 2, /--fail-above must be a share or a time/],
    [['dddd', 'last'], 1, /no trace that begins with dddd/],
    [['2h..1h', 'last'], 1, /nothing to compare: 2h\.\.1h has no traces that fit/],
    [['baseline', 'f'.repeat(32)], 1, /nothing to compare: baseline/],
  ];
  for (const [args, status, message] of wrong) {
    it(`ends with ${status} and says why: ${args.join(' ')}`, async (t) => {
      const cwd = await folderWith(t, ALL);
      const called = await call(['diff', ...args], { cwd });
      assert.equal(called.status, status);
      assert.match(called.err, message);
    });
  }

  it('prints nothing that a terminal would obey, at 40 columns and at 200', async (t) => {
    const cwd = folderFor(t);
    for (const [file, took] of [
      ['a.jsonl', 1],
      ['b.jsonl', 90],
    ] as const) {
      const spans = HOSTILE.map((text, i) =>
        record({ id: i + 1, at: i, took, name: text, service: text, tags: { [text]: `${text}${took}`, same: text } }),
      );
      await writeSpans(join(cwd, file), spans);
    }
    for (const width of [40, 200]) {
      const { out } = await call(['diff', 'a.jsonl', 'b.jsonl', '--attributes'], { cwd, width, now: () => EPOCH_MS });
      assert.deepEqual(flawsOf(out.trimEnd(), width), []);
    }
  });
});
