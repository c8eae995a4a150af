import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { sortedOrder } from '../../src/analysis/sorted-order.ts';
import { EPOCH_MS } from './records.ts';

/** By start, equal ones by place: what a plain sort gives. */
function plain(starts: readonly number[]): number[] {
  return [...starts.keys()].sort((a, b) => (starts[a] ?? 0) - (starts[b] ?? 0) || a - b);
}

function packed(starts: readonly number[]): number[] {
  return [...sortedOrder(Float64Array.from(starts), (a, b) => (starts[a] ?? 0) - (starts[b] ?? 0) || a - b)];
}

describe('sortedOrder', () => {
  it('is that of a plain sort: equal times, fractions, and times that span years', () => {
    const near = fc.double({ min: EPOCH_MS, max: EPOCH_MS + 50, noNaN: true });
    const coarse = fc.integer({ min: EPOCH_MS, max: EPOCH_MS + 5 });
    const fine = fc.integer({ min: 0, max: 40 }).map((n) => n / 100_000);
    const far = fc.double({ min: -1e12, max: 1e13, noNaN: true });
    for (const start of [near, coarse, fine, far]) {
      fc.assert(
        fc.property(fc.array(start, { maxLength: 60 }), (starts) => {
          assert.deepEqual(packed(starts), plain(starts));
        }),
        { seed: 41, numRuns: 60 },
      );
    }
  });

  it('leaves what is no time to the comparison', () => {
    const order = sortedOrder(Float64Array.from([Number.NaN, 2, 1]), (a, b) => b - a);
    assert.deepEqual([...order], [2, 1, 0]);
    assert.deepEqual([...sortedOrder(new Float64Array(0), () => 0)], []);
  });
});
