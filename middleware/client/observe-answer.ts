/**
 * Looks at what a client returned, a promise as a rule, without a part in it: what is handed back settles as
 * that does, with the same value or reason, so that a rejection nobody handles stays one.
 */
export function observeAnswer(
  result: unknown,
  answered: (response: unknown) => void,
  failed: (reason: unknown) => void,
): unknown {
  if (!isThenable(result)) {
    answered(result);
    return result;
  }
  return result.then(
    (response) => {
      answered(response);
      return response;
    },
    (reason: unknown) => {
      failed(reason);
      throw reason;
    },
  );
}

/** The status of an answer, whatever client it is of. */
export function statusOf(answer: unknown): number | undefined {
  const { status } = (answer ?? {}) as { status?: unknown };
  return Number.isInteger(status) ? (status as number) : undefined;
}

interface Thenable {
  then(fulfilled: (value: unknown) => unknown, rejected: (reason: unknown) => unknown): unknown;
}

function isThenable(value: unknown): value is Thenable {
  return typeof (value as Thenable | null | undefined)?.then === 'function';
}
