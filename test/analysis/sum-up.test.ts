import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { sumUp } from 'throughline/analysis';
import { record } from './records.ts';

describe('sumUp', () => {
  it('counts calls, total and self time by name, the longest total first', () => {
    const spans = [
      record({ id: 1, name: 'a', at: 0, took: 10 }),
      record({ id: 2, parent: 1, name: 'b', at: 2, took: 3 }),
      record({ id: 3, parent: 1, name: 'b', at: 6, took: 2 }),
      record({ id: 4, name: 'alone', at: 50, took: 1, traceId: 'f'.repeat(32) }),
    ];
    assert.deepEqual(sumUp(spans.toReversed()), [
      { name: 'a', calls: 1, totalMs: 10, selfMs: 5 },
      { name: 'b', calls: 2, totalMs: 5, selfMs: 5 },
      { name: 'alone', calls: 1, totalMs: 1, selfMs: 1 },
    ]);
  });

  it('takes off children side by side once, and none of them beyond its parent', () => {
    const spans = [
      record({ id: 1, name: 'parent', at: 10, took: 20 }),
      record({ id: 2, parent: 1, name: 'early', at: 5, took: 6 }), // covers 10 to 11
      record({ id: 3, parent: 1, name: 'long', at: 14, took: 6 }), // covers 14 to 20
      record({ id: 4, parent: 1, name: 'inside long', at: 15, took: 2 }),
      record({ id: 5, parent: 1, name: 'overlapping', at: 18, took: 4 }), // covers 20 to 22
      record({ id: 6, parent: 1, name: 'late', at: 28, took: 10 }), // covers 28 to 30
      record({ id: 7, parent: 1, name: 'after', at: 40, took: 1 }),
    ];
    assert.equal(sumUp(spans).find(({ name }) => name === 'parent')?.selfMs, 20 - 1 - 6 - 2 - 2);
  });

  it('counts orphans and cycles, and a repeated span once', () => {
    const orphan = record({ id: 2, parent: 99, name: 'orphan', took: 4 });
    const circle = [record({ id: 3, parent: 4, name: 'circle' }), record({ id: 4, parent: 3, name: 'circle' })];
    const sums = sumUp([orphan, orphan, ...circle]);
    assert.deepEqual(
      sums.map(({ name, calls }) => [name, calls]),
      [
        ['orphan', 1],
        ['circle', 2],
      ],
    );
    assert.deepEqual(sumUp([]), []);
  });

  it('takes a trace of any depth', () => {
    const spans = Array.from({ length: 100_000 }, (_, n) =>
      record({ id: n + 1, name: 'deep', at: 0, took: 1, ...(n > 0 && { parent: n }) }),
    );
    assert.deepEqual(sumUp(spans), [{ name: 'deep', calls: 100_000, totalMs: 100_000, selfMs: 1 }]);
  });

  it('never gives a self time below zero or above the total', () => {
    const anySpan = fc.record({
      parent: fc.nat(20),
      at: fc.double({ min: 0, max: 9, noNaN: true }),
      took: fc.double({ min: 0, max: 9, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(anySpan, { maxLength: 20 }), (list) => {
        const spans = list.map(({ parent, at, took }, n) =>
          record({ id: n + 1, name: String(n), at, took, ...(parent < n && { parent: parent + 1 }) }),
        );
        for (const { selfMs, totalMs } of sumUp(spans)) assert.ok(selfMs >= 0 && selfMs <= totalMs);
      }),
    );
  });
});
