import type { Scope } from '../../src/core/scope/scope.ts';

/**
 * An attempt that one of our clients has under way. What a client below it sends for it (axios by
 * node:http, a fetch by undici) is the same attempt, not another one.
 */
export interface Cover {
  /** Is a request to `url` the one under way? */
  covers(url: URL): boolean;
}

const COVER: unique symbol = Symbol('throughline.cover');

/** `scope`, in which `cover` has an attempt under way. */
export function coveredScope(scope: Scope, cover: Cover): Scope {
  return scope.setValue(COVER, cover);
}

/** The attempt under way in `scope`, if there is one. */
export function coverOf(scope: Scope): Cover | undefined {
  return scope.getValue(COVER) as Cover | undefined;
}

/** Is a request to `url`, made in `scope`, one that a client of ours has under way there? */
export function isCovered(scope: Scope, url: URL | undefined): boolean {
  const cover = coverOf(scope);
  return cover !== undefined && (url === undefined || cover.covers(url));
}

/**
 * Do both lead to the same place? Host and path decide: the port is not always to be seen from below, and
 * a query may be written by the client in between.
 */
export function isSamePlace(one: URL | undefined, other: URL): boolean {
  return one === undefined || (one.hostname === other.hostname && one.pathname === other.pathname);
}
