import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildTraces, History, historyOf } from 'throughline/analysis';
import type { SpanRecord } from '../../src/core/record.ts';
import { record } from './records.ts';
import { type Facts, findingsOf, found, get, request, served } from './traces.ts';

/** A page that works 10 ms itself, and waits for stock, which works 20 ms after 2 ms on the way. */
function page(more: { traceId?: string; stockMs?: number; wayMs?: number; ownMs?: number } = {}): SpanRecord[] {
  const { traceId = 'f'.repeat(32), stockMs = 20, wayMs = 2, ownMs = 10 } = more;
  const facts: Facts = { traceId };
  const callMs = wayMs + stockMs + 1;
  return [
    request(ownMs + callMs, facts),
    get(2, ownMs, callMs, 'http://stock/stock/1', facts),
    served(3, 2, ownMs + wayMs, stockMs, facts),
  ];
}

function usual(count: number): History {
  const traces = Array.from({ length: count }, (_, n) => page({ traceId: n.toString(16).padStart(32, '0') }));
  return historyOf(buildTraces(traces.flat()));
}

describe('slower-than-usual', () => {
  it('finds a span whose own work took far longer than that of its operation usually does', () => {
    const [finding, ...rest] = findingsOf(page({ stockMs: 120 }), { history: usual(20) });
    assert.deepEqual(rest, []);
    assert.equal(finding?.kind, 'slower-than-usual');
    assert.equal(finding.savingMs, 100);
    assert.deepEqual([finding.service, finding.operation], ['stock', 'GET /stock/:sku']);
    assert.match(finding.message, /took 120 ms itself, usually 20 ms$/);
  });

  it('takes the deepest of slow spans within each other', () => {
    const slow = page({ stockMs: 120, ownMs: 100 });
    assert.deepEqual(found(slow, { history: usual(20) }), [['slower-than-usual', 100, [3]]]);
    assert.deepEqual(found(page({ ownMs: 100 }), { history: usual(20) }), [['slower-than-usual', 90, [1]]]);
  });

  it('comes after structural kinds at equal saving', () => {
    const inARow = get(4, 133, 100, 'http://pricing/a', { traceId: 'f'.repeat(32) });
    const [entry, ...below] = page({ stockMs: 120 });
    assert.ok(entry);
    const spans = [{ ...entry, durationMs: 243 }, ...below, inARow];
    assert.deepEqual(
      found(spans, { history: usual(20) }).map(([kind, savingMs]) => [kind, savingMs]),
      [
        ['sequential', 100],
        ['slower-than-usual', 100],
      ],
    );
  });

  it('is not found without a history, in a short one, or when it is not far above it', () => {
    assert.deepEqual(found(page({ stockMs: 120 })), []);
    assert.deepEqual(found(page({ stockMs: 120 }), { history: usual(19) }), []);
    assert.deepEqual(found(page({ stockMs: 59 }), { history: usual(20) }), []);
    const unknown = [request(500), record({ id: 2, parent: 1, at: 10, took: 480, name: 'never seen' })];
    assert.deepEqual(found(unknown, { history: usual(20) }), []);
  });

  it('is not found in what the request did not wait for', () => {
    const [entry, ...below] = page({ stockMs: 120 });
    assert.ok(entry);
    const longer = get(9, 1, 298, 'http://ledger/x', { traceId: 'f'.repeat(32) });
    assert.deepEqual(found([{ ...entry, durationMs: 300 }, ...below, longer], { history: usual(20) }), []);
  });
});

describe('waiting', () => {
  it('finds the gap before a server beyond what is usual there', () => {
    const [finding, ...rest] = findingsOf(page({ wayMs: 82 }), { history: usual(20) });
    assert.deepEqual(rest, []);
    assert.equal(finding?.kind, 'waiting');
    assert.equal(finding.savingMs, 80);
    assert.match(finding.message, /^shop GET → stock waited 82 ms before it was served, usually 2 ms$/);
  });

  function withHandler(waitMs: number, traceId: string): SpanRecord[] {
    return [
      request(waitMs + 30, { traceId }),
      record({ id: 2, parent: 1, at: waitMs, took: 30, name: 'request handler - /page', traceId }),
    ];
  }

  it('finds the gap before a handler', () => {
    const traces = Array.from({ length: 20 }, (_, n) => withHandler(5, n.toString(16).padStart(32, '0')));
    const history = historyOf(buildTraces(traces.flat()));
    const [finding] = findingsOf(withHandler(50, 'f'.repeat(32)), { history });
    assert.equal(finding?.kind, 'waiting');
    assert.match(finding.message, /waited 50 ms before its handler began, usually 5 ms$/);
    assert.deepEqual(found(withHandler(14, 'f'.repeat(32)), { history }), []);
  });

  function withConnection(waitMs: number, traceId: string): SpanRecord[] {
    const query = record({ id: 2, parent: 1, at: 5, took: waitMs + 10, kind: 'client', name: 'SELECT', traceId });
    const events = [{ name: 'connected', timeMs: query.startTimeMs + waitMs, attributes: {} }];
    return [request(waitMs + 20, { traceId }), { ...query, events }];
  }

  it('finds the gap before a connection', () => {
    const traces = Array.from({ length: 20 }, (_, n) => withConnection(1, n.toString(16).padStart(32, '0')));
    const history = historyOf(buildTraces(traces.flat()));
    const findings = findingsOf(withConnection(61, 'f'.repeat(32)), { history });
    const waiting = findings.filter(({ kind }) => kind === 'waiting');
    assert.deepEqual(
      waiting.map(({ savingMs }) => savingMs),
      [60],
    );
    assert.match(waiting[0]?.message ?? '', /waited 61 ms before it had a connection, usually 1 ms$/);
  });

  it('is not found between clocks that disagree', () => {
    const [entry, client] = page();
    assert.ok(entry && client);
    const skewed = served(3, 2, 5000, 20, { traceId: 'f'.repeat(32) });
    const kinds = found([entry, client, skewed], { history: usual(20) }).map(([kind]) => kind);
    assert.deepEqual(kinds, ['clock-skew']);
  });
});

describe('History', () => {
  it('merges to what one would have learned', () => {
    const merged = usual(10);
    const more = Array.from({ length: 10 }, (_, n) => page({ traceId: (n + 99).toString(16).padStart(32, '0') }));
    merged.merge(historyOf(buildTraces(more.flat())));
    assert.deepEqual(found(page({ stockMs: 120 }), { history: merged }), [['slower-than-usual', 100, [3]]]);
  });

  it('learns nothing from failed spans', () => {
    const history = new History();
    for (let n = 0; n < 20; n++) {
      const spans = page({ traceId: n.toString(16).padStart(32, '0') });
      for (const tree of buildTraces(spans.map((span) => ({ ...span, status: { code: 'error' as const } }))))
        history.add(tree);
    }
    assert.deepEqual(found(page({ stockMs: 120 }), { history }), []);
  });
});
