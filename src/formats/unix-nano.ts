/**
 * Times of a record are milliseconds as doubles; on the OTLP wire they are nanoseconds, as decimal
 * strings or fixed64. A nanosecond count of today (1.7e18) does not fit a double, so the whole milliseconds
 * and the nanoseconds inside the millisecond are handled apart:
 *
 *     1700000000123.25 ms  =  ms 1700000000123, nanos 250000  =  "1700000000123250000"
 */
export interface UnixNano {
  /** Whole milliseconds since the Unix epoch. */
  readonly ms: number;
  /** 0..999999, inside that millisecond. */
  readonly nanos: number;
}

const NANOS_PER_MS = 1_000_000;

/** The field is fixed64: 18446744073709551615 is the last nanosecond it can name. */
const LAST_MS = 18_446_744_073_708;

/**
 * The end of something that started at `startMs` and took `durationMs`, never before the start. What is no
 * time (NaN, negative, infinite) becomes the nearest one.
 * Both are split before they are added: as doubles the sum would be rounded to 244 ns.
 */
export function unixNanoAfter(startMs: number, durationMs: number): UnixNano {
  const start = clampMs(startMs);
  const duration = clampMs(durationMs);
  const startWhole = Math.floor(start);
  const durationWhole = Math.floor(duration);
  const nanos = Math.round((start - startWhole) * NANOS_PER_MS) + Math.round((duration - durationWhole) * NANOS_PER_MS);
  const carry = Math.floor(nanos / NANOS_PER_MS);
  const whole = startWhole + durationWhole + carry;
  return whole > LAST_MS ? { ms: LAST_MS, nanos: 0 } : { ms: whole, nanos: nanos - carry * NANOS_PER_MS };
}

/** Reads a decimal string, or a number as some exporters write it; `undefined` when it is neither. */
export function parseUnixNano(value: unknown): UnixNano | undefined {
  const digits = typeof value === 'number' && value >= 0 && value < 1e20 ? value.toFixed(0) : value;
  if (typeof digits !== 'string' || !/^\d{1,20}$/.test(digits)) return undefined;
  return { ms: Number(digits.slice(0, -6)), nanos: Number(digits.slice(-6)) };
}

/** The time as a record holds it. */
export function toMs({ ms, nanos }: UnixNano): number {
  const total = ms * NANOS_PER_MS + nanos;
  // One division rounds once; the sum of two rounded halves may be off by a bit.
  return Number.isSafeInteger(total) ? total / NANOS_PER_MS : ms + nanos / NANOS_PER_MS;
}

/** The start of a span; of one that has none, its end, which is the one time that is known of it. */
export function startOrEnd(start: UnixNano, end: UnixNano): UnixNano {
  return start.ms === 0 && start.nanos === 0 ? end : start;
}

/** The time from `start` to `end`: never negative, a whole number of nanoseconds. */
export function durationBetween(start: UnixNano, end: UnixNano): number {
  return Math.max(0, toMs({ ms: end.ms - start.ms, nanos: end.nanos - start.nanos }));
}

function clampMs(ms: number): number {
  if (!(ms > 0)) return 0;
  return ms < LAST_MS ? ms : LAST_MS;
}
