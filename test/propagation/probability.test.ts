import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hasThreshold, randomnessOf, withThreshold } from '../../propagation/probability.ts';
import { TraceState } from '../../propagation/tracestate.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

describe('the randomness of a trace', () => {
  const cases: readonly [state: string, expected: string][] = [
    ['', '48eb211c80319c'],
    ['congo=t61', '48eb211c80319c'],
    ['ot=rv:0123456789abcd', '0123456789abcd'],
    ['ot=th:c;rv:0123456789abcd;x:1', '0123456789abcd'],
    ['ot=rv:0123456789abc', '48eb211c80319c'],
    ['ot=rv:0123456789ABCD', '48eb211c80319c'],
    ['ot=xrv:0123456789abcd', '48eb211c80319c'],
    ['other=rv:0123456789abcd', '48eb211c80319c'],
  ];
  for (const [state, expected] of cases) {
    it(`is ${expected} with tracestate "${state}"`, () =>
      assert.equal(randomnessOf(TRACE_ID, TraceState.parse(state)), expected));
  }
});

describe('the threshold in tracestate', () => {
  const cases: readonly [before: string, threshold: string | undefined, after: string | undefined][] = [
    ['', 'c', 'ot=th:c'],
    ['congo=t61', 'e666', 'ot=th:e666,congo=t61'],
    ['congo=t61,ot=th:0;rv:0123456789abcd', 'c', 'ot=th:c;rv:0123456789abcd,congo=t61'],
    ['ot=rv:0123456789abcd;th:0', undefined, 'ot=rv:0123456789abcd'],
    ['congo=t61,ot=th:0', undefined, 'congo=t61'],
    ['congo=t61,ot=rv:0123456789abcd', undefined, 'congo=t61,ot=rv:0123456789abcd'],
    ['', undefined, undefined],
  ];
  for (const [before, threshold, after] of cases) {
    it(`of "${before}" becomes ${threshold ?? 'none'}`, () => {
      const changed = withThreshold(TraceState.parse(before), threshold);
      assert.equal(changed?.serialize(), after);
      assert.equal(hasThreshold(changed), threshold !== undefined);
    });
  }

  it('is changed without harm to any tracestate, and stays valid', () => {
    const member = fc.stringMatching(/^[a-z]{1,4}=[a-z:;0-9]{1,20}$/);
    const states = fc.array(fc.oneof(member, fc.constant('ot=th:1;rv:zz'), fc.string({ maxLength: 12 })), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(states, fc.option(fc.stringMatching(/^[0-9a-f]{1,14}$/), { nil: undefined }), (parts, threshold) => {
        const before = TraceState.parse(parts.join(','));
        const after = withThreshold(before, threshold);
        const text = after?.serialize() ?? '';
        assert.equal(TraceState.parse(text)?.serialize() ?? '', text);
        const others = (state: TraceState | undefined) =>
          (state?.serialize() ?? '').split(',').filter((one) => one !== '' && !one.startsWith('ot='));
        assert.deepEqual(others(after), others(before));
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});
