import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { buildTrace, buildTraces, serviceName, type TraceTree, type TreeNode, walk } from 'throughline/analysis';
import type { SpanRecord } from '../../src/core/record.ts';
import { checkout, EPOCH_MS, type RecordOptions, record, spanId, TRACE_ID } from './records.ts';

/** A tree as nested ids: `1(2(3)4)` is 3 below 2, and 2 and 4 below 1. */
function shape(nodes: readonly TreeNode[]): string {
  return nodes
    .map(({ span, children }) => {
      const id = String(Number.parseInt(span.spanId, 16));
      return children.length === 0 ? id : `${id}(${shape(children)})`;
    })
    .join(' ');
}

function ids(tree: TraceTree): string[] {
  return [...walk(tree)].map(({ span }) => span.spanId);
}

/** A fixed shuffle: every test run sees the same orders. */
function shuffled<T>(items: readonly T[], seed = 1): T[] {
  const result = [...items];
  let state = seed;
  for (let i = result.length - 1; i > 0; i--) {
    state = (state * 48271) % 2147483647;
    const j = state % (i + 1);
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}

function rootOf(tree: TraceTree): TreeNode {
  const root = tree.roots[0];
  assert.ok(root);
  return root;
}

describe('buildTrace', () => {
  it('nests children and keeps siblings side by side', () => {
    const tree = buildTrace(checkout());
    assert.equal(shape(tree.roots), '1(6(7) 2(3(4(5))) 8(9) 10)');
    assert.deepEqual(tree.orphans, []);
  });

  it('sums the trace up', () => {
    const tree = buildTrace(checkout());
    assert.equal(tree.traceId, TRACE_ID);
    assert.equal(tree.startTimeMs, EPOCH_MS);
    assert.equal(tree.durationMs, 200);
    assert.equal(tree.spanCount, 10);
    assert.deepEqual(tree.services, ['shop', 'stock', 'pricing']);
    assert.equal(tree.errors, 2);
    assert.equal(tree.duplicates, 0);
  });

  it('measures from the first start to the last end, whichever span that is', () => {
    const tree = buildTrace([record({ id: 1, at: 5, took: 10 }), record({ id: 2, parent: 1, at: 2, took: 40 })]);
    assert.equal(tree.startTimeMs, EPOCH_MS + 2);
    assert.equal(tree.durationMs, 40);
  });

  it('gives depth and parent to every node', () => {
    for (const node of walk(buildTrace(checkout()))) {
      assert.equal(node.depth, node.parent ? node.parent.depth + 1 : 0);
      assert.equal(node.span.parentSpanId, node.parent?.span.spanId);
    }
  });

  it('builds the same tree whatever the order of the spans', () => {
    const expected = ids(buildTrace(checkout()));
    for (let seed = 1; seed <= 50; seed++) assert.deepEqual(ids(buildTrace(shuffled(checkout(), seed))), expected);
  });

  it('orders siblings by start, then end, then span id', () => {
    const children = [
      record({ id: 5, parent: 1, at: 3 }),
      record({ id: 4, parent: 1, at: 2, took: 5 }),
      record({ id: 3, parent: 1, at: 2, took: 2 }),
      record({ id: 2, parent: 1, at: 2, took: 2 }),
    ];
    assert.equal(shape(buildTrace([...children, record({ id: 1, took: 9 })]).roots), '1(2 3 4 5)');
  });

  it('takes several roots in time order', () => {
    assert.equal(shape(buildTrace([record({ id: 1, at: 9 }), record({ id: 2, at: 1 })]).roots), '2 1');
  });

  it('gives an empty tree for no spans', () => {
    const tree = buildTrace([]);
    assert.equal(tree.spanCount, 0);
    assert.equal(tree.durationMs, 0);
    assert.deepEqual([...walk(tree)], []);
  });

  it('leaves out spans of another trace', () => {
    const tree = buildTrace([record({ id: 1 }), record({ id: 2, parent: 1, traceId: 'f'.repeat(32) })]);
    assert.equal(shape(tree.roots), '1');
  });
});

describe('buildTrace, orphans', () => {
  it('says that upstream is not reporting when the missing parent is remote', () => {
    const spans = [record({ id: 2, parent: 9, parentIsRemote: true }), record({ id: 3, parent: 2 })];
    const [group] = buildTrace(spans).orphans;
    assert.equal(group?.reason, 'remote-parent-missing');
    assert.equal(group?.missingParentId, spanId(9));
    assert.equal(shape(group?.nodes ?? []), '2(3)');
  });

  it('says that the parent was dropped or is open when it is local', () => {
    const [group] = buildTrace([record({ id: 2, parent: 9 })]).orphans;
    assert.equal(group?.reason, 'local-parent-missing');
  });

  it('groups the children of one missing parent, and believes the local one', () => {
    const remote = record({ id: 2, parent: 9, parentIsRemote: true, at: 1 });
    const { orphans } = buildTrace([record({ id: 4, parent: 8 }), remote, record({ id: 3, parent: 9, at: 2 })]);
    assert.deepEqual(
      orphans.map(({ missingParentId, reason, nodes }) => [missingParentId, reason, shape(nodes)]),
      [
        [spanId(8), 'local-parent-missing', '4'],
        [spanId(9), 'local-parent-missing', '2 3'],
      ],
    );
  });
});

describe('buildTrace, broken input', () => {
  it('keeps the first of repeated span ids and counts the rest', () => {
    const spans = [record({ id: 1 }), record({ id: 2, parent: 1, name: 'first' }), record({ id: 2, name: 'second' })];
    const tree = buildTrace([...spans, record({ id: 2, name: 'third' })]);
    assert.equal(tree.duplicates, 2);
    assert.equal(tree.spanCount, 2);
    assert.equal(rootOf(tree).children[0]?.span.name, 'first');
  });

  it('makes a span that is its own parent a root', () => {
    const tree = buildTrace([record({ id: 1, parent: 1 }), record({ id: 2, parent: 1 })]);
    assert.equal(shape(tree.roots), '1(2)');
    assert.equal(rootOf(tree).cycle, true);
    assert.equal(rootOf(tree).parent, undefined);
  });

  it('cuts a cycle above its earliest span, and keeps what hangs on it', () => {
    const spans = [
      record({ id: 1, parent: 3, at: 5 }),
      record({ id: 2, parent: 1, at: 3 }),
      record({ id: 3, parent: 2, at: 4 }),
      record({ id: 4, parent: 3, at: 1 }),
      record({ id: 7, at: 2 }),
    ];
    for (let seed = 1; seed <= 20; seed++) {
      const tree = buildTrace(shuffled(spans, seed));
      assert.equal(shape(tree.roots), '7 2(3(4 1))');
      assert.deepEqual(
        tree.roots.map(({ cycle, depth }) => [cycle, depth]),
        [
          [false, 0],
          [true, 0],
        ],
      );
    }
  });

  it('loses and repeats nothing, whatever the parents say', () => {
    const spans = fc.array(
      fc.record({
        id: fc.integer({ min: 1, max: 30 }),
        parent: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
        at: fc.integer({ min: 0, max: 5 }),
        took: fc.integer({ min: 0, max: 5 }),
        parentIsRemote: fc.boolean(),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(spans, (options: RecordOptions[]) => {
        const records = options.map(record);
        const tree = buildTrace(records);
        const expected = [...new Set(records.map((span) => span.spanId))].sort();
        assert.deepEqual(ids(tree).sort(), expected);
        assert.equal(tree.spanCount + tree.duplicates, records.length);
        for (const node of walk(tree)) assert.ok(node.parent ? node.parent.children.includes(node) : node.depth === 0);
      }),
    );
  });

  it('gives every order of the same distinct spans the same tree', () => {
    const parents = fc.array(fc.option(fc.integer({ min: 1, max: 25 }), { nil: undefined }), { maxLength: 20 });
    fc.assert(
      fc.property(parents, fc.integer({ min: 1, max: 1e6 }), (list, seed) => {
        const records = list.map((parent, i) => record({ id: i + 1, parent, at: i % 3 }));
        assert.deepEqual(ids(buildTrace(shuffled(records, seed))), ids(buildTrace(records)));
      }),
    );
  });
});

describe('buildTrace, transit', () => {
  const call = record({ id: 1, kind: 'client', at: 0, took: 100 });

  function transitBelow(parent: SpanRecord, options: Partial<RecordOptions>): TreeNode['transit'] {
    const answer = record({ id: 2, parent: 1, parentIsRemote: true, kind: 'server', service: 'stock', ...options });
    return rootOf(buildTrace([parent, answer])).children[0]?.transit;
  }

  it('gives a remote edge the time there and back', () => {
    assert.deepEqual(transitBelow(call, { at: 10, took: 85 }), { requestMs: 10, responseMs: 5, clockSkewed: false });
  });

  it('takes an edge between two instances of a service, or two services, for remote', () => {
    assert.ok(transitBelow(call, { parentIsRemote: false, service: 'stock' }));
    const resource = { attributes: { 'service.name': 'shop', 'service.instance.id': 'shop-2' } };
    assert.ok(transitBelow(call, { parentIsRemote: false, resource }));
  });

  it('gives an edge inside a process none', () => {
    assert.equal(transitBelow(call, { parentIsRemote: false, service: 'shop' }), undefined);
  });

  it('marks a child that starts before its parent', () => {
    assert.deepEqual(transitBelow(call, { at: -20, took: 50 }), { requestMs: -20, responseMs: 70, clockSkewed: true });
  });

  it('marks a shorter child that ends after its client', () => {
    assert.equal(transitBelow(call, { at: 80, took: 50 })?.clockSkewed, true);
  });

  it('does not blame the clock of a server that outlives an impatient client', () => {
    assert.equal(transitBelow(call, { at: 5, took: 300 })?.clockSkewed, false);
  });

  it('does not blame the clock of a consumer that works after its producer is done', () => {
    const publish = record({ id: 1, kind: 'producer', took: 2 });
    assert.equal(transitBelow(publish, { at: 500, took: 1, kind: 'consumer' })?.clockSkewed, false);
  });

  it('forgives the millisecond that wall clocks and close events are off', () => {
    assert.equal(transitBelow(call, { at: -0.8, took: 90 })?.clockSkewed, false);
    assert.equal(transitBelow(call, { at: 1, took: 99.9 })?.clockSkewed, false);
  });
});

describe('buildTrace, large traces', () => {
  it('assembles 200,000 shuffled spans', () => {
    const spans = Array.from({ length: 200_000 }, (_, i) => {
      return record({ id: i + 1, parent: i === 0 ? undefined : ((i - 1) >> 1) + 1, at: i });
    });
    const tree = buildTrace(shuffled(spans));
    assert.equal(tree.spanCount, 200_000);
    let visited = 0;
    let deepest = 0;
    for (const node of walk(tree)) {
      visited++;
      deepest = Math.max(deepest, node.depth);
    }
    assert.equal(visited, 200_000);
    assert.equal(deepest, 17);
  });

  it('assembles 20,000 siblings in order', () => {
    const spans = Array.from({ length: 20_001 }, (_, i) => record({ id: i + 1, parent: i ? 1 : undefined, at: i }));
    const { children } = rootOf(buildTrace(shuffled(spans)));
    assert.equal(children.length, 20_000);
    assert.ok(children.every(({ span }, i) => span.spanId === spanId(i + 2)));
  });

  it('assembles a chain 5,000 deep, and a cycle as long', () => {
    const chain = Array.from({ length: 5_000 }, (_, i) => record({ id: i + 1, parent: i || undefined, at: i }));
    assert.equal([...walk(buildTrace(shuffled(chain)))].at(-1)?.depth, 4_999);
    const cycle = [...chain.slice(1), record({ id: 1, parent: 5_000 })];
    const tree = buildTrace(shuffled(cycle));
    assert.equal([...walk(tree)].at(-1)?.depth, 4_999);
    assert.equal(rootOf(tree).cycle, true);
  });
});

describe('buildTraces', () => {
  it('groups by trace id, in order of first start', () => {
    const late = { traceId: 'a'.repeat(32) };
    const early = { traceId: 'b'.repeat(32) };
    const spans = [
      record({ id: 1, at: 5, ...late }),
      record({ id: 1, at: 3, ...early }),
      record({ id: 2, parent: 1, at: 4, ...early }),
      record({ id: 2, parent: 1, at: 6, ...late }),
    ];
    const trees = buildTraces(spans);
    assert.deepEqual(
      trees.map(({ traceId, roots }) => [traceId, shape(roots)]),
      [
        [early.traceId, '1(2)'],
        [late.traceId, '1(2)'],
      ],
    );
    assert.deepEqual(buildTraces([]), []);
  });
});

describe('serviceName', () => {
  it('reads the resource, and has a name for spans without one', () => {
    assert.equal(serviceName(record({ id: 1, service: 'pricing' })), 'pricing');
    assert.equal(serviceName(record({ id: 1, resource: { attributes: {} } })), 'unknown_service');
  });
});
