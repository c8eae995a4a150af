import { clearTimeout, setTimeout } from '../timers.ts';

/** A signal that fires after a time, and the clean-up that an earlier end needs. */
export interface Deadline {
  /** Its reason is an `Error` that says what was waited for. */
  readonly signal: AbortSignal;
  clear(): void;
}

/** The same as `promise`, or a rejection with the signal's reason as soon as it fires. */
export function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason);
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}

/**
 * A deadline `timeoutMs` from now, or when `outer` fires, if that is sooner. The process does not stay alive for it.
 * (`AbortSignal.any` leaks on long-lived signals in Node 20.)
 */
export function startDeadline(timeoutMs: number, outer?: AbortSignal): Deadline {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs).unref();
  function onOuterAbort(): void {
    controller.abort(outer?.reason);
  }
  if (outer?.aborted) onOuterAbort();
  else outer?.addEventListener('abort', onOuterAbort, { once: true });
  function clear(): void {
    clearTimeout(timer);
    outer?.removeEventListener('abort', onOuterAbort);
  }
  return { signal: controller.signal, clear };
}
