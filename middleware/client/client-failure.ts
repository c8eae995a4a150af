import { errorType } from '../../src/core/spans/exception.ts';
import type { ClientFailure } from './client-handler.ts';

interface ErrorLike {
  readonly name?: unknown;
  readonly cause?: unknown;
}

/**
 * What went wrong, from what an aborted or failed request was rejected with. `signal` is the caller's,
 * where it is known: with a reason of its own nothing else tells that it was the caller.
 *
 * A caller that set a deadline by `AbortSignal.timeout(ms)` did not change its mind: it waited in vain.
 */
export function failureOf(reason: unknown, signal?: unknown): ClientFailure {
  if (isCalled(reason, 'TimeoutError')) return { kind: 'timeout', error: reason };
  const byCaller = signalReason(signal);
  if (byCaller !== undefined)
    return { kind: isCalled(byCaller, 'TimeoutError') ? 'timeout' : 'cancelled', error: reason };
  const cause = causeOf(reason);
  // node:http gives the signal's reason as the cause of an error of its own.
  if (isCalled(reason, 'AbortError')) {
    return { kind: isCalled(cause, 'TimeoutError') ? 'timeout' : 'cancelled', error: reason };
  }
  // "fetch failed": what it was, the cause knows.
  return { kind: 'error', error: reason, cause: tellsMore(cause) ? cause : undefined };
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

/** Why a signal was aborted, undefined while it was not. */
function signalReason(signal: unknown): unknown {
  const { aborted, reason } = (signal ?? {}) as { aborted?: unknown; reason?: unknown };
  return aborted === true ? (reason ?? true) : undefined;
}
