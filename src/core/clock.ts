import { performance } from 'node:perf_hooks';
import { epochMs, monotonicMs as monotonicNow } from './timers.ts';

/** The source of time. Tests pass their own; the default was captured before anyone could fake it. */
export interface Clock {
  /** Wall time: milliseconds since the Unix epoch, with fractions. */
  wallMs(): number;
  /** Monotonic time: milliseconds since some fixed moment, never stepping. */
  monotonicMs(): number;
}

/**
 * The system's clock. `Date.now()` has whole milliseconds only, which would order spans of two
 * processes wrongly; so the fraction comes from the monotonic clock, held inside the millisecond that
 * `Date.now()` names. A stepped or slewed wall clock is followed at the next reading.
 */
export function systemClock(wholeMs: () => number = epochMs, monotonicMs: () => number = monotonicNow): Clock {
  let offset = performance.timeOrigin;
  return {
    monotonicMs,
    wallMs(): number {
      const floor = wholeMs();
      const elapsed = monotonicMs();
      const guess = offset + elapsed;
      if (guess >= floor && guess < floor + 1) return guess;
      const held = guess < floor ? floor : floor + 0.999;
      offset = held - elapsed;
      return held;
    },
  };
}

/** A moment as OpenTelemetry's `TimeInput`: epoch milliseconds, a `Date`, or `[seconds, nanoseconds]`. */
export type TimeInput = number | Date | [number, number];

/**
 * Milliseconds since the epoch, or `undefined` for what is no time. Small numbers are `performance.now()`
 * readings. Never throws: a span must end whatever it is given.
 */
export function timeInputMs(input: unknown): number | undefined {
  try {
    return readTime(input);
  } catch {
    return undefined; // a hostile Proxy, a symbol in the list
  }
}

function readTime(input: unknown): number | undefined {
  if (typeof input === 'number')
    return finite(input < performance.timeOrigin / 2 ? performance.timeOrigin + input : input);
  if (input instanceof Date) return finite(input.getTime());
  if (!Array.isArray(input)) return undefined;
  return finite(Number(input[0]) * 1e3 + Number(input[1]) / 1e6);
}

function finite(ms: number): number | undefined {
  return Number.isFinite(ms) ? ms : undefined;
}
