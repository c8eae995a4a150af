import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildTraces, findingsIn } from 'throughline/analysis';
import type { SpanEvent, SpanRecord } from '../../src/core/record.ts';
import { record, resourceOf } from './records.ts';
import { call, type Facts, findingsOf, found, get, request, served } from './traces.ts';

const failed: Facts = { failed: true };
const url = 'http://stock:80/stock/ghost';

function thrown(message: string): SpanEvent[] {
  return [{ name: 'exception', timeMs: 0, attributes: { 'exception.type': 'Error', 'exception.message': message } }];
}

describe('error-root-cause', () => {
  it('names the deepest failure that reached the entry, and the way it took', () => {
    const spans = [
      request(100, { ...failed, tags: { 'http.response.status_code': 502 } }),
      get(2, 10, 80, 'http://pricing:80/prices/ghost', failed),
      served(3, 2, 12, 76, { service: 'pricing', name: 'GET /prices/:id', ...failed }),
      get(4, 14, 40, url, { service: 'pricing', parent: 3, ...failed }),
      served(5, 4, 16, 36, { ...failed, tags: { 'http.response.status_code': 500 }, events: thrown('no shelf') }),
    ];
    const [finding, ...rest] = findingsOf(spans);
    assert.deepEqual(rest, []);
    assert.equal(finding?.kind, 'error-root-cause');
    assert.deepEqual([finding.service, finding.operation, finding.savingMs], ['stock', 'GET /stock/:sku', 0]);
    assert.match(finding.message, /^stock GET .* failed \(500: no shelf\), and shop GET \/page failed because of it$/);
    assert.deepEqual(found(spans)[0]?.[2], [5, 4, 3, 2, 1]);
  });

  it('takes the earliest of failures equally deep', () => {
    const spans = [request(100, failed), get(3, 10, 70, url, failed), get(2, 10, 40, 'http://pricing/a', failed)];
    assert.deepEqual(found(spans), [['error-root-cause', 0, [2, 1]]]);
  });

  it('names the entry itself when nothing below it failed', () => {
    assert.deepEqual(found([request(100, failed), get(2, 10, 40, url)]), [['error-root-cause', 0, [1]]]);
  });

  it('passes over an attempt that was made good', () => {
    const spans = [request(100, failed), get(2, 10, 20, url, failed), get(3, 40, 20, url)];
    assert.deepEqual(found(spans), [['error-root-cause', 0, [1]]]);
  });

  it('lets a message be processed on its own account', () => {
    const spans = [
      request(20),
      call(2, 10, 2, { kind: 'producer', name: 'send' }),
      record({
        id: 3,
        parent: 2,
        at: 500,
        took: 9,
        kind: 'consumer',
        parentIsRemote: true,
        service: 'mail',
        ...failed,
      }),
    ];
    assert.deepEqual(found(spans), [['error-root-cause', 0, [3]]]);
  });
});

describe('swallowed-error', () => {
  it('names a failure that the span above did not pass on', () => {
    const spans = [
      request(100),
      get(2, 10, 40, url, failed),
      served(3, 2, 12, 36, { ...failed, events: thrown('boom') }),
    ];
    const [finding] = findingsOf(spans);
    assert.deepEqual(found(spans), [['swallowed-error', 0, [3, 2, 1]]]);
    assert.match(finding?.message ?? '', /^stock GET .* failed \(boom\), and shop GET \/page went on without it$/);
  });

  it('makes one finding of equal failures under one span', () => {
    const spans = [2, 3, 4].map((id) => get(id, 10, 20, `http://stock:80/stock/${id}`, failed));
    assert.deepEqual(found([request(60), ...spans]), [['swallowed-error', 0, [2, 3, 4, 1]]]);
  });

  it('names the last attempt of a call that was given up', () => {
    const spans = [request(100), get(2, 10, 10, url, failed), get(3, 30, 10, url, failed)];
    assert.deepEqual(found(spans), [['swallowed-error', 0, [3, 1]]]);
  });

  it('is not found where a retry made it good, where the request failed too, or where nobody waits', () => {
    assert.deepEqual(found([request(100), get(2, 10, 10, url, failed), get(3, 30, 10, url)]), []);
    const kinds = found([request(100, failed), get(2, 10, 10, url, failed)]).map(([kind]) => kind);
    assert.deepEqual(kinds, ['error-root-cause']);
    const late = found([request(20), get(2, 25, 10, url, failed)]).map(([kind]) => kind);
    assert.deepEqual(late, ['error-root-cause'], 'it answers for itself');
  });
});

