import { durationMs } from '../src/core/options/duration.ts';
import { quote } from './command-arguments.ts';
import { UsageError } from './exit-code.ts';

/**
 * A length of time: `200ms`, `1.5s`, `2m`, `1h`; a bare number is milliseconds.
 *
 * @throws UsageError naming the option
 */
export function parseDuration(option: string, text: string): number {
  const ms = durationMs(/^\d{1,12}(\.\d{1,6})?$/.test(text) ? Number(text) : text);
  if (ms !== undefined) return ms;
  throw new UsageError(`--${option} must be a time such as 200ms, 1.5s or 2m, got ${quote(text)}`);
}

/**
 * A moment: so long ago (`15m`, `2h`, `7d`), `now`, the beginning of `today` or `yesterday`, or a date as ISO 8601 has
 * it. Days, and dates that name no zone, are those of the local time zone. Milliseconds since the Unix epoch;
 * `undefined` for anything else.
 */
export function parseMoment(text: string, nowMs: number): number | undefined {
  const ago = durationMs(text.replace(/ ago$/, ''));
  if (ago !== undefined) return nowMs - ago;
  if (text === 'now') return nowMs;
  if (text === 'today' || text === 'yesterday') return startOfDay(nowMs, text === 'today' ? 0 : 1);
  return parseDate(text);
}

function startOfDay(nowMs: number, daysBefore: number): number {
  const date = new Date(nowMs);
  // By the calendar: a day that a clock change made shorter is a day all the same.
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() - daysBefore).getTime();
}

const ISO = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;

function parseDate(text: string): number | undefined {
  if (!ISO.test(text)) return undefined;
  // A date alone would be read as UTC, a date with a time as local.
  const ms = Date.parse(text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T'));
  return Number.isNaN(ms) ? undefined : ms;
}

/**
 * The moment that an option names.
 *
 * @throws UsageError naming the option
 */
export function momentOf(option: string, text: string, nowMs: number): number {
  const ms = parseMoment(text, nowMs);
  if (ms !== undefined) return ms;
  throw new UsageError(
    `--${option} must be a moment such as 15m or 7d (ago), today, yesterday or 2026-11-25T10:00Z, got ${quote(text)}`,
  );
}
