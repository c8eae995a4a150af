import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SpanRecord } from '../../src/core/record.ts';
import { checkout } from './records.ts';
import { call, findingsOf, found, get, request, served } from './traces.ts';

/** `count` calls of `took` ms each, the first at 10, with `gap` ms between starts. */
function row(
  count: number,
  took: number,
  gap: number,
  url = (n: number) => `http://stock:80/items/${n}`,
): SpanRecord[] {
  return Array.from({ length: count }, (_, n) => get(n + 2, 10 + n * gap, took, url(n)));
}

describe('a clean trace', () => {
  it('yields no finding', () => {
    const spans = [
      request(100),
      get(2, 10, 80, 'http://pricing:80/prices/1'),
      served(3, 2, 12, 76, { service: 'pricing', name: 'GET /prices/:id' }),
      get(4, 10, 60, 'http://stock:80/stock/1'),
      served(5, 4, 12, 56),
    ];
    assert.deepEqual(findingsOf(spans), []);
  });

  it('is one whose retry cost little', () => {
    assert.deepEqual(found(checkout()), []);
  });
});

describe('n-plus-one', () => {
  it('finds five equivalent calls one after another, and saves all but one', () => {
    const [finding, ...rest] = findingsOf([request(120), ...row(5, 20, 20)]);
    assert.deepEqual(rest, []);
    assert.equal(finding?.kind, 'n-plus-one');
    assert.equal(finding.savingMs, 80);
    assert.equal(finding.spanIds.length, 5);
    assert.deepEqual([finding.service, finding.operation], ['shop', 'GET /page']);
    assert.match(
      finding.message,
      /^shop GET \/page calls GET → stock \/items\/:id 5 times, one after another: .* up to 80 ms$/,
    );
  });

  it('takes statements that differ in values for equivalent', () => {
    const statements = Array.from({ length: 6 }, (_, n) => `SELECT * FROM item WHERE id = ${n} AND name = 'n${n}'`);
    const spans = statements.map((text, n) =>
      call(n + 2, 10 + n * 10, 10, { name: 'SELECT', tags: { 'db.system.name': 'postgresql', 'db.query.text': text } }),
    );
    assert.deepEqual(found([request(80), ...spans]), [['n-plus-one', 50, [2, 3, 4, 5, 6, 7]]]);
  });

  it('takes the route that the called service states before any path', () => {
    const calls = row(5, 20, 20, (n) => `http://stock:80/${'abcde'[n]}`);
    const answers = calls.map((_, n) => served(n + 20, n + 2, 11 + n * 20, 18, { tags: { 'http.route': '/:sku' } }));
    assert.deepEqual(found([request(120), ...calls, ...answers])[0], ['n-plus-one', 80, [2, 3, 4, 5, 6]]);
  });

  it('counts a call that was tried again once', () => {
    const twice = [
      get(2, 10, 15, 'http://stock:80/items/0', { failed: true }),
      get(3, 30, 15, 'http://stock:80/items/0'),
    ];
    const three = [50, 70, 90].map((at, n) => get(n + 4, at, 15, `http://stock:80/items/${n + 1}`));
    assert.deepEqual(found([request(120), ...twice, ...three]), []);
  });

  const near: Readonly<Record<string, readonly SpanRecord[]>> = {
    'four calls': [request(120), ...row(4, 20, 20)],
    'five calls side by side': [request(60), ...row(5, 20, 0)],
    'five calls of which two overlap': [request(120), ...row(4, 20, 20), get(9, 75, 20, 'http://stock:80/items/9')],
    'calls that save less than 10 ms': [request(20), ...row(5, 2, 2)],
    'calls that save less than a tenth of the request': [request(1000), ...row(9, 11, 11)],
    'calls beside a longer one': [request(150), ...row(5, 20, 20), get(9, 10, 139, 'http://pricing:80/a')],
    'calls below several parents': row(5, 20, 20).flatMap((one, n) => [
      ...(n === 0 ? [request(200)] : []),
      { ...one, parentSpanId: request(1, { id: 40 + n }).spanId },
      request(20, { id: 40 + n, parent: 1, at: 10 + n * 20, kind: 'internal', name: `step ${n}` }),
    ]),
    'steps of the app itself': [request(120), ...row(5, 20, 20).map((one) => ({ ...one, kind: 'internal' as const }))],
  };
  for (const [what, spans] of Object.entries(near)) {
    it(`is not found in ${what}`, () => assert.deepEqual(found(spans), []));
  }
});

