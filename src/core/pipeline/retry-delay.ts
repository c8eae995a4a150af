import type { PipelineTiming } from './settings.ts';

/**
 * The pause after the `attempt`-th failure in a row, from 1, in milliseconds: exponential with jitter, and no
 * less than what the other side asked for (`Retry-After: 0` is no leave to call without a pause).
 */
export function retryDelayMs(timing: PipelineTiming, attempt: number, retryAfterMs: number | undefined): number {
  const ceiling = Math.min(timing.longestRetryMs, timing.firstRetryMs * 2 ** Math.min(attempt - 1, 10));
  const backOffMs = ceiling / 2 + (Math.random() * ceiling) / 2;
  return Math.max(backOffMs, Math.min(retryAfterMs ?? 0, timing.longestRetryAfterMs));
}
