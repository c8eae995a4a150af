import { isAbsolute, resolve } from 'node:path';
import { optionError, refuseUnknownOptions, showValue } from '../errors.ts';
import type { SpoolSettings } from '../pipeline/spool/spool.ts';
import type { Environment } from './environment.ts';

/** When spans go to disk. */
export type SpoolModeName = 'overflow' | 'ahead' | 'off';

/** The long form of the `spool` option. */
export interface SpoolOptions {
  /** Default `'overflow'`. */
  readonly mode?: SpoolModeName;
  /** Where spools lie. Default: `$XDG_STATE_HOME/throughline`, else `throughline-<uid>` in the folder for temporary files. */
  readonly directory?: string;
  /** Bytes that one exporter's spool may take; the oldest files go first. 65,536 or more. Default 64 MiB. */
  readonly maxBytes?: number;
  /** How long a span may wait: milliseconds, or a text such as `'90s'`, `'30m'`, `'24h'`. Default 24 h. */
  readonly maxAge?: number | string;
}

const MODES: readonly SpoolModeName[] = ['overflow', 'ahead', 'off'];
const MIN_BYTES = 64 * 1024;
const DEFAULT_BYTES = 64 * 1024 * 1024;
const HOUR_MS = 3_600_000;
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: HOUR_MS, d: 24 * HOUR_MS };

/** The spool: code, then environment, then default. Throws a `TypeError` for a wrong option. */
export function resolveSpool(caller: string, option: unknown, environment: Environment): SpoolSettings {
  const { mode, directory, maxBytes, maxAge } = checkedOptions(caller, option);
  const named = directory ?? environment.text('THROUGHLINE_SPOOL_DIRECTORY');
  return {
    mode: mode ?? environment.choice('THROUGHLINE_SPOOL', MODES) ?? 'overflow',
    directory: named === undefined || isAbsolute(named) ? named : resolve(named), // the app may change its directory
    maxBytes: maxBytes ?? DEFAULT_BYTES,
    maxAgeMs: maxAge === undefined ? 24 * HOUR_MS : (durationMs(maxAge) as number),
  };
}

function checkedOptions(caller: string, option: unknown): SpoolOptions {
  if (option === undefined) return {};
  if (typeof option === 'string') return { mode: checkedMode(caller, 'spool', option) };
  if (typeof option !== 'object' || option === null) {
    throw optionError(`${caller}(): "spool" must be ${listOf(MODES)} or an object, got ${showValue(option)}`);
  }
  refuseUnknownOptions(caller, option, ['mode', 'directory', 'maxBytes', 'maxAge'], 'spool.');
  const { mode, directory, maxBytes, maxAge } = option as SpoolOptions;
  if (mode !== undefined) checkedMode(caller, 'spool.mode', mode);
  if (directory !== undefined && (typeof directory !== 'string' || directory === '' || directory.includes('\0'))) {
    throw optionError(`${caller}(): "spool.directory" must be the path of a folder, got ${showValue(directory)}`);
  }
  if (maxBytes !== undefined && !(Number.isSafeInteger(maxBytes) && maxBytes >= MIN_BYTES)) {
    const expected = `a whole number of bytes, ${MIN_BYTES} or more`;
    throw optionError(`${caller}(): "spool.maxBytes" must be ${expected}, got ${showValue(maxBytes)}`);
  }
  if (maxAge !== undefined && durationMs(maxAge) === undefined) {
    throw optionError(
      `${caller}(): "spool.maxAge" must be milliseconds or a text such as "24h", got ${showValue(maxAge)}`,
    );
  }
  return option;
}

function checkedMode(caller: string, name: string, mode: unknown): SpoolModeName {
  const known = MODES.find((candidate) => candidate === mode);
  if (known !== undefined) return known;
  throw optionError(`${caller}(): "${name}" must be ${listOf(MODES)}, got ${showValue(mode)}`);
}

function listOf(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(' or ');
}

/** `90_000`, `'90s'`; `undefined` for what is no length of time. */
function durationMs(value: unknown): number | undefined {
  if (typeof value === 'number') return value > 0 ? value : undefined;
  const match = typeof value === 'string' ? /^(\d{1,9})(ms|s|m|h|d)$/.exec(value) : null;
  const ms = match === null ? 0 : Number(match[1]) * (UNITS[match[2] as string] as number);
  return ms > 0 ? ms : undefined;
}
