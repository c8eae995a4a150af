import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildTraces, FINDING_KINDS, type Report, report } from 'throughline/analysis';
import { EPOCH_MS, record } from '../analysis/records.ts';
import { flawsOf, HOSTILE } from '../terminal/drawings.ts';
import { call, folderWith } from './call.ts';
import { FAILED, ORDER, SAMPLE } from './sample.ts';

function parse(json: string): Report {
  return JSON.parse(json) as Report;
}

describe('throughline report', () => {
  it('says what is wrong, with its evidence, and where the time goes', async (t) => {
    const cwd = await folderWith(t, SAMPLE);
    const { status, out } = await call(['report'], { cwd });
    assert.equal(status, 0);
    assert.match(out, /^3 traces · 11 spans · 2 findings/);
    assert.match(out, new RegExp(`1\\. n-plus-one · saves up to 315 ms · trace ${ORDER}`));
    assert.match(out, new RegExp(`error-root-cause · trace ${FAILED}`));
    for (const heading of ['Where the time goes', 'Operations']) assert.match(out, new RegExp(`^${heading}$`, 'm'));
  });

  it('gives as JSON exactly what report() of throughline/analysis gives', async (t) => {
    const cwd = await folderWith(t, SAMPLE);
    const { out } = await call(['report', '--json'], { cwd });
    assert.deepEqual(parse(out), JSON.parse(JSON.stringify(report(buildTraces(SAMPLE)))));
    assert.deepEqual(Object.keys(parse(out)), ['from', 'to', 'traces', 'spans', 'operations', 'edges', 'findings']);
  });

  it('stands for the time that --since and --until name', async (t) => {
    const cwd = await folderWith(t, SAMPLE);
    const { out } = await call(['report', '--json', '--since', '60s', '--until', '2027-01-15T08:00:02Z'], { cwd });
    const { from, to, traces } = parse(out);
    assert.deepEqual([from, to, traces], [EPOCH_MS, EPOCH_MS + 2000, 2]);
  });

  it('looks at the latest traces up to --limit, and says when it left some out by itself', async (t) => {
    const cwd = await folderWith(t, SAMPLE);
    const { out, err } = await call(['report', '--json', '--limit', '2'], { cwd });
    assert.equal(parse(out).traces, 2);
    assert.equal(err, '');
  });

  it('takes what began before --since for usual when --history says so', async (t) => {
    const quick = Array.from({ length: 30 }, (_, i) =>
      record({
        id: i + 1,
        traceId: String(i + 1).padStart(32, 'e'),
        at: i * 100,
        took: 10,
        name: 'GET /cart',
        kind: 'server',
      }),
    );
    const slow = record({ id: 99, traceId: ORDER, at: 50_000, took: 400, name: 'GET /cart', kind: 'server' });
    const cwd = await folderWith(t, [...quick, slow]);
    const kinds = async (...args: string[]) =>
      parse((await call(['report', '--json', ...args], { cwd })).out).findings.map(({ kind }) => kind);
    assert.deepEqual(await kinds('--since', '20s', '--history', '1d'), ['slower-than-usual']);
    assert.deepEqual(await kinds('--since', '20s'), []);
    assert.equal((await call(['report', '--history', '1d'], { cwd })).status, 2);
    assert.equal((await call(['report', '--history', '1m', '--since', '2m'], { cwd })).status, 2);
  });

  it('fails a build on the kinds of findings that it is told', async (t) => {
    const cwd = await folderWith(t, SAMPLE);
    const bad = await call(['report', '--fail-on', 'retry-storm,n-plus-one'], { cwd });
    assert.equal(bad.status, 1);
    assert.equal(bad.err, 'throughline: 1 finding to fail on: n-plus-one\n');
    assert.equal((await call(['report', '--fail-on', 'any'], { cwd })).status, 1);
    assert.equal((await call(['report', '--fail-on', 'retry-storm'], { cwd })).status, 0);
    const typo = await call(['report', '--fail-on', 'n-plus-on'], { cwd });
    assert.equal(typo.status, 2);
    assert.match(typo.err, /did you mean n-plus-one\?/);
    for (const kind of FINDING_KINDS) assert.notEqual((await call(['report', '--fail-on', kind], { cwd })).status, 2);
  });

  it('says when there is nothing to report on, and gives an empty report as JSON', async (t) => {
    const cwd = await folderWith(t, SAMPLE);
    assert.deepEqual(await call(['report', '--service', 'nobody'], { cwd }), {
      status: 0,
      out: '',
      err: 'throughline: no traces found\n',
    });
    assert.equal(parse((await call(['report', '--json', '--service', 'nobody'], { cwd })).out).traces, 0);
  });

  it('prints nothing that a terminal would obey, at 40 columns and at 200', async (t) => {
    const spans = HOSTILE.map((text, i) =>
      record({ id: i + 1, traceId: String(i + 1).padStart(32, 'd'), name: text, service: text, failed: true }),
    );
    const cwd = await folderWith(t, spans);
    for (const width of [40, 200]) {
      const { out } = await call(['report'], { cwd, width });
      assert.match(out, /error-root-cause/);
      assert.deepEqual(flawsOf(out.trimEnd(), width), []);
    }
  });
});
