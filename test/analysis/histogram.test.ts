import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { boundsOf, bucketOf, Histogram } from 'throughline/analysis';

/** The promise of the class for any quantile, and room for the last bit of a double. */
const WORST_ERROR = 0.045;

const durations = fc.array(fc.double({ min: 1e-5, max: 1e7, noNaN: true }), { minLength: 1, maxLength: 60 });
const SEED = { seed: 7, numRuns: 150 };

function histogramOf(list: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const ms of list) histogram.add(ms);
  return histogram;
}

/** By nearest rank, of the durations themselves. */
function exactQuantile(list: readonly number[], q: number): number {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] ?? Number.NaN;
}

describe('bucketOf', () => {
  it('gives a duration the bucket whose bounds hold it', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-5, max: 1e9, noNaN: true }), (ms) => {
        const { fromMs, toMs } = boundsOf(bucketOf(ms));
        assert.ok(ms >= fromMs * (1 - 1e-12) && ms <= toMs * (1 + 1e-12));
      }),
      SEED,
    );
  });

  it('keeps what no clock measures in its outermost buckets', () => {
    for (const ms of [0, -1, Number.NaN, Number.NEGATIVE_INFINITY, 1e-300]) assert.equal(bucketOf(ms), -320);
    for (const ms of [1e300, Number.POSITIVE_INFINITY]) assert.equal(bucketOf(ms), 640);
    assert.deepEqual(boundsOf(-320).fromMs, 0);
    assert.deepEqual(boundsOf(640).toMs, Number.POSITIVE_INFINITY);
    assert.deepEqual(boundsOf(-9999), boundsOf(-320));
  });

  it('stays what is stored: 16 buckets a doubling, 0 at a millisecond', () => {
    assert.deepEqual([0.5, 1, 2, 100, 1000].map(bucketOf), [-16, 0, 16, 106, 159]);
  });
});

describe('Histogram', () => {
  it('gives exact quantiles by nearest rank where each bucket holds one duration', () => {
    const histogram = histogramOf([50, 10, 40, 20, 30]);
    assert.equal(histogram.count, 5);
    assert.deepEqual(
      [0, 0.2, 0.5, 0.95, 1].map((q) => histogram.quantile(q)),
      [10, 10, 30, 50, 50],
    );
    assert.equal(new Histogram().quantile(0.5), undefined);
  });

  it('is never further off than it says', () => {
    fc.assert(
      fc.property(durations, fc.double({ min: 0, max: 1, noNaN: true }), (list, q) => {
        const exact = exactQuantile(list, q);
        const counted = new Histogram();
        for (const ms of list) counted.addBucket(bucketOf(ms), 1);
        for (const histogram of [histogramOf(list), counted]) {
          const given = histogram.quantile(q) ?? Number.NaN;
          assert.ok(Math.abs(given - exact) <= exact * WORST_ERROR, `${given} for ${exact}`);
        }
      }),
      SEED,
    );
  });

  it('merges to the histogram of the union, whichever is merged into which', () => {
    fc.assert(
      fc.property(durations, durations, (left, right) => {
        const union = histogramOf([...left, ...right]);
        const [ab, ba] = [histogramOf(left), histogramOf(right)];
        ab.merge(histogramOf(right));
        ba.merge(histogramOf(left));
        for (const merged of [ab, ba]) {
          assert.equal(merged.count, union.count);
          assert.deepEqual(merged.counts(), union.counts());
          const [given, expected] = [merged.quantile(0.9) ?? 0, union.quantile(0.9) ?? 0];
          assert.ok(Math.abs(given - expected) <= expected * 1e-9);
        }
      }),
      SEED,
    );
  });

  it('doubles when it is merged into itself', () => {
    const histogram = histogramOf([10, 20]);
    histogram.merge(histogram);
    assert.equal(histogram.count, 4);
  });

  it('comes back from its counts', () => {
    const before = histogramOf([0, 12, 12, 0.4, 900]);
    const after = new Histogram();
    for (const [index, count] of Object.entries(JSON.parse(JSON.stringify(before.counts())))) {
      after.addBucket(Number(index), Number(count));
    }
    assert.deepEqual(after.counts(), before.counts());
    assert.equal(after.count, 5);
  });

  it('leaves out counts that are none', () => {
    const histogram = new Histogram();
    for (const count of [0, -1, 1.5, Number.NaN]) histogram.addBucket(3, count);
    for (const index of [1.5, Number.NaN]) histogram.addBucket(index, 1);
    assert.equal(histogram.count, 0);
    histogram.addBucket(99_999, 1);
    assert.deepEqual(histogram.counts(), { '640': 1 });
  });

  it('names a trace near a quantile, the same for any order', () => {
    const orders = [
      [100, 'b'],
      [100, 'a'],
      [5, 'c'],
    ] as const;
    for (const order of [orders, orders.toReversed()]) {
      const histogram = new Histogram();
      for (const [ms, traceId] of order) histogram.add(ms, traceId);
      histogram.add(100);
      assert.equal(histogram.exemplar(0.99), 'a');
      assert.equal(histogram.exemplar(0.1), 'c');
    }
  });
});
