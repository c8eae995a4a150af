import { copyHeaders, copyRecord, type HeaderCopy, ownProperties } from '../header-copy.ts';
import { FetchHeaders, type HeaderTarget } from '../header-target.ts';

/** The request that a call of fetch is about to send, as far as its arguments tell. */
export interface FetchRequest {
  readonly method: string;
  readonly url: URL | undefined;
  /** The URL as the app wrote it. */
  readonly writtenUrl: string | undefined;
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
  readonly referrer?: unknown;
  readonly referrerPolicy?: unknown;
}

/** Reads the arguments of `fetch(input, init)`. Never throws. */
export function describeFetch([input, init]: readonly unknown[]): FetchRequest {
  const request = isRequest(input) ? input : NO_REQUEST;
  const own: RequestLike = isObject(init) ? init : NO_REQUEST;
  const headers = read(own, 'headers') ?? read(request, 'headers');
  return {
    method: normalMethod(read(own, 'method') ?? read(request, 'method') ?? 'GET'),
    url: urlOf(request === NO_REQUEST ? input : read(request, 'url')),
    writtenUrl: typeof input === 'string' ? input : undefined,
    headers: isObject(headers) ? headers : undefined,
    signal: read(own, 'signal') ?? read(request, 'signal'),
    follows: (read(own, 'redirect') ?? read(request, 'redirect') ?? 'follow') === 'follow',
  };
}

/** The arguments of a call, and the headers in them that may be written. */
interface WritableCall {
  readonly args: readonly unknown[];
  /** Undefined for arguments that have no place for headers, or that the function may refuse. */
  readonly target: HeaderTarget | undefined;
}

/**
 * The arguments of `fetch(input, init)` with a copy of their headers: nothing that belongs to the app is touched.
 * What one fetch takes and another refuses (`null` above all) is not mended into something else: the app gets
 * the function's own answer to it.
 */
export function withHeaders(args: readonly unknown[]): WritableCall {
  const [input, init, ...rest] = args;
  if (!isInit(init)) return { args, target: undefined };
  const copy = copyOf(headersOf(input, init));
  if (copy === undefined) return { args, target: undefined };
  return { args: [input, extended(input, init, copy.headers), ...rest], target: copy.target };
}

function isInit(init: unknown): init is (RequestLike & object) | undefined {
  return init === undefined || isObject(init);
}

function headersOf(input: unknown, init: RequestLike | undefined): unknown {
  if (init?.headers !== undefined) return init.headers;
  return isRequest(input) ? input.headers : undefined;
}

/** In the form in which they came; in any other than those of node, as fetch reads it. Undefined for what it refuses. */
function copyOf(headers: unknown): HeaderCopy | undefined {
  if (headers === undefined) return copyRecord({});
  if (!isObject(headers)) return undefined;
  if (Array.isArray(headers) ? headers.every(isPair) : isPlain(headers)) return copyHeaders(headers);
  try {
    const read = new Headers(headers as Headers);
    const isNodes = headers instanceof Headers || Array.isArray(headers);
    return isNodes ? { headers: read, target: new FetchHeaders(read) } : copyRecord(Object.fromEntries(read));
  } catch {
    return undefined;
  }
}

function isPair(entry: unknown): boolean {
  return Array.isArray(entry) && entry.length === 2;
}

/** `init` with other headers. A `Request`, or an object with getters, is looked through: they answer only to itself. */
function extended(input: unknown, init: (RequestLike & object) | undefined, headers: object): object {
  if (init === undefined || isPlain(init)) {
    const kept = isRequest(input) ? keptOf(input, init) : undefined;
    return Object.assign(ownProperties(init ?? {}), kept, { headers });
  }
  return new Proxy(init, {
    get: (target, key) => (key === 'headers' ? headers : Reflect.get(target, key)),
    has: (target, key) => key === 'headers' || Reflect.has(target, key),
  });
}

/** Fetch standard, `new Request(input, init)`: an `init` that says anything resets these two of the input. */
function keptOf(input: RequestLike, init: object | undefined): object | undefined {
  if (init !== undefined && Object.values(init).some((value) => value !== undefined)) return undefined;
  keepsReferrer ??= isReferrerKept();
  if (!keepsReferrer) return undefined;
  const { referrer, referrerPolicy } = input;
  return { ...(referrer !== undefined && { referrer }), ...(referrerPolicy !== undefined && { referrerPolicy }) };
}

let keepsReferrer: boolean | undefined;

/** Node 20 and 22 send the referrer of a `Request` that is given alone; Node 24 forgets it. */
function isReferrerKept(): boolean {
  const referrer = 'http://a.invalid/b';
  return new Request(new Request('http://a.invalid/', { referrer })).referrer === referrer;
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
