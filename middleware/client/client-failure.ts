import { errorType } from '../../src/core/spans/exception.ts';
import type { ClientFailure } from './client-call.ts';

interface ErrorLike {
  readonly name?: unknown;
  readonly cause?: unknown;
}

/**
 * The failure that an aborted or failed request was rejected with. `signal` is the caller's, where it is
 * known: with a reason of its own nothing else tells that it was the caller.
 *
 * A caller that set a deadline by `AbortSignal.timeout(ms)` did not change its mind: it waited in vain.
 */
export function failureOf(reason: unknown, signal?: unknown): ClientFailure {
  if (isCalled(reason, 'TimeoutError')) return { kind: 'timeout', error: reason };
  const byCaller = signalReason(signal);
  if (byCaller !== undefined) return givenUp(reason, byCaller);
  const cause = causeOf(reason);
  // node:http gives the signal's reason as the cause of an error of its own.
  if (isCalled(reason, 'AbortError')) return givenUp(reason, cause);
  // "fetch failed": what it was, the cause knows.
  return { kind: 'error', error: reason, cause: tellsMore(cause) ? cause : undefined };
}

/** The failure of a request that its caller gave up, by `signal` where there is one. */
export function cancelled(error: unknown, signal: unknown): ClientFailure {
  return givenUp(error, signalReason(signal));
}

function givenUp(error: unknown, why: unknown): ClientFailure {
  return { kind: isCalled(why, 'TimeoutError') ? 'timeout' : 'cancelled', error };
}

function isCalled(error: unknown, name: string): boolean {
  return (error as ErrorLike | null | undefined)?.name === name;
}

function causeOf(error: unknown): unknown {
  return (error as ErrorLike | null | undefined)?.cause;
}

function tellsMore(cause: unknown): boolean {
  return cause instanceof Error && errorType(cause) !== 'Error';
}

/** The reason that a signal was aborted with, undefined while it was not. */
function signalReason(signal: unknown): unknown {
  const { aborted, reason } = (signal ?? {}) as { aborted?: unknown; reason?: unknown };
  return aborted === true ? (reason ?? true) : undefined;
}
