import { AssertionError } from 'node:assert';

/** The error that a check throws, which must be an assertion error as every runner knows it. */
export function assertionOf(check: () => unknown): AssertionError {
  try {
    check();
  } catch (error) {
    if (error instanceof AssertionError && error.code === 'ERR_ASSERTION') return error;
    throw error;
  }
  throw new Error('the check passed');
}

/** The same for a promise. */
export async function rejectionOf(promise: PromiseLike<unknown>): Promise<AssertionError> {
  const settled = await Promise.resolve(promise).then(
    () => () => undefined,
    (error: unknown) => () => {
      throw error;
    },
  );
  return assertionOf(settled);
}

/** Lines as one text, as messages are compared. */
export function lines(...texts: readonly string[]): string {
  return texts.join('\n');
}
