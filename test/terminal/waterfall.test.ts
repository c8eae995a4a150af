import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { buildTrace } from 'throughline/analysis';
import { displayWidth } from '../../src/terminal/text.ts';
import { drawWaterfall } from '../../src/terminal/waterfall.ts';
import { checkout, type RecordOptions, record } from '../analysis/records.ts';
import { anySpans, flawsOf, HOSTILE, uncoloured } from './drawings.ts';

function draw(spans: readonly RecordOptions[], width = 100): string {
  return drawWaterfall(buildTrace(spans.map(record)), { width });
}

describe('drawWaterfall', () => {
  it('draws a trace through three services at 100 columns', () => {
    assert.equal(
      drawWaterfall(buildTrace(checkout()), { width: 100 }),
      `
GET /checkout/:id · 200 ms · 2 errors
trace 4bf92f3577b34da6a3ce929d0e0e4736 · 10 spans · 3 services
                                      0                      200 ms
shop     GET /checkout/:id            █████████████████████████████   200 ms    200
         ├─ GET → stock                ▐██▍                          20.0 ms  ✗ 503
stock    │  └─ GET /stock/:sku         ▕██                           16.0 ms  ✗ 503
shop     ├─ GET → pricing              ▐███████████                  80.0 ms    200
pricing  │  └─ GET /prices/:sku        ▕██████████▊                  76.0 ms    200
         │     └─ GET → stock           ▕█████▊                      40.0 ms    200
stock    │        └─ GET /stock/:sku     █████▌                      38.0 ms    200
shop     ├─ GET → stock                      ▐█████████████▊          100 ms    200  attempt 2
stock    │  └─ GET /stock/:sku                  ▕███████▏            50.0 ms    200  transit 50.0 ms
shop     └─ order placed                                     •          0 ms
`.trim(),
    );
  });

  it('drops remarks and shortens names at 60 columns', () => {
    assert.equal(
      drawWaterfall(buildTrace(checkout()), { width: 60 }),
      `
GET /checkout/:id · 200 ms · 2 errors · 3 services
trace 4bf92f3577b34da6a3ce929d0e0e4736 · 10 spans
                            0      200 ms
shop     GET /checkout/:id  █████████████   200 ms    200
         ├ GET → stock      ▐█             20.0 ms  ✗ 503
stock    │ └ GET /stock/:…  ▕▉             16.0 ms  ✗ 503
shop     ├ GET → pricing    ▐████▉         80.0 ms    200
pricing  │ └ GET /prices/…  ▕████▊         76.0 ms    200
         │   └ GET → stock   ▐█▉           40.0 ms    200
stock    │     └ GET /sto…   ▐█▉           38.0 ms    200
shop     ├ GET → stock         ▐█████▊      100 ms    200
stock    │ └ GET /stock/:…      ▕███▏      50.0 ms    200
shop     └ order placed               •       0 ms
`.trim(),
    );
  });

  it('drops the service column at 40 columns', () => {
    const drawing = drawWaterfall(buildTrace(checkout()), { width: 40 });
    assert.doesNotMatch(drawing, /^pricing/m);
    assert.match(drawing, /✗ 503$/m);
    assert.deepEqual(flawsOf(drawing, 40), []);
  });

  it('has one header line where there is room, and no service column for one service', () => {
    assert.equal(
      draw([
        { id: 1, took: 10 },
        { id: 2, parent: 1, at: 5, took: 5 },
      ]),
      `
span 1 · 10.0 ms · 2 spans · shop · trace 4bf92f3577b34da6a3ce929d0e0e4736
           0                                    5.00 ms                             10.0 ms
span 1     ████████████████████████████████████████████████████████████████████████████████  10.0 ms
└─ span 2                                          ████████████████████████████████████████  5.00 ms
`.trim(),
    );
  });

  it('puts spans with a missing parent into sections that say why', () => {
    const drawing = draw([
      { id: 1, took: 10 },
      { id: 2, parent: 240, at: 2 },
      { id: 3, parent: 250, at: 4, parentIsRemote: true, service: 'ledger' },
      { id: 4, parent: 3, at: 4, service: 'ledger' },
    ]);
    assert.match(drawing, /^missing parent 00000000000000f0 \(dropped, or not ended yet\)\nshop {4}span 2 /m);
    assert.match(
      drawing,
      /^missing parent 00000000000000fa \(its service is not reporting\)\nledger {2}span 3 .*\n {8}└─/m,
    );
  });

  it('marks clock skew instead of transit', () => {
    const call = { id: 1, kind: 'client', took: 100 } as const;
    const drawing = draw([call, { id: 2, parent: 1, at: -30, took: 50, parentIsRemote: true, service: 'stock' }]);
    assert.match(drawing, /clock skew$/m);
    assert.doesNotMatch(drawing, /transit/);
  });

  it('keeps quiet about transit that is a small part of the call', () => {
    const call = { id: 1, kind: 'client', took: 100 } as const;
    const drawing = draw([call, { id: 2, parent: 1, at: 5, took: 90, parentIsRemote: true, service: 'stock' }]);
    assert.doesNotMatch(drawing, /transit/);
  });

  it('names the address a client called when nobody there reports', () => {
    const tags = { 'server.address': 'api.example.com', 'server.port': 443, 'error.type': 'ECONNREFUSED' };
    const drawing = draw([{ id: 1, kind: 'client', name: 'GET', failed: true, tags }]);
    assert.match(drawing, /^GET → api\.example\.com:443 .*✗ ECONNREFUSED$/m);
  });

  it('marks a span that failed without a reason', () => {
    assert.match(draw([{ id: 1, failed: true }]), / {2}✗$/m);
  });

  it('marks a cut cycle and counts repeated ids', () => {
    const drawing = draw([
      { id: 1, parent: 1 },
      { id: 1, parent: 1 },
    ]);
    assert.match(drawing, /1 duplicate/);
    assert.match(drawing, /cycle$/m);
  });

  it('draws a trace without spans', () => {
    assert.match(drawWaterfall(buildTrace([])), /^no spans · 0 ms · 0 spans/);
  });

  it('shows a point for every span of a trace that took no time', () => {
    assert.match(draw([{ id: 1, took: 0 }]), /^span 1 {2}• +0 ms$/m);
  });

  it('numbers the levels of a tree too deep to indent', () => {
    const chain = Array.from({ length: 3000 }, (_, i) => ({ id: i + 1, parent: i || undefined, at: i }));
    const drawing = draw(chain);
    assert.match(drawing, /^…1500 └─ span 1501 /m);
    assert.deepEqual(flawsOf(drawing, 100), []);
  });

  it('stops after maxRows and says how much was left out', () => {
    const spans = Array.from({ length: 5000 }, (_, i) =>
      record({ id: i + 1, parent: i ? 1 : undefined, failed: i >= 4990 }),
    );
    const lines = drawWaterfall(buildTrace(spans)).split('\n');
    assert.equal(lines.length, 2000 + 3);
    assert.equal(lines.at(-1), '… 3,000 more spans, 10 failed');
    assert.equal(drawWaterfall(buildTrace(spans), { maxRows: 10 }).split('\n').length, 10 + 3);
  });

  it('keeps room for orphans in a trace that is too large', () => {
    const spans = Array.from({ length: 50 }, (_, i) => record({ id: i + 1, parent: i ? 1 : undefined }));
    const drawing = drawWaterfall(buildTrace([...spans, record({ id: 99, parent: 98 })]), { maxRows: 20 });
    assert.match(drawing, /^missing parent/m);
    assert.match(drawing, /^… 35 more spans$/m);
  });

  it('keeps its columns aligned under hostile names', () => {
    const spans = HOSTILE.map((name, i) => ({ id: i + 1, name, service: name, failed: i % 2 === 0, took: 10 }));
    for (const width of [40, 60, 80, 120, 300]) {
      const drawing = draw(spans, width);
      assert.deepEqual(flawsOf(drawing, width), []);
      const bars = drawing.split('\n').filter((line) => line.includes('█'));
      assert.equal(bars.length, spans.length);
      assert.equal(new Set(bars.map((line) => displayWidth(line.slice(0, line.indexOf('█'))))).size, 1);
    }
  });

  it('colours only when asked, and says the same then', () => {
    const trace = buildTrace(checkout());
    const plain = drawWaterfall(trace, { width: 100 });
    const coloured = drawWaterfall(trace, { width: 100, color: true });
    assert.notEqual(coloured, plain);
    assert.deepEqual(flawsOf(plain, 100), []);
    const visible = uncoloured(coloured)
      .split('\n')
      .map((line) => line.trimEnd());
    assert.equal(visible.join('\n'), plain);
  });

  it('clamps the width to 40..300', () => {
    const trace = buildTrace(checkout());
    assert.equal(drawWaterfall(trace, { width: 1 }), drawWaterfall(trace, { width: 40 }));
    assert.equal(drawWaterfall(trace, { width: 1e9 }), drawWaterfall(trace, { width: 300 }));
    assert.equal(drawWaterfall(trace, { width: Number.NaN }), drawWaterfall(trace, { width: 100 }));
  });

  it('is never too wide, never has trailing spaces or control characters', () => {
    fc.assert(
      fc.property(anySpans, fc.integer({ min: 40, max: 300 }), fc.boolean(), (spans, width, color) => {
        assert.deepEqual(flawsOf(drawWaterfall(buildTrace(spans), { width, color }), width), []);
      }),
    );
  });
});
