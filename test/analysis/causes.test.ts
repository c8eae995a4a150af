import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildTraces, causesIn, findingsIn, report } from 'throughline/analysis';
import { drawReport } from 'throughline/terminal';
import type { SpanRecord } from '../../src/core/record.ts';
import { call, request } from './traces.ts';

const id = (letter: string, n: number): string => letter + String(n).padStart(31, '0');

/** A page that asks for one thing after another, `each` milliseconds a time. */
function loop(n: number, each: number): SpanRecord[] {
  const calls = Array.from({ length: 6 }, (_, i) =>
    call(i + 2, i * each, each - 1, { name: 'SELECT item', tags: { 'db.system.name': 'postgresql' } }),
  );
  return [request(6 * each), ...calls].map((span) => ({ ...span, traceId: id('a', n) }));
}

/** An order that fails three times before it is taken. */
function storm(n: number): SpanRecord[] {
  const attempts = [0, 1, 2, 3].map((i) =>
    call(i + 2, i * 40, 30, { failed: i < 3, tags: { 'service.peer.name': 'pay' } }),
  );
  return [request(150, { name: 'POST /order' }), ...attempts].map((span) => ({ ...span, traceId: id('b', n) }));
}

const quick = (n: number): SpanRecord => ({ ...request(5), traceId: id('c', n) });

describe('the findings of a report', () => {
  const many = [
    ...Array.from({ length: 60 }, (_, n) => loop(n, n === 7 ? 40 : 20)).flat(),
    ...Array.from({ length: 60 }, (_, n) => storm(n)).flat(),
    ...Array.from({ length: 20 }, (_, n) => quick(n)),
  ];

  it('are one a cause, two causes side by side, ranked by what they cost together', () => {
    const { findings } = report(buildTraces(many));
    assert.deepEqual(
      findings.map(({ kind, operation, target, traces, share }) => [kind, operation, target, traces, share]),
      [
        ['retry-storm', 'GET', 'GET → pay', 60, 1],
        ['n-plus-one', 'GET /page', 'SELECT item', 60, 0.75],
      ],
    );
    assert.equal(findingsIn(buildTraces(many)).length, 120);
  });

  it('have their costliest trace as evidence, and the sum of all', () => {
    const [, loops] = report(buildTraces(many)).findings;
    assert.equal(loops?.traceId, id('a', 7));
    assert.equal(loops.savingMs, 5 * 39);
    assert.equal(loops.totalSavingMs, 59 * 5 * 19 + 5 * 39);
  });

  it('are the same for any order of traces', () => {
    const traces = buildTraces(many);
    assert.deepEqual(causesIn([...traces].reverse()), causesIn(traces));
  });

  it('say in how many traces, and what all of them would save', () => {
    const drawn = drawReport(report(buildTraces(many)), { width: 120 });
    assert.match(drawn, /1\. retry-storm · in 60 traces \(100 %\) · saves up to 120 ms, 7\.20 s together · trace b0/);
    assert.match(drawn, /2\. n-plus-one · in 60 traces \(75 %\) · saves up to 195 ms, 5\.80 s together/);
  });

  it('stay apart when their targets differ, or their operations', () => {
    const other = loop(0, 20).map((span) =>
      span.kind === 'client' ? { ...span, name: 'SELECT price' } : { ...span, name: 'GET /other' },
    );
    const named = (spans: readonly SpanRecord[]) => report(buildTraces(spans)).findings.length;
    assert.equal(named([...loop(1, 20), ...other]), 2);
    assert.equal(named([...loop(1, 20), ...loop(2, 20)]), 1);
  });
});

describe('a 404 of a call', () => {
  const spans = (status: number): SpanRecord[] => [
    request(20, { tags: { 'http.response.status_code': status } }),
    call(2, 2, 10, { failed: true, tags: { 'http.response.status_code': 404 } }),
  ];

  it('that the caller passes on is an answer, no swallowed error', () => {
    const kinds = (status: number) => findingsIn(buildTraces(spans(status))).map(({ kind }) => kind);
    assert.deepEqual(kinds(404), []);
    assert.deepEqual(kinds(422), []);
    assert.deepEqual(kinds(200), ['swallowed-error']);
  });
});
