import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { buildTrace } from 'throughline/analysis';
import { drawTree } from '../../src/terminal/tree.ts';
import { checkout, record } from '../analysis/records.ts';
import { anySpans, flawsOf, HOSTILE, uncoloured } from './drawings.ts';

describe('drawTree', () => {
  it('draws a line a span with service, duration, mark and status', () => {
    assert.equal(
      drawTree(buildTrace(checkout()), { width: 80 }),
      `
trace 4bf92f3577b34da6a3ce929d0e0e4736 · 10 spans · 3 services · 2 errors
GET /checkout/:id  shop              200 ms    200
├─ GET → stock                      20.0 ms  ✗ 503
│  └─ GET /stock/:sku  stock        16.0 ms  ✗ 503
├─ GET → pricing                    80.0 ms    200
│  └─ GET /prices/:sku  pricing     76.0 ms    200
│     └─ GET → stock                40.0 ms    200
│        └─ GET /stock/:sku  stock  38.0 ms    200
├─ GET → stock                       100 ms    200  attempt 2
│  └─ GET /stock/:sku  stock        50.0 ms    200  transit 50.0 ms
└─ order placed                        0 ms
`.trim(),
    );
  });

  it('lists orphans under the parent they miss', () => {
    const spans = [record({ id: 2, parent: 9, parentIsRemote: true }), record({ id: 3, parent: 2 })];
    assert.equal(
      drawTree(buildTrace(spans)),
      `
trace 4bf92f3577b34da6a3ce929d0e0e4736 · 2 spans · shop
missing parent 0000000000000009 (its service is not reporting)
span 2  shop  1.00 ms
└─ span 3     1.00 ms
`.trim(),
    );
  });

  it('adopts remote orphans, or all, as roots when asked', () => {
    const spans = [record({ id: 2, parent: 9, parentIsRemote: true }), record({ id: 3, parent: 8 })];
    const trace = buildTrace(spans);
    assert.doesNotMatch(drawTree(trace, { adopt: 'remote' }), /missing parent 0000000000000009/);
    assert.match(drawTree(trace, { adopt: 'remote' }), /missing parent 0000000000000008/);
    assert.doesNotMatch(drawTree(trace, { adopt: 'all' }), /missing/);
  });

  it('ends the header with the remark', () => {
    assert.match(drawTree(buildTrace(checkout()), { remark: 'late' }), /^trace .* · late\n/);
  });

  it('takes a second header line when one is too narrow', () => {
    assert.match(
      drawTree(buildTrace(checkout()), { width: 50 }),
      /^trace [0-9a-f]{32}\n10 spans · 3 services · 2 errors\n/,
    );
  });

  it('stops after maxRows', () => {
    assert.match(drawTree(buildTrace(checkout()), { maxRows: 4 }), /\n… 6 more spans$/);
  });

  it('shows hostile names as escapes, within the width', () => {
    const spans = HOSTILE.map((name, i) => record({ id: i + 1, name, service: name, parent: i || undefined }));
    for (const width of [40, 60, 100, 300])
      assert.deepEqual(flawsOf(drawTree(buildTrace(spans), { width }), width), []);
    assert.match(drawTree(buildTrace(spans)), /\\x1b\[2J/);
  });

  it('colours only when asked', () => {
    const coloured = drawTree(buildTrace(checkout()), { color: true });
    const plain = drawTree(buildTrace(checkout()));
    assert.notEqual(coloured, plain);
    assert.equal(uncoloured(coloured), plain);
  });

  it('is never too wide, never has trailing spaces or control characters', () => {
    fc.assert(
      fc.property(anySpans, fc.integer({ min: 40, max: 300 }), fc.boolean(), (spans, width, color) => {
        assert.deepEqual(flawsOf(drawTree(buildTrace(spans), { width, color }), width), []);
      }),
    );
  });
});
