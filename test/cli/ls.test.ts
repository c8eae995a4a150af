import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TraceSummary } from 'throughline/store';
import { EPOCH_MS, record } from '../analysis/records.ts';
import { flawsOf, HOSTILE, uncoloured } from '../terminal/drawings.ts';
import { call, folderFor, folderWith } from './call.ts';
import { CART, FAILED, ORDER, SAMPLE } from './sample.ts';

function idsOf(json: string): string[] {
  return (JSON.parse(json) as { traces: TraceSummary[] }).traces.map(({ traceId }) => traceId);
}

describe('throughline ls', () => {
  it('lists the traces of spans.jsonl in this folder, the latest first', async (t) => {
    const cwd = await folderWith(t, SAMPLE);
    const { status, out, err } = await call(['ls'], { cwd });
    assert.equal(status, 0);
    assert.equal(err, '');
    assert.equal(
      out,
      [
        'trace         started               service  root         duration  spans  errors',
        'c3c3c3c3c3c3  2027-01-15T08:00:02Z  stock    GET /stock    30.0 ms      1       1',
        'b2b2b2b2b2b2  2027-01-15T08:00:01Z  shop     POST /order    500 ms      9       0',
        'a1a1a1a1a1a1  2027-01-15T08:00:00Z  shop     GET /cart     20.0 ms      1       0',
        '',
      ].join('\n'),
    );
  });

  const filters: readonly [args: readonly string[], ids: readonly string[]][] = [
    [[], [FAILED, ORDER, CART]],
    [['--service', 'stock'], [FAILED]],
    [['--operation', 'SELECT orders'], [ORDER]],
    [['--tag', 'user.id=7'], [CART]],
    [['--tag', 'db.system.name=postgresql', '--tag', 'db.query.text=select * from orders where id = 3'], [ORDER]],
    [['--tag', 'user.id=7', '--service', 'stock'], []],
    [['--min-duration', '0.1s'], [ORDER]],
    [['--max-duration', '25', '--service', 'shop', '--operation', 'GET /cart'], [CART]],
    [['--error'], [FAILED]],
    [['--since', '58500ms'], [FAILED]],
    [['--until', '2027-01-15T08:00:02Z', '--since', '2027-01-15T08:00:01+00:00'], [ORDER]],
    [['--limit=2'], [FAILED, ORDER]],
  ];
  for (const [args, ids] of filters) {
    it(`finds what fits ${args.join(' ') || 'no filter'}`, async (t) => {
      const cwd = await folderWith(t, SAMPLE);
      const { status, out } = await call(['ls', '--json', ...args], { cwd });
      assert.equal(status, 0);
      assert.deepEqual(idsOf(out), ids);
    });
  }

  it('says that there are more than it lists, and that there are none', async (t) => {
    const cwd = await folderWith(t, SAMPLE);
    assert.match((await call(['ls', '--limit', '1'], { cwd })).err, /the latest 1 trace; there are more/);
    const none = await call(['ls', '--service', 'nobody'], { cwd });
    assert.deepEqual(none, { status: 0, out: '', err: 'throughline: no traces found\n' });
  });

  it('checks for CI that there are none, or some', async (t) => {
    const cwd = await folderWith(t, SAMPLE);
    const statuses = async (...args: string[]) => (await call(['ls', ...args], { cwd })).status;
    assert.equal(await statuses('--error', '--expect', 'none'), 1);
    assert.equal(await statuses('--error', '--expect', 'some'), 0);
    assert.equal(await statuses('--service', 'nobody', '--expect', 'none'), 0);
    assert.equal(await statuses('--service', 'nobody', '--expect', 'some'), 1);
  });

  it('takes the store from --store before THROUGHLINE_STORE before the default', async (t) => {
    const [named, variable, fallback] = await Promise.all(
      [CART, ORDER, FAILED].map((traceId, i) => folderWith(t, [record({ id: i + 1, traceId })])),
    );
    const [first, second, cwd] = [named, variable, fallback].map((folder) => String(folder));
    const env = { THROUGHLINE_STORE: join(second ?? '', 'spans.jsonl') };
    const args = ['ls', '--json'];
    assert.deepEqual(
      idsOf((await call([...args, '--store', join(first ?? '', 'spans.jsonl')], { cwd: cwd ?? '', env })).out),
      [CART],
    );
    assert.deepEqual(idsOf((await call(args, { cwd: cwd ?? '', env })).out), [ORDER]);
    assert.deepEqual(idsOf((await call(args, { cwd: cwd ?? '' })).out), [FAILED]);
  });

  it('ends with 2 when no store is named and none is here, with 3 when the named one is not there', async (t) => {
    const cwd = folderFor(t);
    const none = await call(['ls'], { cwd });
    assert.equal(none.status, 2);
    assert.match(none.err, /no store: name one by --store .*THROUGHLINE_STORE/);
    const missing = await call(['ls', '--store', 'gone.jsonl'], { cwd });
    assert.equal(missing.status, 3);
    assert.match(missing.err, /^throughline: there is no file gone\.jsonl$/m);
    assert.equal((await call(['ls', '--store', '.'], { cwd })).status, 3);
    assert.equal((await call(['ls', '--store', 'http://127.0.0.1:4318'], { cwd })).status, 2);
  });

  it('reads on after lines that are cut short or foreign, and counts them in one line', async (t) => {
    const cwd = await folderWith(t, SAMPLE);
    appendFileSync(join(cwd, 'spans.jsonl'), `{"resourceSpans":[{"sco\nINFO started\n${'\u0000'.repeat(50)}\n`);
    const { status, out, err } = await call(['ls', '--json'], { cwd });
    assert.equal(status, 0);
    assert.deepEqual(idsOf(out), [FAILED, ORDER, CART]);
    assert.match(err, /^throughline: \S+spans\.jsonl:2 .*\(and 2 more like this; the rest was read\)\n$/);
  });

  it('draws nothing that a terminal would obey, at 40 columns and at 200, plain and coloured', async (t) => {
    const spans = HOSTILE.map((name, i) =>
      record({ id: i + 1, traceId: String(i + 1).padStart(32, 'd'), at: i, name, service: name, failed: i % 2 === 0 }),
    );
    const cwd = await folderWith(t, spans);
    for (const width of [40, 80, 140, 200]) {
      for (const color of [false, true]) {
        const { out } = await call(['ls'], { cwd, width, color });
        assert.deepEqual(flawsOf(out.trimEnd(), width), []);
        assert.equal(uncoloured(out).split('\n').length, spans.length + 2);
        assert.equal(out.includes('\x1b'), color);
      }
    }
    const json = (await call(['ls', '--json'], { cwd })).out;
    assert.doesNotMatch(json, /(?!\n)[\p{C}\p{Zl}\p{Zp}]/u);
    assert.deepEqual(
      new Set((JSON.parse(json) as { traces: TraceSummary[] }).traces.map(({ rootName }) => rootName)),
      new Set(HOSTILE),
    );
  });

  it('keeps quiet about progress where nobody sees it, and clears its line where somebody does', async (t) => {
    const cwd = await folderWith(t, SAMPLE);
    let nowMs = EPOCH_MS;
    const now = (): number => {
      nowMs += 1000;
      return nowMs;
    };
    assert.equal((await call(['report', '--json'], { cwd, now })).err, '');
    const { err } = await call(['report', '--json'], { cwd, now, showsProgress: true });
    assert.match(err, /reading: \d+ spans/);
    assert.ok(err.endsWith('\r\u001b[K'));
  });
});
