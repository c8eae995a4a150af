import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { buildTrace, buildTraces, criticalOperations, diffTraces, report } from 'throughline/analysis';
import { drawDiff } from '../../src/terminal/diff.ts';
import { drawReport } from '../../src/terminal/report.ts';
import { checkout, record } from '../analysis/records.ts';
import { get, request, served } from '../analysis/traces.ts';
import { anySpans, flawsOf, HOSTILE, uncoloured } from './drawings.ts';

/** A failed page with two calls in a row. */
const page = [
  request(100, { failed: true }),
  get(2, 10, 30, 'http://pricing:80/prices/1'),
  get(3, 41, 40, 'http://stock:80/stock/1'),
  served(4, 3, 42, 38),
];

describe('drawReport', () => {
  it('shows findings with their evidence, where the time goes, operations and calls', () => {
    const traces = buildTraces(page);
    assert.equal(
      drawReport({ ...report(traces), critical: criticalOperations(traces) }, { width: 90 }),
      `
1 trace · 4 spans · 2 findings  2027-01-15T08:00:00Z to 2027-01-15T08:00:00Z

Findings
  1. error-root-cause · trace 4bf92f3577b34da6a3ce929d0e0e4736
     shop GET /page failed, and nothing below it did
     spans 0000000000000001
  2. sequential · saves up to 30.0 ms · trace 4bf92f3577b34da6a3ce929d0e0e4736
     shop GET /page makes 2 calls in a row: GET → pricing /prices/:id, then GET → stock
     /stock/:sku. If none needs the one before, side by side they save up to 30 ms
     spans 0000000000000002, 0000000000000003

Where the time goes
service  operation        share   itself  traces  saves at most
stock    GET /stock/:sku   38 %  38.0 ms       1        38.0 ms
shop     GET /page         30 %  30.0 ms       1         100 ms
shop     GET → pricing     30 %  30.0 ms       1        30.0 ms
shop     GET → stock        2 %  2.00 ms       1        40.0 ms

Operations
service  operation        kind    count  errors      p50      p95      p99
shop     GET → pricing    client      1       0  30.0 ms  30.0 ms  30.0 ms
shop     GET → stock      client      1       0  40.0 ms  40.0 ms  40.0 ms
shop     GET /page        server      1       1   100 ms   100 ms   100 ms
stock    GET /stock/:sku  server      1       0  38.0 ms  38.0 ms  38.0 ms

Calls
from  to       count  errors      p95
shop  pricing      1       0  30.0 ms
shop  stock        1       0  40.0 ms
`.trim(),
    );
  });

  it('drops columns on a narrow terminal, and breaks sentences', () => {
    const drawing = drawReport(report(buildTraces(page)), { width: 44 });
    assert.deepEqual(flawsOf(drawing, 44), []);
    assert.doesNotMatch(drawing, /p50|kind/);
    assert.match(drawing, /^ {5}trace 4bf92f3577b34da6a3ce929d0e0e4736$/m);
  });

  it('says when there is nothing', () => {
    assert.equal(drawReport(report([])), '0 traces · 0 spans · 0 findings\n\nNo findings.');
  });

  it('counts what it leaves out', () => {
    const names = Array.from({ length: 9 }, (_, n) => record({ id: n + 1, name: `step ${n}` }));
    assert.match(drawReport(report(buildTraces(names)), { maxRows: 2 }), /step 1 .*\n… 7 more$/m);
    const orphans = Array.from({ length: 9 }, (_, n) => record({ id: n + 1, parent: n + 50 }));
    assert.match(drawReport(report(buildTraces(orphans)), { maxRows: 2 }), /\n… 7 more\n\nOperations/);
  });

  it('is never too wide and never holds what a terminal acts on', () => {
    fc.assert(
      fc.property(anySpans, fc.integer({ min: 40, max: 200 }), fc.boolean(), (spans, width, color) => {
        const traces = buildTraces(spans);
        const drawing = drawReport({ ...report(traces), critical: criticalOperations(traces) }, { width, color });
        assert.deepEqual(flawsOf(drawing, width), []);
      }),
      { seed: 23, numRuns: 60 },
    );
  });

  it('shows hostile names in sentences and tables as escapes', () => {
    const spans = HOSTILE.map((name, i) => record({ id: i + 1, name, service: name, failed: true, took: 50 }));
    for (const width of [40, 80, 200]) {
      const [plain, coloured] = [false, true].map((color) => drawReport(report(buildTraces(spans)), { width, color }));
      assert.deepEqual(flawsOf(plain ?? '', width), []);
      assert.equal(uncoloured(coloured ?? ''), plain);
    }
  });
});

describe('drawDiff', () => {
  it('shows what changed at every place, and marks what got slower by more than noise', () => {
    const [entry, ...rest] = checkout();
    assert.ok(entry);
    const slower = [
      { ...entry, durationMs: 290 },
      ...rest,
      record({ id: 50, parent: 1, at: 170, took: 90, name: 'audit' }),
    ];
    assert.equal(
      drawDiff(diffTraces([buildTrace(checkout())], [buildTrace(slower)]), { width: 80 }),
      `
200 ms → 290 ms (+90.0 ms) · 1 trace before, 1 trace after
   span                     service  count   Δ  Δ itself  Δ critical
   GET /checkout/:id        shop         1   =         =           =
     GET                    shop         3   =         =           =
       GET /prices/:sku     pricing      1   =         =           =
         GET → stock        pricing      1   =         =           =
           GET /stock/:sku  stock        1   =         =           =
       GET /stock/:sku      stock        2   =         =           =
     order placed           shop         1   =         =           =
▲    audit                  shop         1  +1  +90.0 ms    +90.0 ms
`.trim(),
    );
  });

  it('is never too wide and never holds what a terminal acts on', () => {
    fc.assert(
      fc.property(
        anySpans,
        anySpans,
        fc.integer({ min: 40, max: 200 }),
        fc.boolean(),
        (before, after, width, color) => {
          const drawing = drawDiff(diffTraces(buildTraces(before), buildTraces(after)), { width, color });
          assert.deepEqual(flawsOf(drawing, width), []);
        },
      ),
      { seed: 29, numRuns: 60 },
    );
  });

  it('counts what it leaves out, and takes nothing on either side', () => {
    const deep = Array.from({ length: 300 }, (_, i) => record({ id: i + 1, parent: i || undefined, name: 'deep' }));
    assert.match(drawDiff(diffTraces([buildTrace(deep)], [])), /\n… 100 more$/);
    assert.match(drawDiff(diffTraces([], [])), /^0 ms → 0 ms \(=\) · 0 traces before, 0 traces after/);
  });
});
