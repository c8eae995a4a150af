import { optionError, refuseUnknownOptions, showValue } from '../errors.ts';

/** What is kept whatever `sample` says. Any of them is enough; `{}` keeps what `span.keep()` asks for. */
export interface KeepOptions {
  /** Traces in which a span of this process failed. Default false. */
  readonly errors?: boolean;
  /** Traces whose first span here took longer than this: milliseconds, or `'500ms'`, `'2s'`, `'1m'`. */
  readonly slowerThan?: number | string;
  /** Traces that were answered with one of these: `429`, `'5xx'`, `[404, '5xx']`. */
  readonly status?: number | string | readonly (number | string)[];
}

/** What is known of one local trace when it is asked about. */
export interface OutcomeFacts {
  /** A span that has ended failed. */
  readonly failed: boolean;
  /** Of the local root, up to now while it is open. */
  readonly durationMs: number;
  /** Of the answer to it, when one was given. */
  readonly status: number | undefined;
}

/** True for what is to be kept. */
export type KeepRule = (facts: OutcomeFacts) => boolean;

const FIELDS: readonly (keyof KeepOptions)[] = ['errors', 'slowerThan', 'status'];

/**
 * Compiles the option `keep`; undefined when nothing is to be kept beyond `sample`.
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION`
 */
export function compileKeep(call: string, option: unknown): KeepRule | undefined {
  if (option === undefined) return undefined;
  if (typeof option !== 'object' || option === null || Array.isArray(option)) {
    throw optionError(`${call}(): "keep" must be an object such as { errors: true }, got ${showValue(option)}`);
  }
  refuseUnknownOptions(call, option, FIELDS, 'keep.');
  const { errors = false, slowerThan, status } = option as KeepOptions;
  if (typeof errors !== 'boolean') {
    throw optionError(`${call}(): "keep.errors" must be true or false, got ${showValue(errors)}`);
  }
  const slowMs = slowerThan === undefined ? Number.POSITIVE_INFINITY : durationMs(call, slowerThan);
  const isKept = statusTest(call, status);
  return (facts) =>
    (errors && facts.failed) || facts.durationMs > slowMs || (facts.status !== undefined && isKept(facts.status));
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };
const DURATION = /^(\d+(?:\.\d+)?) ?(ms|s|m)$/;

function durationMs(call: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0) return value;
  const [, amount, unit] = (typeof value === 'string' && value.length < 30 && DURATION.exec(value)) || [];
  if (amount !== undefined && unit !== undefined) return Number(amount) * (UNITS[unit] as number);
  throw optionError(
    `${call}(): "keep.slowerThan" must be milliseconds or such as "500ms" or "2s", got ${showValue(value)}`,
  );
}

/** A set of codes, and of first digits. */
function statusTest(call: string, option: unknown): (status: number) => boolean {
  const kept = new Set<number>();
  for (const item of option === undefined ? [] : Array.isArray(option) ? option : [option]) {
    for (const code of codesOf(call, item)) kept.add(code);
  }
  return (status) => kept.has(status);
}

const STATUS_CLASS = /^[1-5]xx$/i;

function codesOf(call: string, item: unknown): number[] {
  if (typeof item === 'number' && Number.isInteger(item) && item >= 100 && item <= 599) return [item];
  if (typeof item === 'string' && STATUS_CLASS.test(item)) {
    return Array.from({ length: 100 }, (_, i) => Number(item[0]) * 100 + i);
  }
  if (typeof item === 'string' && /^[1-5]\d\d$/.test(item)) return [Number(item)];
  throw optionError(
    `${call}(): "keep.status" must be a status code or such as "5xx", or a list of them, got ${showValue(item)}`,
  );
}
