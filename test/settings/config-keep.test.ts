import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OutcomeFacts } from '../../src/core/decide/keep-rule.ts';
import { keepReader } from '../../src/core/settings/config-keep.ts';

describe('keep', () => {
  const calm: OutcomeFacts = { failed: false, durationMs: 0, status: undefined };
  const cases: readonly [option: object, facts: Partial<OutcomeFacts>, expected: boolean][] = [
    [{ errors: true }, { failed: true }, true],
    [{ errors: true }, { status: 500 }, false],
    [{ errors: false }, { failed: true }, false],
    [{ slowerThan: 500 }, { durationMs: 500 }, false],
    [{ slowerThan: '500ms' }, { durationMs: 500.1 }, true],
    [{ slowerThan: '1.5s' }, { durationMs: 1499 }, false],
    [{ slowerThan: '1.5s' }, { durationMs: 1501 }, true],
    [{ slowerThan: '2h' }, { durationMs: 7_200_001 }, true],
    [{ slowerThan: '1m' }, { durationMs: 60_001 }, true],
    [{ status: 429 }, { status: 429 }, true],
    [{ status: '429' }, { status: 429 }, true],
    [{ status: '5xx' }, { status: 599 }, true],
    [{ status: '5xx' }, { status: 499 }, false],
    [{ status: [404, '5XX'] }, { status: 404 }, true],
    [{ status: '5xx' }, {}, false],
    [{}, { failed: true, durationMs: 1e9, status: 500 }, false],
  ];
  for (const [option, facts, expected] of cases) {
    it(`${JSON.stringify(option)} ${expected ? 'keeps' : 'does not keep'} ${JSON.stringify(facts)}`, () =>
      assert.equal(keepReader(option, { caller: 'start', name: 'keep' })({ ...calm, ...facts }), expected));
  }
});
