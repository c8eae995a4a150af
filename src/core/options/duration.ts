/**
 * A length of time: milliseconds, or a number with its unit, `ms`, `s`, `m`, `h` or `d`: `'500ms'`, `'1.5s'`, `'24h'`.
 * One grammar for every option and for the command.
 */
export type Duration = number | string;

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const AMOUNT = /^(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h|d)$/;

/**
 * Milliseconds of a {@link Duration}; undefined for what is none. A text needs its unit, since `'90'` would be read as
 * seconds by half of its readers.
 */
export function durationMs(given: unknown): number | undefined {
  if (typeof given === 'number') return given >= 0 ? given : undefined;
  const [, amount, unit = ''] = (typeof given === 'string' && AMOUNT.exec(given)) || [];
  const unitMs = UNITS_MS[unit];
  return amount === undefined || unitMs === undefined ? undefined : Number(amount) * unitMs;
}