describe('timeout-mismatch', () => {
  const gaveUp: Facts = { ...failed, tags: { 'error.type': 'timeout' } };

  it('finds a server that works on for a client that gave up, before the root cause', () => {
    const spans = [request(60, failed), get(2, 10, 50, url, gaveUp), served(3, 2, 12, 200)];
    const [finding] = findingsOf(spans);
    assert.deepEqual(found(spans), [
      ['timeout-mismatch', 0, [3, 2]],
      ['error-root-cause', 0, [2, 1]],
    ]);
    assert.match(finding?.message ?? '', /gave up after 50 ms, but stock GET .* worked on for 152 ms/);
  });

  const elsewhere = { attributes: { ...resourceOf('stock').attributes, 'host.name': 'b' } };
  const here = { attributes: { ...resourceOf('shop').attributes, 'host.name': 'a' } };
  const near: Readonly<Record<string, readonly SpanRecord[]>> = {
    'a server that ends with its client': [request(60, failed), get(2, 10, 50, url, gaveUp), served(3, 2, 12, 50)],
    'a client that failed otherwise': [
      request(60, failed),
      get(2, 10, 50, url, { ...failed, tags: { 'error.type': 'ECONNRESET' } }),
      served(3, 2, 12, 200),
    ],
    'a server whose clock cannot be trusted': [
      request(60, failed),
      get(2, 10, 50, url, gaveUp),
      served(3, 2, -30, 200),
    ],
    'a late server on another machine that is no longer than the call': [
      request(60, failed),
      get(2, 10, 50, url, { ...gaveUp, resource: here }),
      served(3, 2, 40, 45, { resource: elsewhere }),
    ],
  };
  for (const [what, spans] of Object.entries(near)) {
    it(`is not found in ${what}`, () => {
      assert.deepEqual(
        found(spans).filter(([kind]) => kind === 'timeout-mismatch'),
        [],
      );
    });
  }

  it('is found between machines when the server alone takes longer than the whole call', () => {
    const spans = [
      request(60, failed),
      get(2, 10, 50, url, { ...gaveUp, resource: here }),
      served(3, 2, 12, 200, { resource: elsewhere }),
    ];
    assert.equal(found(spans)[0]?.[0], 'timeout-mismatch');
  });
});

describe('the order of findings', () => {
  /** Two calls in a row that could save 30 ms, in trace `letter`. */
  function trace(letter: string, more: Facts = {}): SpanRecord[] {
    const traceId = letter.repeat(32);
    return [
      request(100, { traceId, ...more }),
      get(2, 10, 30, 'http://pricing:80/prices/1', { traceId }),
      get(3, 41, 40, 'http://stock:80/stock/1', { traceId }),
    ];
  }

  function kinds(spans: readonly SpanRecord[]): string[] {
    return found(spans).map(([kind, savingMs]) => `${kind} ${savingMs}`);
  }

  it('puts errors after what saves time in a trace that succeeded', () => {
    const swallowed = get(4, 82, 5, 'http://mail:80/a', { failed: true, traceId: 'a'.repeat(32) });
    assert.deepEqual(kinds([...trace('a'), swallowed]), ['sequential 30', 'swallowed-error 0']);
  });

  it('puts errors before it in a trace that failed', () => {
    assert.deepEqual(kinds(trace('a', failed)), ['error-root-cause 0', 'sequential 30']);
  });

  it('ranks by saving across traces, and by trace id where all else is equal', () => {
    const longer = trace('c').map((span) => ({
      ...span,
      durationMs: span.durationMs * (span.spanId.endsWith('1') ? 2 : 1),
    }));
    const third = get(9, 82, 60, 'http://ledger:80/a', { traceId: 'c'.repeat(32) });
    const findings = findingsOfAll([...trace('b'), ...longer, third, ...trace('a')]);
    assert.deepEqual(findings, ['sequential 70 c', 'sequential 30 a', 'sequential 30 b']);
  });

  function findingsOfAll(spans: readonly SpanRecord[]): string[] {
    return findingsIn(buildTraces(spans)).map(({ kind, savingMs, traceId }) => `${kind} ${savingMs} ${traceId[0]}`);
  }
});
