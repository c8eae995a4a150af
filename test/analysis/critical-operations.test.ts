import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildTrace, buildTraces, criticalOperations } from 'throughline/analysis';
import { record } from './records.ts';
import { call, type Facts, get, request, served } from './traces.ts';

function page(letter: string, stockMs: number): ReturnType<typeof buildTrace> {
  const facts: Facts = { traceId: letter.repeat(32) };
  return buildTrace([
    request(stockMs + 20, facts),
    get(2, 10, stockMs, 'http://stock/a', facts),
    served(3, 2, 11, stockMs - 2, facts),
    get(4, 10, 5, 'http://mail/a', facts),
  ]);
}

describe('criticalOperations', () => {
  it('sums up where many traces spend the time that is waited for, and what it would save', () => {
    const operations = criticalOperations([page('a', 30), page('b', 50)]);
    assert.deepEqual(
      operations.map(({ service, operation, traces, ownMs, savesAtMostMs, mostInOneTraceMs }) => [
        `${service} ${operation}`,
        traces,
        ownMs,
        savesAtMostMs,
        mostInOneTraceMs,
      ]),
      [
        ['stock GET /stock/:sku', 2, 76, 38, 48],
        ['shop GET /page', 2, 40, 60, 70],
        ['shop GET → stock', 2, 4, 40, 50],
      ],
    );
    assert.equal(operations[0]?.exemplar, 'b'.repeat(32));
    assert.equal(operations[0]?.share, 76 / 120);
  });

  it('counts an operation within itself once in what it saves', () => {
    const nested = [
      record({ id: 1, took: 100, name: 'visit' }),
      record({ id: 2, parent: 1, at: 10, took: 60, name: 'visit' }),
      record({ id: 3, parent: 2, at: 20, took: 30, name: 'read' }),
      record({ id: 4, parent: 3, at: 25, took: 10, name: 'visit' }),
      record({ id: 5, parent: 1, at: 75, took: 20, name: 'read' }),
    ];
    const saves = criticalOperations(buildTraces(nested)).map(({ operation, ownMs, savesAtMostMs }) => [
      operation,
      ownMs,
      savesAtMostMs,
    ]);
    assert.deepEqual(saves, [
      ['visit', 60, 100],
      ['read', 40, 50],
    ]);
  });

  it('is empty for nothing', () => {
    assert.deepEqual(criticalOperations([]), []);
    assert.deepEqual(criticalOperations([buildTrace([])]), []);
    const instant = criticalOperations([buildTrace([request(0), call(2, 0, 0)])]);
    assert.deepEqual(
      instant.map(({ share }) => share),
      [0],
    );
  });
});
