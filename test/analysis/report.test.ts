import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { buildTrace, buildTraces, Operations, report, ServiceGraph } from 'throughline/analysis';
import type { SpanRecord } from '../../src/core/record.ts';
import { checkout, EPOCH_MS, record, TRACE_ID } from './records.ts';
import { call, get, request, served } from './traces.ts';

describe('report', () => {
  it('is plain data: operations, edges and findings of the given traces', () => {
    const spans = [
      request(100),
      get(2, 10, 30, 'http://pricing:80/a'),
      get(3, 41, 40, 'http://stock:80/b', { tags: {} }),
      served(4, 3, 42, 38),
    ];
    const result = report(buildTraces(spans), { from: 5, to: 6 });
    assert.deepEqual(JSON.parse(JSON.stringify(result)), {
      from: 5,
      to: 6,
      traces: 1,
      spans: 4,
      operations: [
        {
          service: 'shop',
          operation: 'GET',
          kind: 'client',
          target: 'pricing',
          count: 1,
          errors: 0,
          p50Ms: 30,
          p95Ms: 30,
          p99Ms: 30,
        },
        {
          service: 'shop',
          operation: 'GET',
          kind: 'client',
          target: 'stock',
          count: 1,
          errors: 0,
          p50Ms: 40,
          p95Ms: 40,
          p99Ms: 40,
        },
        {
          service: 'shop',
          operation: 'GET /page',
          kind: 'server',
          count: 1,
          errors: 0,
          p50Ms: 100,
          p95Ms: 100,
          p99Ms: 100,
        },
        {
          service: 'stock',
          operation: 'GET /stock/:sku',
          kind: 'server',
          count: 1,
          errors: 0,
          p50Ms: 38,
          p95Ms: 38,
          p99Ms: 38,
        },
      ],
      edges: [
        { from: 'shop', to: 'pricing', count: 1, errors: 0, p95Ms: 30 },
        { from: 'shop', to: 'stock', count: 1, errors: 0, p95Ms: 40 },
      ],
      findings: [
        {
          kind: 'sequential',
          traceId: TRACE_ID,
          spanIds: ['0000000000000002', '0000000000000003'],
          service: 'shop',
          operation: 'GET /page',
          target: 'GET → pricing /a, then GET → stock /stock/:sku',
          savingMs: 30,
          totalSavingMs: 30,
          traces: 1,
          share: 1,
          message:
            'shop GET /page makes 2 calls in a row: GET → pricing /a, then GET → stock /stock/:sku. ' +
            'If none needs the one before, side by side they save up to 30 ms',
        },
      ],
    });
  });

  it('covers the traces from first start to last end unless told otherwise, and none', () => {
    const late = record({ id: 1, at: 500, took: 20, traceId: 'a'.repeat(32) });
    const { from, to, traces, spans } = report(buildTraces([...checkout(), late]));
    assert.deepEqual([from, to, traces, spans], [EPOCH_MS, EPOCH_MS + 520, 2, 11]);
    assert.deepEqual(report([]), { from: 0, to: 0, traces: 0, spans: 0, operations: [], edges: [], findings: [] });
    assert.equal(report([buildTrace([])]).traces, 0);
  });

  it('is the same for any order of spans', () => {
    const spans = [0, 1, 2].flatMap((n) => checkout().map((span) => ({ ...span, traceId: String(n).repeat(32) })));
    const expected = report(buildTraces(spans));
    fc.assert(
      fc.property(fc.shuffledSubarray(spans, { minLength: spans.length }), (shuffled) => {
        assert.deepEqual(report(buildTraces(shuffled)), expected);
      }),
      { seed: 3, numRuns: 20 },
    );
  });

  it('takes the traces themselves for what is usual when no history is given', () => {
    const one = (n: number, took: number) => request(took, { traceId: n.toString(16).padStart(32, '0') });
    const traces = Array.from({ length: 30 }, (_, n) => one(n, n === 7 ? 200 : 20));
    const { findings } = report(buildTraces(traces));
    assert.deepEqual(
      findings.map(({ kind, savingMs, traceId }) => [kind, savingMs, traceId.slice(-2)]),
      [['slower-than-usual', 180, '07']],
    );
  });

  it('reads broken traces: cycles, two roots, missing parents, no durations', () => {
    const spans = [
      record({ id: 1, parent: 2 }),
      record({ id: 2, parent: 1 }),
      record({ id: 3, took: Number.NaN }),
      record({ id: 4, took: -5 }),
      record({ id: 5, parent: 99 }),
      record({ id: 5, parent: 3 }),
    ];
    const { traces, spans: count, findings } = report(buildTraces(spans));
    assert.deepEqual([traces, count], [1, 5]);
    assert.deepEqual(
      findings.map(({ kind }) => kind),
      ['orphaned'],
    );
  });
});

