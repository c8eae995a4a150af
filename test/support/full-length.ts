/** `npm run fuzz` runs some tests at their full length, the suite at a part of it that takes seconds. */
export const FULL_LENGTH_VARIABLE = 'THROUGHLINE_TEST_LENGTH';

/** The files that have such tests, below `test/`. */
export const FULL_LENGTH_TESTS: readonly string[] = [
  'pipeline/random-lives',
  'scope/interleaved',
  'core/bounded-state',
];

/** The number of runs: all of them, or those of the suite. */
export function atLength({ full, suite }: { readonly full: number; readonly suite: number }): number {
  return process.env[FULL_LENGTH_VARIABLE] === 'full' ? full : suite;
}
