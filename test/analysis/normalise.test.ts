import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { normaliseName, normalisePath, normaliseStatement, pathOf } from '../../src/analysis/normalise.ts';

const UUID = '9b2d4c1e-8a77-4f0e-9d3c-1b2a3c4d5e6f';

describe('normaliseStatement', () => {
  const cases: readonly (readonly [statement: string, normal: string])[] = [
    ['SELECT * FROM item WHERE id = 17', 'SELECT * FROM item WHERE id = ?'],
    ["UPDATE t SET a = 'it''s', b = 1.5 WHERE c = $1", 'UPDATE t SET a = ?, b = ? WHERE c = ?'],
    ['SELECT a\n  FROM t\n WHERE id IN (1, 2,3)', 'SELECT a FROM t WHERE id IN (?)'],
    ['SELECT a FROM t2 WHERE b = :name', 'SELECT a FROM t2 WHERE b = ?'],
    ["SELECT 'never closed", "SELECT 'never closed"],
  ];
  for (const [statement, normal] of cases) {
    it(`makes ${JSON.stringify(normal)} of it`, () => assert.equal(normaliseStatement(statement), normal));
  }

  it('does bounded work on any text', () => {
    const long = "'".repeat(1_000_001);
    assert.ok(normaliseStatement(long).length <= 2048);
    assert.ok(normaliseStatement('('.repeat(1_000_000)).length <= 2048);
    fc.assert(
      fc.property(fc.string(), (text) => assert.equal(typeof normaliseStatement(text), 'string')),
      { seed: 1, numRuns: 100 },
    );
  });
});

describe('normalisePath', () => {
  const cases: readonly (readonly [url: string, path: string])[] = [
    ['http://stock:8080/items/17/parts?x=1', '/items/:id/parts'],
    [`/orders/${UUID}`, '/orders/:id'],
    ['/blobs/deadbeef01', '/blobs/:id'],
    ['/v2/items', '/v2/items'],
    ['/facade/decade', '/facade/decade'],
    ['http://stock:8080', '/'],
    ['/a#b?c', '/a'],
    ['', ''],
  ];
  for (const [url, path] of cases) {
    it(`makes ${JSON.stringify(path)} of ${JSON.stringify(url)}`, () => assert.equal(normalisePath(url), path));
  }

  it('leaves a path without ids alone', () => assert.equal(pathOf('https://a/b/c?d'), '/b/c'));
});

describe('normaliseName', () => {
  it('takes ids out of statements and paths, and leaves other names', () => {
    assert.equal(normaliseName('SELECT 1 FROM a'), 'SELECT ? FROM a');
    assert.equal(normaliseName('GET /items/17'), 'GET /items/:id');
    assert.equal(normaliseName('step 1'), 'step 1');
  });
});
