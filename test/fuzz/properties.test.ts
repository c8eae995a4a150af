import { describe, test } from 'node:test';
import fc from 'fast-check';
import { fuzzProperties } from './properties.ts';

const SEED = 42;
/** Of all properties together; `npm run fuzz` has a thousand times as many. */
const CASES_A_SHARE = 25;

describe('fuzz at a fixed seed', () => {
  for (const { name, share, property } of fuzzProperties) {
    test(name, () => {
      fc.assert(property, { seed: SEED, numRuns: share * CASES_A_SHARE });
    });
  }
});
