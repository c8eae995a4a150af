import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { rulesSampler, type SampleRule } from '../../src/core/decide/sample-rules.ts';
import type { RequestFacts } from '../../src/core/decide/sampler.ts';
import { TokenBucket } from '../../src/core/decide/token-bucket.ts';
import { compileWildcard } from '../../src/core/decide/wildcard.ts';
import { ManualClock } from '../core/manual-clock.ts';

const TRACE = { traceId: `${'a'.repeat(18)}80000000000000`, traceState: undefined };
const clock = new ManualClock();

function keeps(rules: readonly SampleRule[], facts: Partial<RequestFacts> = {}): boolean {
  const known = { method: undefined, route: undefined, ...facts };
  return rulesSampler(rules).later(TRACE, known, clock).sampled;
}

describe('sampling rules', () => {
  const health = { route: '/health', rate: 0 };

  it('are asked in order, and the first that matches decides', () => {
    const rules = [health, { method: 'POST' }, { route: '/api/*', rate: 1 }, { rate: 0 }];
    assert.equal(keeps(rules, { route: '/health', method: 'POST' }), false);
    assert.equal(keeps(rules, { route: '/cart', method: 'POST' }), true);
    assert.equal(keeps(rules, { route: '/api/users/:id', method: 'GET' }), true);
    assert.equal(keeps(rules, { route: '/cart', method: 'GET' }), false);
  });

  it('keep what none of them matches', () => {
    assert.equal(keeps([health], { route: '/cart' }), true);
    assert.equal(keeps([health]), true);
    assert.equal(keeps([]), true);
  });

  it('match a route only where one has matched', () => {
    assert.equal(keeps([{ route: '*', rate: 0 }], { route: '/any' }), false);
    assert.equal(keeps([{ route: '*', rate: 0 }]), true);
  });

  it('take methods in any case, and _OTHER for what nobody knows', () => {
    assert.equal(keeps([{ method: 'options', rate: 0 }], { method: 'OPTIONS' }), false);
    assert.equal(keeps([{ method: '_OTHER', rate: 0 }], { method: '_OTHER' }), false);
    assert.equal(keeps([{ method: 'GET', rate: 0 }], { method: 'POST' }), true);
  });

  it('keep a share by trace id', () => {
    assert.equal(keeps([{ rate: 0.5 }]), true); // R is exactly T
    assert.equal(keeps([{ rate: 0.49 }]), false);
  });

  it('need to see the request only where the first rule asks for it', () => {
    const decidesAtStart = (rules: readonly SampleRule[]) => rulesSampler(rules).atStart(TRACE, clock) !== undefined;
    assert.equal(decidesAtStart([{ rate: 0.1 }, health]), true);
    assert.equal(decidesAtStart([{ perSecond: 5 }]), true);
    assert.equal(decidesAtStart([]), true);
    assert.equal(decidesAtStart([health, { rate: 0.1 }]), false);
    assert.equal(decidesAtStart([{ method: 'GET' }]), false);
  });

  it('keep so many a second of what the rate keeps', () => {
    const sampler = rulesSampler([{ perSecond: 2, rate: 0.5 }]);
    const kept = (trace: typeof TRACE) => sampler.atStart(trace, clock)?.sampled;
    const other = { ...TRACE, traceId: `${'a'.repeat(18)}00000000000000` };
    assert.deepEqual(
      [kept(other), kept(other), kept(TRACE), kept(TRACE), kept(TRACE)],
      [false, false, true, true, false],
    );
    clock.advance(500);
    assert.deepEqual([kept(TRACE), kept(TRACE)], [true, false]);
  });
});

describe('a token bucket', () => {
  it('lets through at most its rate over any time, and one second’s worth at once', () => {
    const waits = fc.array(fc.double({ min: 0, max: 400, noNaN: true }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(fc.double({ min: 0.2, max: 50, noNaN: true }), waits, (perSecond, gaps) => {
        const time = new ManualClock();
        const bucket = new TokenBucket(perSecond);
        let passed = 0;
        let elapsedMs = 0;
        for (const gap of gaps) {
          time.advance(gap);
          elapsedMs += gap;
          if (bucket.take(time)) passed++;
        }
        assert.ok(passed <= Math.max(1, perSecond) + (elapsedMs / 1000) * perSecond + 1e-6);
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  it('saves nothing up beyond that, and lets nothing through at 0', () => {
    const time = new ManualClock();
    const bucket = new TokenBucket(3);
    time.advance(3_600_000);
    assert.deepEqual(
      [1, 2, 3, 4].map(() => bucket.take(time)),
      [true, true, true, false],
    );
    assert.equal(new TokenBucket(0).take(time), false);
  });
});

describe('a wildcard', () => {
  it('matches what the same regular expression matches', () => {
    const text = fc.stringMatching(/^[ab/]{0,8}$/);
    const pattern = fc.stringMatching(/^[ab/*]{0,6}$/);
    fc.assert(
      fc.property(pattern, text, (wild, candidate) => {
        const expected = new RegExp(`^${wild.replaceAll('*', '.*')}$`).test(candidate);
        assert.equal(compileWildcard(wild)(candidate), expected);
      }),
      { seed: 5, numRuns: 2000 },
    );
  });
});
