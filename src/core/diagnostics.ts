import { debuglog } from 'node:util';
import { shared } from './shared.ts';

/** Details for the curious: `NODE_DEBUG=throughline`. */
const debugLine = debuglog('throughline');

/** `OTEL_LOG_LEVEL`: nothing below it is said. */
export const LOG_LEVELS: readonly ['none', 'error', 'warn', 'info', 'debug', 'verbose', 'all'] = [
  'none',
  'error',
  'warn',
  'info',
  'debug',
  'verbose',
  'all',
];
type LogLevel = (typeof LOG_LEVELS)[number];

const wanted: LogLevel =
  LOG_LEVELS.find((level) => level === process.env.OTEL_LOG_LEVEL?.trim().toLowerCase()) ?? 'info';

function isSaid(level: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(wanted);
}

/** Says a line; by its level it is left out where `OTEL_LOG_LEVEL` wants less. */
export type Say = (message: string, level?: 'error' | 'warn' | 'info') => void;

/** Read once: a look at the environment costs more than a span. */
export const isProduction: boolean = process.env.NODE_ENV === 'production';

/** True where checks may run that are too dear for production. */
export const isDevelopment: boolean = process.env.NODE_ENV === 'development' || debugLine.enabled;

// Taken once, at load: an app may put a logger in the place of `console`.
const { Console } = console;
let lines: InstanceType<typeof Console> | undefined;

/**
 * One line on stderr for the engineer who runs the service. The stream may be closed or full: that is
 * no reason to disturb the app. A `Console` of our own, because it swallows the stream's `error` event,
 * which after a plain write to a closed pipe ends the process.
 */
export function say(message: string, level: LogLevel = 'warn'): void {
  if (!isSaid(level)) return;
  try {
    lines ??= new Console(process.stderr);
    lines.log(`throughline: ${message}`);
  } catch {
    // Nowhere left to say it.
  }
}

const saidOnce = shared('said', () => new Set<string>());
const REMEMBERED = 1000;

/** `say`, but each message once a process. */
export function sayOnce(message: string): void {
  if (saidOnce.has(message) || saidOnce.size >= REMEMBERED) return;
  saidOnce.add(message);
  say(message);
}

/** Notes a fault inside us that was kept from the app. `where` names the operation. */
export function noteFault(where: string, error: unknown): void {
  debugLine('%s: %s', where, describe(error));
  if (isSaid('debug')) say(`${where}: ${describe(error)}`, 'debug');
}

/** An error in a few words, whatever was thrown: never throws itself. */
export function describe(error: unknown): string {
  try {
    if (error instanceof Error) return error.message || error.name;
    return String(error);
  } catch {
    return 'an error that cannot be described';
  }
}
