import { isAbsolute, resolve } from 'node:path';
import type { Duration } from '../options/duration.ts';
import { showValue } from '../options/errors.ts';
import {
  duration,
  group,
  hintNear,
  oneOf,
  pathOf,
  type Reader,
  type Readers,
  wholeNumber,
  wrongOption,
} from '../options/options.ts';
import type { SpoolSettings } from '../pipeline/spool/spool.ts';
import { DEFAULTS } from './defaults.ts';
import type { Environment } from './environment.ts';

/** When spans go to disk. */
export type SpoolModeName = 'overflow' | 'ahead' | 'off';

/** The long form of the `spool` option. */
export interface SpoolOptions {
  /** Default `'overflow'`. */
  readonly mode?: SpoolModeName | undefined;
  /** The folder of spools. Default: `$XDG_STATE_HOME/throughline`, else `throughline-<uid>` in the folder for temporary files. */
  readonly directory?: string | undefined;
  /** Bytes that one exporter's spool may take; the oldest files go first. 65,536 or more. Default 64 MiB. */
  readonly maxBytes?: number | undefined;
  /** The time that a span may wait: milliseconds, or a text such as `'90s'`, `'30m'`, `'24h'`. Default 24 h. */
  readonly maxAge?: Duration | undefined;
}

const MODES = ['overflow', 'ahead', 'off'] as const satisfies readonly SpoolModeName[];
const MIN_BYTES = 64 * 1024;

const READERS = {
  mode: oneOf(...MODES),
  directory: pathOf('the path of a folder'),
  maxBytes: wholeNumber(MIN_BYTES, Number.MAX_SAFE_INTEGER, 'bytes'),
  maxAge: duration('24h', 1),
} satisfies Readers<SpoolOptions>;

/** The settings that were given, `maxAge` in milliseconds. */
export interface GivenSpool extends Omit<SpoolOptions, 'maxAge'> {
  readonly maxAge?: number | undefined;
}

const EXPECTED = '"overflow", "ahead", "off" or { mode, directory, maxBytes, maxAge }';
const fields = group(READERS, EXPECTED);

/** The option `spool`: a mode, or the long form. */
export const spoolReader: Reader<GivenSpool> = (given, at) => {
  const mode = MODES.find((name) => name === given);
  if (mode !== undefined) return { mode };
  if (typeof given === 'object') return fields(given, at);
  throw wrongOption(at, EXPECTED, given, hintFor(given));
};

function hintFor(given: unknown): string {
  if (typeof given === 'string' && /[\\/]/.test(given)) return `for a folder write { directory: ${showValue(given)} }`;
  return hintNear(given, MODES);
}

/** The spool: code, then environment, then default. */
export function resolveSpool(given: GivenSpool, environment: Environment): SpoolSettings {
  const named = given.directory ?? environment.text('THROUGHLINE_SPOOL_DIRECTORY');
  return {
    mode: given.mode ?? environment.choice('THROUGHLINE_SPOOL', MODES) ?? DEFAULTS.spool.mode,
    directory: named === undefined || isAbsolute(named) ? named : resolve(named), // the app may change its directory
    maxBytes: given.maxBytes ?? DEFAULTS.spool.maxBytes,
    maxAgeMs: given.maxAge ?? DEFAULTS.spool.maxAgeMs,
  };
}
