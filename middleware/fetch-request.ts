import { HeaderEdit } from './header-edit.ts';
import type { HeaderTarget } from './header-write.ts';

/** What a call of fetch is about to send, as far as its arguments tell. */
export interface FetchRequest {
  readonly method: string;
  readonly url: URL | undefined;
  readonly headers: object | undefined;
  readonly signal: unknown;
  readonly follows: boolean;
}

/** `Request`, and the second argument of fetch: whoever's. */
interface RequestLike {
  readonly url?: unknown;
  readonly method?: unknown;
  readonly headers?: unknown;
  readonly signal?: unknown;
  readonly redirect?: unknown;
}

/** Reads the arguments of `fetch(input, init)`. Never throws. */
export function describeFetch([input, init]: readonly unknown[]): FetchRequest {
  const request = isRequest(input) ? input : NO_REQUEST;
  const own: RequestLike = isObject(init) ? init : NO_REQUEST;
  const headers = read(own, 'headers') ?? read(request, 'headers');
  return {
    method: normalMethod(read(own, 'method') ?? read(request, 'method') ?? 'GET'),
    url: urlOf(request === NO_REQUEST ? input : read(request, 'url')),
    headers: isObject(headers) ? headers : undefined,
    signal: read(own, 'signal') ?? read(request, 'signal'),
    follows: (read(own, 'redirect') ?? read(request, 'redirect') ?? 'follow') === 'follow',
  };
}

/**
 * The arguments of `fetch(input, init)` with a copy of their headers, which `write` may change: nothing
 * that belongs to the app is touched. When the headers cannot be read, the arguments as they are.
 */
export function withHeaders(
  [input, init, ...rest]: readonly unknown[],
  write: (target: HeaderTarget) => ReadonlySet<string>,
): { readonly args: readonly unknown[]; readonly written: ReadonlySet<string> } {
  const given = (isObject(init) ? init.headers : undefined) ?? (isRequest(input) ? input.headers : undefined);
  const headers = copyOf(given);
  const written = write(new HeaderEdit(headers));
  return { args: [input, extended(init, headers), ...rest], written };
}

/** A plain object keeps the spelling of its names; everything else is read as fetch reads it. */
function copyOf(headers: unknown): Record<string, string> {
  if (headers === undefined || headers === null) return {};
  if (isPlain(headers)) return { ...(headers as Record<string, string>) };
  return Object.fromEntries(new Headers(headers as Iterable<[string, string]> & Record<string, string>));
}

/** `init` with other headers. A `Request`, or an object with getters, is looked through: they answer only to itself. */
function extended(init: unknown, headers: object): object {
  if (!isObject(init) || isPlain(init)) return { ...(init as object | undefined), headers };
  return new Proxy(init, {
    get: (target, key) => (key === 'headers' ? headers : Reflect.get(target, key)),
    has: (target, key) => key === 'headers' || Reflect.has(target, key),
  });
}

function isPlain(value: unknown): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

const NO_REQUEST: RequestLike = Object.freeze({});

function isRequest(input: unknown): input is RequestLike {
  return isObject(input) && !(input instanceof URL) && typeof read(input, 'url') === 'string';
}

function isObject(value: unknown): value is RequestLike & object {
  return typeof value === 'object' && value !== null;
}

/** Getters of the app's may throw: then fetch gets to say so. */
function read(holder: RequestLike, key: keyof RequestLike): unknown {
  try {
    return holder[key];
  } catch {
    return undefined;
  }
}

function urlOf(input: unknown): URL | undefined {
  try {
    return input instanceof URL ? input : new URL(String(input));
  } catch {
    return undefined;
  }
}

/** Fetch standard, normalize: these alone are put into upper case; `patch` stays what it is. */
const NORMALIZED: ReadonlySet<string> = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT']);

function normalMethod(method: unknown): string {
  try {
    const text = String(method);
    const upper = text.toUpperCase();
    return NORMALIZED.has(upper) ? upper : text;
  } catch {
    return 'GET';
  }
}
