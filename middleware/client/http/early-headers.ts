import type { Scope } from '../../../src/core/scope/scope.ts';
import type { ClientSettings } from '../client-handler.ts';
import { copyHeaders } from '../header-copy.ts';
import { beginAttempt, type HttpAttempt } from './http-attempt.ts';
import { type HttpOptions, requestAsGiven } from './http-request.ts';

/** An attempt whose context had to be written before its request is made: by these arguments. */
export interface EarlyAttempt {
  readonly attempt: HttpAttempt;
  readonly args: readonly unknown[];
}

/**
 * node writes a request's headers out while it makes it when they are a list, or hold `Expect`: then they
 * must be complete before. Returns the arguments with a copy of them; undefined for all other requests,
 * whose headers can be set when they are made.
 */
export function beginEarly(
  http: object,
  args: readonly unknown[],
  settings: ClientSettings,
  scope: Scope,
): EarlyAttempt | undefined {
  const at = typeof args[0] === 'string' || args[0] instanceof URL ? 1 : 0;
  const options = args[at];
  if (typeof options !== 'object' || options === null) return undefined;
  const { headers: given } = options as HttpOptions;
  if (!isWrittenAtOnce(given)) return undefined;
  const attempt = beginAttempt(requestAsGiven(http, at === 1 ? args[0] : undefined, options), settings, scope);
  if (attempt === undefined) return undefined;
  const { headers, target } = copyHeaders(given);
  attempt.call.writeTo(target);
  // A copy as node makes one: own properties, whatever object it is.
  const extended = { ...options, headers };
  return { attempt, args: args.map((arg, index) => (index === at ? extended : arg)) };
}

function isWrittenAtOnce(headers: unknown): headers is object {
  if (Array.isArray(headers)) return true;
  if (typeof headers !== 'object' || headers === null) return false;
  return Object.keys(headers).some((name) => name.length === 6 && name.toLowerCase() === 'expect');
}
