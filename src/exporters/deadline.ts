/** A signal for one attempt, and the clean-up that its end needs. */
export interface Deadline {
  readonly signal: AbortSignal;
  clear(): void;
}

/** The pipeline's deadline or our own, whichever is first. (`AbortSignal.any` leaks on long-lived signals in Node 20.) */
export function startDeadline(outer: AbortSignal, timeoutMs: number): Deadline {
  const controller = new AbortController();
  function onOuterAbort(): void {
    controller.abort(new Error('gave up at the deadline'));
  }
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  timer.unref();
  if (outer.aborted) onOuterAbort();
  else outer.addEventListener('abort', onOuterAbort, { once: true });
  function clear(): void {
    clearTimeout(timer);
    outer.removeEventListener('abort', onOuterAbort);
  }
  return { signal: controller.signal, clear };
}
