import { AssertionError } from 'node:assert';

/** The values of a failed check beside its message: strings, so that every runner can show their difference. */
interface Compared {
  readonly expected?: string;
  readonly actual?: string;
}

/**
 * The error of a failed check, `code: 'ERR_ASSERTION'` as all runners know it. The stack begins where
 * the test called `check`.
 */
export function failure(check: { readonly name: string }, message: string, compared: Compared = {}): AssertionError {
  const options = { ...compared, message: `${check.name}(): ${message}`, operator: check.name };
  return new AssertionError({ ...options, stackStartFn: check as () => void });
}