describe('report, large traces', () => {
  it('takes 20,000 calls that fail, and as many whose clocks are off', () => {
    const failing = Array.from({ length: 20_000 }, (_, i) => get(i + 2, i, 0.9, `http://stock/${i}`, { failed: true }));
    const { findings } = report(buildTraces([request(20_001), ...failing]));
    assert.deepEqual(
      findings.map(({ kind, spanIds }) => [kind, spanIds.length]),
      [
        ['n-plus-one', 100],
        ['swallowed-error', 100],
      ],
      'evidence is bounded',
    );
    const skewed = Array.from({ length: 10_000 }, (_, i) => [
      get(2 * i + 2, i, 0.9, 'http://stock/a'),
      served(2 * i + 3, 2 * i + 2, i - 5000, 0.5),
    ]);
    const kinds = report(buildTraces([request(10_001), ...skewed.flat()])).findings.map(({ kind }) => kind);
    assert.deepEqual(kinds, ['n-plus-one', 'clock-skew']);
  });

  it('takes 5,000 levels of failures', () => {
    const deep = Array.from({ length: 5_000 }, (_, i) =>
      record({ id: i + 1, parent: i || undefined, at: i, took: 10_000 - 2 * i, failed: true }),
    );
    const [cause, ...rest] = report(buildTraces(deep)).findings;
    assert.deepEqual(rest, []);
    assert.deepEqual([cause?.kind, cause?.operation], ['error-root-cause', 'span 5000']);
  });
});

describe('Operations', () => {
  it('merges to what one would have counted', () => {
    const spans = checkout();
    const [all, some, rest] = [new Operations(), new Operations(), new Operations()];
    for (const [i, span] of spans.entries()) {
      all.add(span);
      (i % 2 ? some : rest).add(span);
    }
    some.merge(rest.list());
    const brief = (operations: Operations) =>
      operations
        .list()
        .map(({ service, operation, kind, count, errors, durations }) => [
          service,
          operation,
          kind,
          count,
          errors,
          durations.counts(),
        ]);
    assert.deepEqual(brief(some), brief(all));
    assert.deepEqual(brief(all)[2]?.slice(0, 5), ['shop', 'GET', 'client', 3, 1]);
  });

  it('names traces near a quantile', () => {
    const operations = new Operations();
    operations.add(request(10));
    operations.add(request(500, { traceId: 'a'.repeat(32) }));
    assert.equal(operations.list()[0]?.durations.exemplar(0.99), 'a'.repeat(32));
  });
});

describe('ServiceGraph', () => {
  function edges(...spans: SpanRecord[]): unknown[] {
    const graph = new ServiceGraph();
    for (const tree of buildTraces(spans)) graph.set(tree);
    return graph.edges().map(({ from, to, count, errors }) => [from, to, count, errors]);
  }

  it('leads from client to server, and to the peer where none answered', () => {
    assert.deepEqual(
      edges(
        request(100),
        get(2, 1, 9, 'http://10.0.0.1/a'),
        served(3, 2, 2, 5),
        get(4, 20, 9, 'http://mail/a', { failed: true, tags: { 'server.port': 25 } }),
        call(5, 30, 9, { name: 'SELECT', tags: { 'db.system.name': 'postgresql', 'db.namespace': 'orders' } }),
        call(6, 40, 9, { kind: 'producer', name: 'send', tags: { 'messaging.destination.name': 'jobs' } }),
        call(7, 50, 9, { tags: { 'service.peer.name': 'ledger', 'server.address': '10.0.0.2' } }),
        call(8, 60, 9),
      ),
      [
        ['shop', 'jobs', 1, 0],
        ['shop', 'ledger', 1, 0],
        ['shop', 'mail:25', 1, 1],
        ['shop', 'orders', 1, 0],
        ['shop', 'stock', 1, 0],
      ],
    );
  });

  it('leads from any span to a server below it in another process', () => {
    assert.deepEqual(edges(request(100), served(2, 1, 10, 20, { failed: true })), [['shop', 'stock', 1, 1]]);
  });

  it('is corrected by spans that come late', () => {
    const early = [request(100), get(2, 1, 9, 'http://10.0.0.1/a')];
    const graph = new ServiceGraph();
    graph.set(buildTrace(early));
    assert.deepEqual(
      graph.edges().map(({ to }) => to),
      ['10.0.0.1'],
    );
    graph.set(buildTrace([...early, served(3, 2, 2, 5)]));
    assert.deepEqual(
      graph.edges().map(({ to, count }) => [to, count]),
      [['stock', 1]],
    );
    graph.delete(TRACE_ID);
    assert.deepEqual(graph.edges(), []);
  });
});