describe('sequential', () => {
  const price = get(2, 10, 30, 'http://pricing:80/prices/1');
  const shelf = get(3, 41, 40, 'http://stock:80/stock/1');

  it('finds different calls in a row, and saves all but the longest', () => {
    const [finding, ...rest] = findingsOf([request(100), shelf, price]);
    assert.deepEqual(rest, []);
    assert.equal(finding?.kind, 'sequential');
    assert.equal(finding.savingMs, 30);
    assert.match(
      finding.message,
      /makes 2 calls in a row: GET → pricing \/prices\/:id, then GET → stock \/stock\/:id\. .* up to 30 ms$/,
    );
  });

  it('takes a row of three, and names all in order', () => {
    const third = get(4, 81, 15, 'http://ledger:80/rates');
    assert.deepEqual(found([request(100), third, shelf, price]), [['sequential', 45, [2, 3, 4]]]);
  });

  const near: Readonly<Record<string, readonly SpanRecord[]>> = {
    'calls side by side': [request(100), price, get(3, 15, 40, 'http://stock:80/stock/1')],
    'a write after a read': [
      request(100),
      price,
      get(3, 41, 40, 'http://stock:80/a', { tags: { 'http.request.method': 'PUT' } }),
    ],
    'a statement that writes': [
      request(100),
      price,
      call(3, 41, 40, { name: 'INSERT', tags: { 'db.query.text': 'INSERT INTO x VALUES (1)' } }),
    ],
    'a message after a read': [request(100), price, call(3, 41, 40, { kind: 'producer', name: 'send' })],
    'a call after a failed one': [
      request(100, { failed: true }),
      get(2, 10, 30, 'http://pricing:80/prices/1'),
      get(3, 41, 40, 'http://stock:80/stock/1', { failed: true }),
    ],
    'calls with other work in between': [
      request(110),
      price,
      request(9, { id: 9, parent: 1, at: 40, kind: 'internal', name: 'work out the discount' }),
      get(3, 50, 40, 'http://stock:80/stock/1'),
    ],
    'one call twice': [request(100), price, get(3, 41, 40, 'http://pricing:80/prices/2')],
    'short calls': [request(30), get(2, 1, 9, 'http://pricing:80/a'), get(3, 11, 9, 'http://stock:80/b')],
    'calls off the critical path': [request(100), price, shelf, get(9, 5, 90, 'http://ledger:80/c')],
  };
  for (const [what, spans] of Object.entries(near)) {
    it(`is not found in ${what}`, () => {
      assert.deepEqual(
        found(spans).filter(([kind]) => kind === 'sequential'),
        [],
      );
    });
  }

  it('leaves a loop over two calls to n-plus-one', () => {
    const rounds = Array.from({ length: 5 }, (_, n) => [
      get(10 + n * 2, 10 + n * 40, 20, `http://pricing:80/prices/${n}`),
      get(11 + n * 2, 30 + n * 40, 20, `http://stock:80/stock/${n}`),
    ]);
    const kinds = found([request(230), ...rounds.flat()]).map(([kind]) => kind);
    assert.deepEqual(kinds, ['n-plus-one', 'n-plus-one']);
  });
});

describe('straggler', () => {
  function fan(...took: number[]): SpanRecord[] {
    return took.map((ms, n) => get(n + 2, 10, ms, `http://stock:80/shelves/${n}`));
  }

  it('finds one of four calls side by side that takes three times their median', () => {
    const [finding, ...rest] = findingsOf([request(130), ...fan(20, 20, 100, 20)]);
    assert.deepEqual(rest, []);
    assert.equal(finding?.kind, 'straggler');
    assert.equal(finding.savingMs, 80);
    assert.match(
      finding.message,
      /one of 4 equal calls: GET → stock \/shelves\/:id took 100 ms, half of them 20 ms or less$/,
    );
  });

  it('shows the slow one first, then the others', () => {
    assert.deepEqual(found([request(130), ...fan(20, 20, 100, 20)]), [['straggler', 80, [4, 2, 3, 5]]]);
  });

  const near: Readonly<Record<string, readonly SpanRecord[]>> = {
    'three calls': [request(130), ...fan(20, 100, 20)],
    'four of which one is less than three times as slow': [request(130), ...fan(35, 35, 100, 35)],
    'four one after another': [request(200), ...row(3, 20, 20), get(9, 80, 100, 'http://stock:80/items/9')],
    'four beside something longer': [request(200), ...fan(20, 20, 100, 20), get(9, 5, 190, 'http://pricing:80/a')],
    'four different calls': [
      request(130),
      ...[20, 20, 100, 20].map((ms, n) => get(n + 2, 10, ms, `http://s${'abcd'[n]}:80/x`)),
    ],
  };
  for (const [what, spans] of Object.entries(near)) {
    it(`is not found in ${what}`, () => assert.deepEqual(found(spans), []));
  }
});

