import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  alignedTimes,
  buildTrace,
  type CriticalPath,
  criticalPath,
  entryOf,
  recordedTimes,
  selfTimeOf,
  walk,
} from 'throughline/analysis';
import type { SpanRecord } from '../../src/core/record.ts';
import { EPOCH_MS, record, spanId } from './records.ts';
import { call, request, served } from './traces.ts';

/** Sections in brief: span number, from, to. */
function brief(path: CriticalPath): [id: number, from: number, to: number][] {
  return path.sections.map(({ node, fromMs, toMs }) => [
    Number.parseInt(node.span.spanId, 16),
    fromMs - EPOCH_MS,
    toMs - EPOCH_MS,
  ]);
}

function pathOf(spans: readonly SpanRecord[]): ReturnType<typeof brief> {
  return brief(criticalPath(buildTrace(spans)));
}

describe('criticalPath', () => {
  it('walks back from the end: the child that ended last, then the one that ended before it began', () => {
    const spans = [request(100), call(2, 10, 30), call(3, 15, 20), call(4, 50, 30), call(5, 55, 10)];
    assert.deepEqual(pathOf(spans), [
      [1, 0, 10],
      [2, 10, 40],
      [1, 40, 50],
      [4, 50, 80],
      [1, 80, 100],
    ]);
  });

  it('goes down into the children of children', () => {
    const spans = [request(100), call(2, 10, 80), served(3, 2, 15, 60), call(4, 20, 40, { parent: 3 })];
    assert.deepEqual(pathOf(spans), [
      [1, 0, 10],
      [2, 10, 15],
      [3, 15, 20],
      [4, 20, 60],
      [3, 60, 75],
      [2, 75, 90],
      [1, 90, 100],
    ]);
  });

  it('passes over a child that still ran when the next step had begun', () => {
    const spans = [request(130), call(2, 0, 100), call(3, 50, 70)];
    assert.deepEqual(pathOf(spans), [
      [1, 0, 50],
      [3, 50, 120],
      [1, 120, 130],
    ]);
  });

  it('cuts a child to its parent, at both ends', () => {
    const spans = [request(100), call(2, -10, 40), call(3, 60, 300)];
    assert.deepEqual(pathOf(spans), [
      [2, 0, 30],
      [1, 30, 60],
      [3, 60, 100],
    ]);
  });

  it('leaves out what nobody waits for', () => {
    const late = call(2, 100, 50);
    const message = call(3, 20, 5, { kind: 'producer', name: 'send' });
    const consumer = record({ id: 4, parent: 3, at: 22, took: 30, kind: 'consumer', parentIsRemote: true });
    assert.deepEqual(pathOf([request(100), late, message, consumer]), [
      [1, 0, 20],
      [3, 20, 25],
      [1, 25, 100],
    ]);
  });

  it('takes the longest root for the entry, and an orphan where there is none', () => {
    const roots = buildTrace([record({ id: 1, took: 5 }), record({ id: 2, at: 3, took: 50 })]);
    assert.equal(entryOf(roots)?.span.spanId, spanId(2));
    assert.equal(entryOf(buildTrace([record({ id: 3, parent: 9 })]))?.span.spanId, spanId(3));
    assert.deepEqual(criticalPath(buildTrace([])).sections, []);
  });

  it('explains the trace where a cycle was cut', () => {
    const circle = [record({ id: 1, parent: 2, took: 10 }), record({ id: 2, parent: 1, at: 2, took: 5 })];
    assert.deepEqual(pathOf(circle), [
      [1, 0, 2],
      [2, 2, 7],
      [1, 7, 10],
    ]);
  });

  it('moves a server whose clock is off into its client, and leaves it where it was when asked', () => {
    const spans = [request(100), call(2, 10, 80), served(3, 2, -5000, 60), call(4, -4990, 40, { parent: 3 })];
    assert.deepEqual(pathOf(spans), [
      [1, 0, 10],
      [2, 10, 20],
      [3, 20, 30],
      [4, 30, 70],
      [3, 70, 80],
      [2, 80, 90],
      [1, 90, 100],
    ]);
    const tree = buildTrace(spans);
    assert.deepEqual(brief(criticalPath(tree, recordedTimes)), [
      [1, 0, 10],
      [2, 10, 90],
      [1, 90, 100],
    ]);
    const times = alignedTimes(tree);
    for (const node of walk(tree)) assert.equal(times.startOf(node) - times.shiftOf(node), node.span.startTimeMs);
  });

  it('says when it was in a span or below it, and how long each worked itself', () => {
    const { visits, ownMs } = criticalPath(buildTrace([request(100), call(2, 10, 80), served(3, 2, 15, 60)]));
    const named = (map: ReadonlyMap<{ span: SpanRecord }, unknown>) =>
      Object.fromEntries([...map].map(([{ span }, value]) => [Number.parseInt(span.spanId, 16), value]));
    assert.deepEqual(named(visits), {
      1: { fromMs: EPOCH_MS, toMs: EPOCH_MS + 100 },
      2: { fromMs: EPOCH_MS + 10, toMs: EPOCH_MS + 90 },
      3: { fromMs: EPOCH_MS + 15, toMs: EPOCH_MS + 75 },
    });
    assert.deepEqual(named(ownMs), { 1: 20, 2: 20, 3: 60 });
  });

  it('takes 20,000 siblings, 5,000 levels, and 200,000 spans', () => {
    const wide = Array.from({ length: 20_001 }, (_, i) => (i === 0 ? request(20_001) : call(i + 1, i, 0.9)));
    assert.equal(criticalPath(buildTrace(wide)).sections.length, 40_001);
    const deep = Array.from({ length: 5_000 }, (_, i) =>
      record({ id: i + 1, parent: i || undefined, at: i, took: 10_000 - 2 * i }),
    );
    assert.equal(criticalPath(buildTrace(deep)).sections.length, 9_999);
    const large = Array.from({ length: 200_000 }, (_, i) =>
      record({ id: i + 1, parent: i === 0 ? undefined : ((i - 1) >> 1) + 1, at: i, took: 400_000 - i }),
    );
    const path = criticalPath(buildTrace(large));
    assert.equal(path.visits.size, 18, 'one span a level');
  });
});

