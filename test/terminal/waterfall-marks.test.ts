import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { buildTrace } from 'throughline/analysis';
import type { SpanRecord } from '../../src/core/record.ts';
import { drawMarkedBar } from '../../src/terminal/critical.ts';
import { drawWaterfall } from '../../src/terminal/waterfall.ts';
import { checkout, record } from '../analysis/records.ts';
import { get, request, served } from '../analysis/traces.ts';
import { anySpans, flawsOf, HOSTILE, uncoloured } from './drawings.ts';

/** A page that asks stock six times in a row, once in vain, and then pricing. */
function loop(): SpanRecord[] {
  const rounds = Array.from({ length: 6 }, (_, n) => [
    get(n * 2 + 2, 10 + n * 20, 10 + n, `http://stock/items/${n}`, {
      failed: n === 2,
      tags: { 'error.type': 'timeout' },
    }),
    served(n * 2 + 3, n * 2 + 2, 12 + n * 20, 8),
  ]);
  return [request(170), ...rounds.flat(), get(90, 131, 20, 'http://pricing/prices/1')];
}

describe('drawWaterfall with critical', () => {
  it('draws solid what the trace waited for, shades the rest, and says how long', () => {
    assert.equal(
      drawWaterfall(buildTrace(checkout()), { width: 100, critical: true }),
      `
GET /checkout/:id · 200 ms · 2 errors · █ critical path
trace 4bf92f3577b34da6a3ce929d0e0e4736 · 10 spans · 3 services
                                   0               200 ms
shop     GET /checkout/:id         █░░███░░░░░░░░░░██████   200 ms    200  critical 80.0 ms
         ├─ GET → stock             █░█                    20.0 ms  ✗ 503  critical 4.00 ms
stock    │  └─ GET /stock/:sku      ██░                    16.0 ms  ✗ 503  critical 16.0 ms
shop     ├─ GET → pricing           ░░░░░░░░░              80.0 ms    200
pricing  │  └─ GET /prices/:sku     ░░░░░░░░░              76.0 ms    200
         │     └─ GET → stock        ░░░░░                 40.0 ms    200
stock    │        └─ GET /stock/…    ░░░░░                 38.0 ms    200
shop     ├─ GET → stock                 ███░░░░░████        100 ms    200  critical 50.0 ms
stock    │  └─ GET /stock/:sku             ██████          50.0 ms    200  critical 50.0 ms
shop     └─ order placed                            •         0 ms
`.trim(),
    );
  });

  it('marks a server whose clock is off where it is drawn', () => {
    const drawing = drawWaterfall(
      buildTrace([request(100), get(2, 0, 100, 'http://stock/a'), served(3, 2, 200, 100)]),
      {
        width: 100,
        critical: true,
      },
    );
    assert.match(drawing, /GET \/stock\/:sku {2,}█+ {2}100 ms/);
  });
});

describe('drawWaterfall with collapse', () => {
  it('folds similar siblings into one row with number, median and longest, and leaves the others', () => {
    assert.equal(
      drawWaterfall(buildTrace(loop()), { width: 100, collapse: true }),
      `
GET /page · 170 ms · 1 error · 14 spans · 2 services · trace 4bf92f3577b34da6a3ce929d0e0e4736
                         0            85.0 ms      170 ms
shop  GET /page          ████████████████████████████████   170 ms
      ├─ GET → stock ×6   ▕█████████████████████▌           115 ms  ✗  p50 12.0 ms  1 failed
      └─ GET → pricing                           ▐███▍     20.0 ms
`.trim(),
    );
  });

  it('leaves three siblings as they are', () => {
    const three = [request(50), ...[10, 20, 30].map((at, n) => get(n + 2, at, 5, `http://stock/${n}`))];
    assert.equal(
      drawWaterfall(buildTrace(three), { collapse: true }),
      drawWaterfall(buildTrace(three), { collapse: false }),
    );
  });

  it('marks a fold where the trace waited for one of its spans', () => {
    const drawing = drawWaterfall(buildTrace(loop()), { width: 200, collapse: true, critical: true });
    assert.match(drawing, /×6 +█+░+█.* critical 75\.0 ms/);
  });

  it('folds below a missing parent too, and leaves the given trace as it was', () => {
    const trace = buildTrace(loop().slice(1));
    const before = drawWaterfall(trace);
    const spans = Array.from({ length: 5 }, (_, n) => get(n + 20, n * 10, 5, 'http://stock/a', { parent: 2 }));
    assert.match(
      drawWaterfall(buildTrace([...loop().slice(1), ...spans]), { collapse: true }),
      /missing parent.*[\s\S]*×5/,
    );
    drawWaterfall(trace, { collapse: true });
    assert.equal(drawWaterfall(trace), before);
  });

  it('takes 20,000 siblings and 5,000 levels', () => {
    const wide = Array.from({ length: 20_001 }, (_, i) =>
      i === 0 ? request(20_001) : get(i + 1, i, 1, 'http://stock/a'),
    );
    assert.match(drawWaterfall(buildTrace(wide), { collapse: true, critical: true }), /GET → stock ×20,000/);
    const deep = Array.from({ length: 5_000 }, (_, i) => record({ id: i + 1, parent: i || undefined, name: 'deep' }));
    assert.match(drawWaterfall(buildTrace(deep), { collapse: true, critical: true }), /more spans$/);
  });
});

describe('drawWaterfall with both', () => {
  it('is never too wide, never has trailing spaces or control characters, whatever the spans say', () => {
    fc.assert(
      fc.property(anySpans, fc.integer({ min: 40, max: 300 }), fc.boolean(), (spans, width, color) => {
        const options = { width, color, critical: true, collapse: true };
        assert.deepEqual(flawsOf(drawWaterfall(buildTrace(spans), options), width), []);
      }),
      { seed: 17, numRuns: 60 },
    );
  });

  it('shows hostile names of folded spans as escapes, with and without colour', () => {
    for (const name of HOSTILE) {
      const spans = [request(9), ...[2, 3, 4, 5].map((id) => record({ id, parent: 1, name, service: name }))];
      const trace = buildTrace(spans);
      const [plain, coloured] = [false, true].map((color) =>
        drawWaterfall(trace, { width: 80, color, critical: true, collapse: true }),
      );
      assert.deepEqual(flawsOf(plain ?? '', 80), []);
      assert.equal(uncoloured(coloured ?? ''), plain);
    }
  });
});

describe('drawMarkedBar', () => {
  it('is as wide as the axis, whatever the fractions', () => {
    const fraction = fc.oneof(fc.double({ min: -1, max: 2 }), fc.constant(Number.NaN));
    fc.assert(
      fc.property(
        fraction,
        fraction,
        fc.array(fc.tuple(fraction, fraction), { maxLength: 4 }),
        fc.integer({ min: 1, max: 40 }),
        (start, end, marks, cells) => assert.equal(drawMarkedBar(start, end, marks, cells).length, cells),
      ),
      { seed: 2, numRuns: 200 },
    );
    assert.equal(drawMarkedBar(0.1, 0.9, [[0.3, 0.5]], 10), ' ░░██░░░░ ');
    assert.equal(drawMarkedBar(0.5, 0.5, [], 4), '  • ');
  });
});
