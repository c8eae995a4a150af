import type { Scope } from '../../src/core/scope/scope.ts';

/** The request whose redirect another one follows, as far as it is known. */
export interface Followed {
  /** The number of times it was sent, itself included: 0 when no redirect is followed. */
  readonly sends: number;
  /** The values written into its headers, by field: a client may copy them to the next hop. */
  readonly written: ReadonlyMap<string, string>;
}

export const NOTHING_WRITTEN: ReadonlyMap<string, string> = new Map();
export const NOT_FOLLOWED: Followed = Object.freeze({ sends: 0, written: NOTHING_WRITTEN });

/** A redirect that was received, and not followed yet. */
interface Signpost {
  readonly scope: Scope;
  readonly href: string;
  readonly followed: Followed;
  readonly atMs: number;
}

/** A redirect is followed at once, or after a hook or two; later it is another request. */
const FRESH_MS = 1000;
/** Redirects that nobody follows must not fill the memory. */
const MAX_SIGNPOSTS = 64;

/**
 * The request that follows a redirect, where that can be seen only from below: the one that the same code
 * sends, shortly after, to the place that the answer named. HTTP semantic conventions, `http.request.resend_count`:
 * whoever follows it, the client or the app.
 */
export class RedirectTrail {
  readonly #signposts: Signpost[];
  readonly #nowMs: () => number;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#signposts = [];
    this.#nowMs = nowMs;
  }

  /** An answer to a request of `scope` points to `target`. */
  note(scope: Scope, target: URL, followed: Followed): void {
    if (this.#signposts.length === MAX_SIGNPOSTS) this.#signposts.shift();
    this.#signposts.push({ scope, href: placeOf(target), followed, atMs: this.#nowMs() });
  }

  /** The redirect that the request follows which `scope` now sends to `url`. */
  take(scope: Scope, url: URL): Followed {
    if (this.#signposts.length === 0) return NOT_FOLLOWED; // nearly always
    const oldest = this.#nowMs() - FRESH_MS;
    const href = placeOf(url);
    const found = this.#signposts.findIndex((at) => at.scope === scope && at.href === href && at.atMs >= oldest);
    if (found === -1) return NOT_FOLLOWED;
    return this.#signposts.splice(found, 1)[0]?.followed ?? NOT_FOLLOWED;
  }
}

/** May an answer with this status send its client elsewhere? Asked before its headers are looked at. */
export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}

/** The place that the answer `status` to a request to `url` sends its client to, if any. */
export function redirectTarget(status: number, location: unknown, url: URL | undefined): URL | undefined {
  if (!isRedirect(status) || location === undefined || url === undefined) return undefined;
  try {
    return new URL(String(location), url);
  } catch {
    return undefined;
  }
}

/** Fetch standard, redirect status; 300 and 304 are none. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** A fragment is not sent, nor are credentials in the URL. */
function placeOf({ origin, pathname, search }: URL): string {
  return origin + pathname + search;
}
