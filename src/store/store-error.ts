/** A store that cannot do what it was asked for: unreachable, full, not allowed. */
export interface StoreError extends Error {
  readonly code: 'ERR_THROUGHLINE_STORE';
}

/**
 * The error a store call rejects with. The message says what was tried, what is wrong and, where there
 * is something, what to do.
 *
 *     throw storeError('redis 127.0.0.1:6379: connection refused');
 */
export function storeError(message: string, cause?: unknown): StoreError {
  const error = cause === undefined ? new Error(message) : new Error(message, { cause });
  return Object.assign(error, { code: 'ERR_THROUGHLINE_STORE' as const });
}
