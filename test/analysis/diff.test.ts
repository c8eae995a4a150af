import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { buildTrace, diffTraces, regressionsOf, type TraceDiff, whatDiffers } from 'throughline/analysis';
import type { SpanRecord } from '../../src/core/record.ts';
import { checkout, record } from './records.ts';
import { call, get, request, served } from './traces.ts';

function diff(before: readonly SpanRecord[], after: readonly SpanRecord[]): TraceDiff {
  return diffTraces([buildTrace(before)], [buildTrace(after)]);
}

/** Rows in brief: depth, service and name, and what has changed. */
function brief({ rows }: TraceDiff): unknown[] {
  return rows.map(({ depth, service, name, delta }) => [
    `${'  '.repeat(depth)}${service} ${name}`,
    delta.count,
    delta.selfMs,
    delta.criticalMs,
  ]);
}

describe('diffTraces', () => {
  it('says how count, own time and critical time changed at every place', () => {
    const before = [request(50), get(2, 10, 30, 'http://stock/a'), served(3, 2, 12, 20)];
    const after = [
      request(120),
      get(2, 10, 60, 'http://stock/a'),
      served(3, 2, 12, 50),
      get(4, 80, 30, 'http://stock/b'),
      served(5, 4, 82, 20, { name: 'GET /other' }),
    ];
    assert.deepEqual(brief(diff(before, after)), [
      ['shop GET /page', 0, 10, 10],
      ['  shop GET', 1, 10, 10],
      ['    stock GET /stock/:sku', 0, 30, 30],
      ['    stock GET /other', 1, 20, 20],
    ]);
    assert.deepEqual(diff(before, after).durationMs, { before: 50, after: 120 });
  });

  it('counts 0 on the side where a place is missing', () => {
    const [, row] = diff([request(50), call(2, 10, 30, { name: 'gone' })], [request(50)]).rows;
    assert.deepEqual(row?.before, { count: 1, selfMs: 30, criticalMs: 30 });
    assert.deepEqual(row?.after, { count: 0, selfMs: 0, criticalMs: 0 });
  });

  it('finds no difference between a trace and itself, in any order of spans', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(checkout(), { minLength: 10 }), (shuffled) => {
        for (const { delta } of diff(checkout(), shuffled).rows) {
          assert.deepEqual(delta, { count: 0, selfMs: 0, criticalMs: 0 });
        }
      }),
      { seed: 5, numRuns: 20 },
    );
  });

  it('compares averages: one trace with a baseline of many, one run with another', () => {
    const run = [20, 40].map((took) => buildTrace([request(took + 10), call(2, 5, took)]));
    const { rows, traces, durationMs } = diffTraces(run, [buildTrace([request(100), call(2, 5, 90), call(3, 95, 1)])]);
    assert.deepEqual(traces, { before: 2, after: 1 });
    assert.deepEqual(durationMs, { before: 40, after: 100 });
    assert.deepEqual(rows[1]?.before, { count: 1, selfMs: 30, criticalMs: 30 });
    assert.deepEqual(rows[1]?.delta, { count: 1, selfMs: 61, criticalMs: 61 });
  });

  it('takes nothing on either side, and any depth', () => {
    assert.deepEqual(diffTraces([], []).rows, []);
    const deep = Array.from({ length: 5_000 }, (_, i) => record({ id: i + 1, parent: i || undefined, name: 'deep' }));
    assert.equal(diff(deep, deep).rows.length, 5_000);
  });
});

describe('regressionsOf', () => {
  it('gives the places that made the trace slower by more than noise, the worst first', () => {
    const before = [request(200), call(2, 10, 40, { name: 'a' }), call(3, 60, 40, { name: 'b' })];
    const after = [request(300), call(2, 10, 70, { name: 'a' }), call(3, 90, 120, { name: 'b' })];
    const worse = regressionsOf(diff(before, after)).map(({ name, delta }) => [name, delta.criticalMs]);
    assert.deepEqual(worse, [
      ['b', 80],
      ['a', 30],
    ]);
    assert.deepEqual(regressionsOf(diff(after, before)), []);
    assert.deepEqual(regressionsOf(diff([request(200)], [request(219)])), [], 'less than a tenth');
  });
});

describe('whatDiffers', () => {
  function spans(from: number, count: number, tags: (n: number) => SpanRecord['attributes']): SpanRecord[] {
    return Array.from({ length: count }, (_, n) => record({ id: from + n, tags: tags(n) }));
  }

  it('puts the values first whose shares differ most', () => {
    const slow = spans(1, 10, (n) => ({ region: 'eu', cached: n === 0, user: `u${n}` }));
    const rest = spans(50, 10, (n) => ({ region: n < 2 ? 'eu' : 'us', cached: n < 5, user: `v${n}` }));
    const shares = whatDiffers(slow, rest);
    assert.deepEqual(shares.slice(0, 3), [
      { key: 'region', value: 'eu', selected: 1, rest: 0.2 },
      { key: 'region', value: 'us', selected: 0, rest: 0.8 },
      { key: 'cached', value: 'false', selected: 0.9, rest: 0.5 },
    ]);
    assert.ok(!shares.some(({ key }) => key === 'user'), 'ids are hidden');
    assert.ok(!shares.some(({ key }) => key === 'service.name'), 'what all have is left out');
  });

  it('counts lists as a whole, and takes empty sides', () => {
    assert.deepEqual(whatDiffers([], []), []);
    const [share] = whatDiffers(
      spans(1, 2, () => ({ list: ['a', 'b'] })),
      spans(9, 2, () => ({})),
    );
    assert.deepEqual(share, { key: 'list', value: '["a","b"]', selected: 1, rest: 0 });
  });

  it('takes a key with thousands of values for unique', () => {
    const many = spans(1, 4000, (n) => ({ id: `${n % 1500}` }));
    assert.deepEqual(
      whatDiffers(
        many,
        spans(9000, 1, () => ({})),
      ).filter(({ key }) => key === 'id'),
      [],
    );
  });
});
