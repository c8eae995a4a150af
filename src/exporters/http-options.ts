import { validateHeaderName, validateHeaderValue } from 'node:http';
import { optionError, showValue } from '../core/errors.ts';
import { LONGEST_TIMER_MS } from '../core/timers.ts';
import { version } from '../core/version.ts';

/** Checks the `timeoutMs` option of the exporter `call`. */
export function checkedTimeout(call: string, timeoutMs: unknown): number | undefined {
  if (timeoutMs === undefined) return undefined;
  if (typeof timeoutMs === 'number' && timeoutMs > 0 && timeoutMs <= LONGEST_TIMER_MS) return timeoutMs;
  throw optionError(
    `${call}(): "timeoutMs" must be a number of milliseconds from 1 to ${LONGEST_TIMER_MS}, got ${showValue(timeoutMs)}`,
  );
}

/**
 * Checks the `headers` option of the exporter `call`, names lower-cased. What HTTP forbids is refused
 * here rather than at every export. Values are not shown: they are secrets.
 */
export function checkedHeaders(call: string, headers: unknown): Record<string, string> {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) {
    throw optionError(`${call}(): "headers" must be an object of strings, got ${showValue(headers)}`);
  }
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string') {
      throw optionError(`${call}(): header ${showValue(name)} must be a string, got ${showValue(value)}`);
    }
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      throw optionError(`${call}(): header ${showValue(name)} has a name or value that HTTP does not allow`);
    }
    checked[name.toLowerCase()] = value;
  }
  return checked;
}

/** What every request of ours says of itself, `agent` in front of the version; what the user gives may replace it. */
export function ownHeaders(agent: string, authorization: string | undefined): Record<string, string> {
  return {
    'user-agent': `${agent}/${version}`,
    // B3, last section: requests that carry spans should not be traced by proxies on the way.
    b3: '0',
    ...(authorization !== undefined && { authorization }),
  };
}
