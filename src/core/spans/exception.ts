import { bounded } from '../limits.ts';
import type { Attributes } from '../record.ts';
import { redactedText } from './redact-text.ts';

/** Long enough for 40 frames, short enough to keep on every failed request. */
const STACK_LENGTH = 8192;
const MESSAGE_LENGTH = 1024;

/**
 * The attributes of an `exception` event (semantic conventions, exceptions on spans), from whatever
 * was thrown. URLs in its texts are redacted, as those of the attributes are. Never throws: getters of hostile errors do.
 */
export function exceptionAttributes(thrown: unknown): Attributes {
  const attributes: Attributes = { 'exception.type': errorType(thrown) };
  const message = typeof thrown === 'object' ? read(thrown, 'message') : text(thrown);
  if (message !== undefined) attributes['exception.message'] = bounded(redactedText(thrown, message), MESSAGE_LENGTH);
  const stack = read(thrown, 'stack');
  if (stack !== undefined) attributes['exception.stacktrace'] = bounded(redactedText(thrown, stack), STACK_LENGTH);
  return attributes;
}

/**
 * `error.type` of whatever was thrown: a system error's code (`ECONNREFUSED`) says more than its class,
 * a class name more than `Error`. Low cardinality, so never the message.
 */
export function errorType(thrown: unknown): string {
  const code = read(thrown, 'code');
  if (code !== undefined && /^[A-Z][A-Z0-9_]{1,63}$/.test(code)) return code;
  const name = read(thrown, 'name');
  if (name !== undefined && name !== 'Error' && name !== '') return bounded(name, 128);
  const constructorName = read(readAny(thrown, 'constructor'), 'name');
  return constructorName === undefined || constructorName === '' ? typeof thrown : bounded(constructorName, 128);
}

function read(holder: unknown, key: string): string | undefined {
  const value = readAny(holder, key);
  return typeof value === 'string' ? value : undefined;
}

function readAny(holder: unknown, key: string): unknown {
  try {
    return (holder as Record<string, unknown> | null | undefined)?.[key];
  } catch {
    return undefined;
  }
}

function text(value: unknown): string | undefined {
  try {
    return String(value);
  } catch {
    return undefined;
  }
}