describe('for any trace', () => {
  const anyTrace = fc
    .array(
      fc.record({
        parent: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
        at: fc.oneof(fc.integer({ min: -20, max: 60 }), fc.double({ min: -20, max: 60, noNaN: true })),
        took: fc.oneof(
          fc.integer({ min: 0, max: 80 }),
          fc.double({ min: 0, max: 80, noNaN: true }),
          fc.constant(Number.NaN),
        ),
        kind: fc.constantFrom('internal', 'server', 'client', 'producer', 'consumer'),
        service: fc.constantFrom('shop', 'stock'),
        parentIsRemote: fc.boolean(),
      }),
      { maxLength: 30 },
    )
    .map((list) => list.map((facts, i) => record({ id: i + 1, ...facts })));
  const SEED = { seed: 11, numRuns: 200 };

  it('the sections tile the interval of the entry', () => {
    fc.assert(
      fc.property(anyTrace, (spans) => {
        const { entry, sections } = criticalPath(buildTrace(spans));
        if (!entry || sections.length === 0) return;
        assert.equal(sections[0]?.fromMs, entry.span.startTimeMs);
        assert.equal(sections.at(-1)?.toMs, entry.span.startTimeMs + entry.span.durationMs);
        for (const [i, { fromMs, toMs }] of sections.entries()) {
          assert.ok(fromMs < toMs);
          if (i > 0) assert.equal(fromMs, sections[i - 1]?.toMs);
        }
      }),
      SEED,
    );
  });

  it('no self time is negative or longer than its span, by either clock', () => {
    fc.assert(
      fc.property(anyTrace, (spans) => {
        const tree = buildTrace(spans);
        for (const times of [recordedTimes, alignedTimes(tree)]) {
          for (const node of walk(tree)) {
            const selfMs = selfTimeOf(node, times);
            assert.ok(selfMs >= 0 && selfMs <= (node.span.durationMs || 0));
          }
        }
      }),
      SEED,
    );
  });

  it('the tree is a permutation of the spans, and the path the same for any order of them', () => {
    fc.assert(
      fc.property(anyTrace, (spans) => {
        const tree = buildTrace(spans);
        const visited = new Set([...walk(tree)].map(({ span }) => span));
        assert.deepEqual([visited.size, tree.spanCount], [spans.length, spans.length]);
        assert.ok(spans.every((span) => visited.has(span)));
        assert.deepEqual(pathOf(spans.toReversed()), pathOf(spans));
      }),
      SEED,
    );
  });
});
