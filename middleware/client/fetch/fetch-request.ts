import { copyHeaders, copyRecord, type HeaderCopy } from '../header-copy.ts';
import type { HeaderTarget } from '../header-target.ts';

/** The request that a call of fetch is about to send, as far as its arguments tell. */
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

/** The arguments of a call, and the headers in them that may be written. */
interface WritableCall {
  readonly args: readonly unknown[];
  /** Undefined for arguments that fetch is going to refuse. */
  readonly target: HeaderTarget | undefined;
}

/** The arguments of `fetch(input, init)` with a copy of their headers: nothing that belongs to the app is touched. */
export function withHeaders(args: readonly unknown[]): WritableCall {
  const [input, init, ...rest] = args;
  if (init !== undefined && init !== null && !isObject(init)) return { args, target: undefined };
  const given = (isObject(init) ? init.headers : undefined) ?? (isRequest(input) ? input.headers : undefined);
  const { headers, target } = copyOf(given);
  return { args: [input, extended(init, headers), ...rest], target };
}

/** In the form in which they came; in any other than those of node, as fetch reads it. */
function copyOf(headers: unknown): HeaderCopy {
  if (!isObject(headers)) return copyRecord({});
  if (Array.isArray(headers) || isPlain(headers)) return copyHeaders(headers);
  const read = new Headers(headers as Headers);
  if (!(headers instanceof Headers)) return copyRecord(Object.fromEntries(read)); // another library's own
  return {
    headers: read,
    target: { set: (name, value) => read.set(name, value), remove: (name) => read.delete(name) },
  };
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
