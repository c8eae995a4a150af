/**
 * Times of a record are milliseconds as doubles; on the OTLP wire they are nanoseconds as decimal
 * strings. A nanosecond count of today (1.7e18) does not fit a double, so the whole milliseconds
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

/** '000' to '999': joining four of them is cheaper than formatting and padding a 13-digit double. */
const THREE_DIGITS: readonly string[] = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, '0'));

/** `"1700000000123250000"` for 1700000000123.25. What is no time (NaN, negative, infinite) becomes the nearest one. */
export function formatUnixNano(timeMs: number): string {
  return formatUnixNanoAfter(timeMs, 0);
}

/**
 * The end of something that started at `startMs` and took `durationMs`, never before the start.
 * Both are split before they are added: as doubles the sum would be rounded to 244 ns.
 */
export function formatUnixNanoAfter(startMs: number, durationMs: number): string {
  const start = clampMs(startMs);
  const duration = clampMs(durationMs);
  const startWhole = Math.floor(start);
  const durationWhole = Math.floor(duration);
  const nanos = Math.round((start - startWhole) * NANOS_PER_MS) + Math.round((duration - durationWhole) * NANOS_PER_MS);
  const carry = Math.floor(nanos / NANOS_PER_MS);
  const whole = startWhole + durationWhole + carry;
  return whole > LAST_MS ? formatParts(LAST_MS, 0) : formatParts(whole, nanos - carry * NANOS_PER_MS);
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

/** How long from `start` to `end`: never negative, a whole number of nanoseconds. */
export function durationBetween(start: UnixNano, end: UnixNano): number {
  return Math.max(0, toMs({ ms: end.ms - start.ms, nanos: end.nanos - start.nanos }));
}

function clampMs(ms: number): number {
  if (!(ms > 0)) return 0;
  return ms < LAST_MS ? ms : LAST_MS;
}

function formatParts(ms: number, nanos: number): string {
  const micros = Math.floor(nanos / 1000);
  const fraction = digits(micros) + digits(nanos - micros * 1000);
  if (ms < 1000) return String(Number(digits(ms) + fraction));
  const upper = Math.floor(ms / 1_000_000);
  const lower = ms - upper * 1_000_000;
  const thousands = Math.floor(lower / 1000);
  const last = digits(lower - thousands * 1000) + fraction;
  return upper === 0 ? thousands + last : upper + digits(thousands) + last;
}

function digits(belowThousand: number): string {
  return THREE_DIGITS[belowThousand] ?? '000';
}