describe('retry-storm', () => {
  const url = 'http://stock:80/reservations/1';
  function attempts(count: number, last: 'fails' | 'succeeds'): SpanRecord[] {
    return Array.from({ length: count }, (_, n) =>
      get(n + 2, 10 + n * 25, 10, url, { failed: n < count - 1 || last === 'fails', tags: { 'error.type': '503' } }),
    );
  }

  it('finds three failed attempts, and saves the time until the last one', () => {
    const [finding, ...rest] = findingsOf([request(120), ...attempts(4, 'succeeds')]);
    assert.deepEqual(rest, []);
    assert.equal(finding?.kind, 'retry-storm');
    assert.equal(finding.savingMs, 75);
    assert.equal(finding.spanIds.length, 4);
    assert.match(
      finding.message,
      /tried GET → stock \/reservations\/:id 4 times, 3 failed \(503\): 75 ms passed before the last attempt$/,
    );
  });

  it('counts the pauses of the caller, but none in which it did something else', () => {
    const busy = request(15, { id: 9, parent: 1, at: 20, kind: 'internal', name: 'meanwhile' });
    assert.deepEqual(found([request(120), busy, ...attempts(4, 'succeeds')])[0]?.slice(0, 2), ['retry-storm', 60]);
  });

  const near: Readonly<Record<string, readonly SpanRecord[]>> = {
    'two failures and a success': [request(90), ...attempts(3, 'succeeds')],
    'failures of different calls': [
      request(120),
      ...attempts(4, 'succeeds').map((one, n) => ({
        ...one,
        attributes: { ...one.attributes, 'url.full': `http://stock:80/r/${n}` },
      })),
    ],
    'attempts beside something longer': [request(200), ...attempts(4, 'succeeds'), get(9, 5, 190, 'http://pricing/a')],
  };
  for (const [what, spans] of Object.entries(near)) {
    it(`is not found in ${what}`, () => {
      assert.deepEqual(
        found(spans).filter(([kind]) => kind === 'retry-storm'),
        [],
      );
    });
  }
});

describe('layered-retries', () => {
  const outer = 'http://pricing:80/prices/1';
  const inner = 'http://stock:80/stock/1';
  function tries(first: number, parent: number, at: number, count: number): SpanRecord[] {
    const facts = { parent, failed: true, service: 'pricing' };
    return Array.from({ length: count }, (_, n) => get(first + n, at + n * 20, 15, inner, facts));
  }

  it('finds retries below retries, before the storms they are made of', () => {
    const spans = [
      request(260, { failed: true }),
      get(2, 10, 80, outer, { failed: true }),
      served(3, 2, 12, 76, { service: 'pricing', failed: true }),
      ...tries(10, 3, 14, 3),
      get(4, 100, 80, outer, { failed: true }),
      served(5, 4, 102, 76, { service: 'pricing', failed: true }),
      ...tries(20, 5, 104, 3),
    ];
    const findings = found(spans).filter(([kind]) => kind.includes('retr'));
    assert.deepEqual(
      findings.map(([kind, savingMs]) => [kind, savingMs]),
      [
        ['layered-retries', 90],
        ['retry-storm', 40],
        ['retry-storm', 40],
      ],
    );
    assert.deepEqual(findings[0]?.[2], [2, 4, 10, 11, 12, 20, 21, 22]);
  });

  it('is not found where one layer retries', () => {
    const spans = [
      request(200),
      get(2, 10, 80, outer, { failed: true }),
      served(3, 2, 12, 76, { service: 'pricing', failed: true }),
      get(4, 100, 80, outer),
    ];
    assert.deepEqual(found(spans), []);
  });
});
