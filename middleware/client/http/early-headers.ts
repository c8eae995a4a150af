import type { Scope } from '../../../src/core/scope/scope.ts';
import type { ClientSettings } from '../client-handler.ts';
import { copyHeaders, ownProperties } from '../header-copy.ts';
import { beginAttempt, type HttpAttempt } from './http-attempt.ts';
import { readArguments, requestAsGiven } from './http-request.ts';

/** An attempt whose context had to be written before its request is made: by these arguments. */
export interface EarlyAttempt {
  readonly attempt: HttpAttempt;
  readonly args: readonly unknown[];
}

/**
 * node writes a request's headers out while it makes it when they are a list, or hold `Expect`: then they
 * must be complete before. True for such arguments; the headers of all other requests can be set when they are made.
 */
export function areWrittenAtOnce(args: readonly unknown[]): boolean {
  const { headers } = readArguments(args).options;
  if (Array.isArray(headers)) return true;
  if (typeof headers !== 'object' || headers === null) return false;
  return Object.keys(headers).some((name) => name.length === 6 && name.toLowerCase() === 'expect');
}

/** Begins the attempt of a request that is about to be made, and writes its context into a copy of its headers. */
export function beginEarly(
  http: object,
  args: readonly unknown[],
  settings: ClientSettings,
  scope: Scope,
): EarlyAttempt | undefined {
  const given = readArguments(args);
  const { at, options } = given;
  const attempt = beginAttempt(requestAsGiven(http, given), settings, scope);
  if (attempt === undefined) return undefined;
  const { headers, target } = copyHeaders(options.headers ?? {});
  attempt.call.writeTo(target);
  // A copy as node makes one: own properties, whatever object it is.
  const extended = Object.assign(ownProperties(options), { headers });
  const rest = args.slice(typeof args[at] === 'function' ? at : at + 1);
  return { attempt, args: [...args.slice(0, at), extended, ...rest] };
}
