import type { KeepRule } from '../decide/keep-rule.ts';
import type { Duration } from '../options/duration.ts';
import { duration, flag, group, type Place, type Reader, type Readers, wrongOption } from '../options/options.ts';

/** Reasons to keep a trace whatever `sample` says. Any is enough; `{}` keeps what `span.keep()` asks for. */
export interface KeepOptions {
  /** Traces in which a span of this process failed. Default false. */
  readonly errors?: boolean | undefined;
  /** Traces whose first span here took longer than this: milliseconds, or `'500ms'`, `'2s'`, `'1m'`. */
  readonly slowerThan?: Duration | undefined;
  /** Traces that were answered with one of these: `429`, `'5xx'`, `[404, '5xx']`. */
  readonly status?: number | string | readonly (number | string)[] | undefined;
}

type StatusTest = (status: number) => boolean;

const READERS = {
  errors: flag,
  slowerThan: duration('500ms', 0),
  status: (given, at): StatusTest => {
    const kept = new Set((Array.isArray(given) ? [...given] : [given]).flatMap((item) => codesOf(item, at)));
    return (status) => kept.has(status);
  },
} satisfies Readers<KeepOptions>;

const fields = group(READERS, 'an object such as { errors: true }');

/** The option `keep`: the rule for what is kept beyond `sample`. */
export const keepReader: Reader<KeepRule> = (given, at) => {
  const { errors = false, slowerThan = Number.POSITIVE_INFINITY, status: isKept = () => false } = fields(given, at);
  return (facts) =>
    (errors && facts.failed) || facts.durationMs > slowerThan || (facts.status !== undefined && isKept(facts.status));
};

const STATUS_CLASS = /^[1-5]xx$/i;

function codesOf(item: unknown, at: Place): number[] {
  if (typeof item === 'number' && Number.isInteger(item) && item >= 100 && item <= 599) return [item];
  if (typeof item === 'string' && STATUS_CLASS.test(item)) {
    return Array.from({ length: 100 }, (_, i) => Number(item[0]) * 100 + i);
  }
  if (typeof item === 'string' && /^[1-5]\d\d$/.test(item)) return [Number(item)];
  throw wrongOption(at, 'a status code or such as "5xx", or a list of them', item);
}
