import { type Agent, validateHeaderName, validateHeaderValue } from 'node:http';
import { optionError } from '../core/options/errors.ts';
import { checked, duration, isOptions, type Reader, wrongOption } from '../core/options/options.ts';
import { LONGEST_TIMER_MS } from '../core/timers.ts';
import { version } from '../core/version.ts';
import type { GivenHeaders } from './headers-source.ts';

/** The option `timeoutMs`, in milliseconds. */
export const timeoutReader: Reader<number> = duration('10s', 1, LONGEST_TIMER_MS);

/** The option `agent`. */
export const agentReader: Reader<Agent> = checked('an agent of node:http or node:https', isAgent);

function isAgent(given: unknown): given is Agent {
  return typeof (given as { addRequest?: unknown } | null | undefined)?.addRequest === 'function';
}

/**
 * The option `headers`, names in lower case; a function is asked later. What HTTP forbids is refused here rather than at every export.
 * Values are not shown: they are secrets.
 */
export const headersReader: Reader<GivenHeaders> = (given, at) => {
  if (typeof given === 'function') return given as GivenHeaders;
  if (!isOptions(given)) throw wrongOption(at, 'an object of strings, or a function that gives one', given);
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    const header = { caller: at.caller, name: `${at.name}.${name}` };
    if (typeof value !== 'string') throw wrongOption(header, 'a string', value);
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      throw optionError(`${at.caller}(): ${JSON.stringify(header.name)} has a name or value that HTTP does not allow`);
    }
    checked[name.toLowerCase()] = value;
  }
  return checked;
};

/** The headers of every request of ours, `agent` in front of the version; those that the user gives may replace them. */
export function ownHeaders(agent: string, authorization: string | undefined): Record<string, string> {
  return {
    'user-agent': `${agent}/${version}`,
    // B3, last section: requests that carry spans should not be traced by proxies on the way.
    b3: '0',
    ...(authorization !== undefined && { authorization }),
  };
}
