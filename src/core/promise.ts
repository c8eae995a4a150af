/**
 * Looks at how a native promise settles and hands back a derived one with the same settlement: a
 * rejection that nobody handles stays unhandled. Anything that is no native promise is handed back as
 * it is, unobserved.
 */
export function observeRejection<Result>(result: Result, onRejected: (reason: unknown) => void): Result {
  if (!(result instanceof Promise)) return result;
  return result.then(undefined, (reason: unknown) => {
    onRejected(reason);
    throw reason;
  }) as Result;
}
