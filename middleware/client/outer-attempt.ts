import { SHARED_NAME } from '../../propagation/shared-name.ts';
import type { Scope } from '../../src/core/scope/scope.ts';

/**
 * An attempt that one of our clients has under way. What a client below it sends for it (axios by
 * node:http, a fetch by undici) is the same attempt, not another one.
 */
export interface OuterAttempt {
  /** Is a request to `url` the one under way? */
  sendsTo(url: URL): boolean;
}

const OUTER_ATTEMPT: unique symbol = Symbol.for(`${SHARED_NAME}.outer-attempt`);

/** `scope`, in which `attempt` is under way. */
export function scopeOfAttempt(scope: Scope, attempt: OuterAttempt): Scope {
  return scope.setValue(OUTER_ATTEMPT, attempt);
}

/** The attempt under way in `scope`, if there is one. */
export function outerAttemptOf(scope: Scope): OuterAttempt | undefined {
  return scope.getValue(OUTER_ATTEMPT) as OuterAttempt | undefined;
}

/** Is a request to `url`, made in `scope`, one that a client of ours has under way there? */
export function isOuterAttempt(scope: Scope, url: URL | undefined): boolean {
  const attempt = outerAttemptOf(scope);
  return attempt !== undefined && (url === undefined || attempt.sendsTo(url));
}

/**
 * Do both lead to the same place? Host and path decide: the port is not always to be seen from below, and
 * a query may be written by the client in between.
 */
export function isSamePlace(one: URL | undefined, other: URL): boolean {
  return one === undefined || (one.hostname === other.hostname && one.pathname === other.pathname);
}
