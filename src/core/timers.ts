import { performance } from 'node:perf_hooks';
import timers from 'node:timers';

/*
 * Node's timers and clocks, taken once at load: tests of an app put fakes in their place (Jest, vitest, sinon,
 * node:test), and a flush in their `afterEach` would wait for ever. From the module rather than the globals,
 * which Jest may have replaced before we are loaded.
 */
export const setTimeout: typeof timers.setTimeout = timers.setTimeout;
export const clearTimeout: typeof timers.clearTimeout = timers.clearTimeout;
export const setInterval: typeof timers.setInterval = timers.setInterval;
export const clearInterval: typeof timers.clearInterval = timers.clearInterval;
export const setImmediate: typeof timers.setImmediate = timers.setImmediate;
export const clearImmediate: typeof timers.clearImmediate = timers.clearImmediate;

/** Milliseconds since some fixed moment, never stepping. */
export const monotonicMs: () => number = performance.now.bind(performance);

/** Wall time in whole milliseconds since the Unix epoch. */
export const epochMs: () => number = Date.now;

/** Node takes a longer timer for 1 ms, and warns. */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1;

/** The next turn of the event loop: others come first. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
