import { bounded } from '../src/core/limits.ts';
import { REDACTED } from '../src/core/redaction.ts';
import type { HostPort } from './http-attributes.ts';

/** Longer URLs are cut: a span is no access log. */
const MAX_LENGTH = 4096;
const NONE: ReadonlySet<string> = new Set();

/** Path and query of a request target, as it stands in the request line. */
export interface Target {
  readonly path: string;
  /** Without the `?`, values redacted; undefined when there is none. */
  readonly query: string | undefined;
}

/**
 * Splits a request target: origin form (`/a?b=1`), absolute form (`http://host/a?b=1`, as proxies
 * send), or `*`. Not by `new URL`, which throws on `//` and costs microseconds.
 */
export function splitTarget(target: string, allowed: ReadonlySet<string> = NONE): Target {
  const start = pathStart(target);
  const question = target.indexOf('?', start);
  if (question === -1) return { path: pathOf(target, start, target.length), query: undefined };
  return { path: pathOf(target, start, question), query: redactQuery(target.slice(question + 1), allowed) };
}

function pathOf(target: string, start: number, end: number): string {
  return bounded(target.slice(start, end), MAX_LENGTH) || '/';
}

/** The beginning of the path: after the authority of an absolute form, which a query may follow at once. */
function pathStart(target: string): number {
  if (target.charCodeAt(0) === SLASH) return 0;
  const scheme = SCHEME.exec(target);
  if (scheme === null) return 0;
  let at = scheme[0].length;
  while (at < target.length && target.charCodeAt(at) !== SLASH && target.charCodeAt(at) !== QUESTION) at++;
  return at;
}

const SLASH = 0x2f;
const QUESTION = 0x3f;
/** Anchored: `://` may stand in a query as well, before which there is no authority to skip. */
const SCHEME = /^[a-z][a-z0-9+.-]{0,30}:\/\//i;

/**
 * A query string without its values, which may be secrets: `id=7&token=s3cret` becomes
 * `id=REDACTED&token=REDACTED`. Parameters in `allowed`, as they are spelled, keep theirs. The work is
 * bounded, whatever the length of the query.
 */
export function redactQuery(query: string, allowed: ReadonlySet<string> = NONE): string | undefined {
  const text = query.length > MAX_LENGTH ? query.slice(0, MAX_LENGTH) : query;
  if (text === '') return undefined;
  let redacted = '';
  let start = 0;
  while (start <= text.length) {
    let end = text.indexOf('&', start);
    if (end === -1) end = text.length;
    const equals = text.indexOf('=', start);
    const hasValue = equals !== -1 && equals < end;
    redacted += text.slice(start, hasValue ? equals + 1 : end);
    if (hasValue && equals + 1 < end) {
      const isAllowed = allowed.size > 0 && allowed.has(text.slice(start, equals));
      redacted += isAllowed ? text.slice(equals + 1, end) : REDACTED;
    }
    if (end < text.length) redacted += '&';
    start = end + 1;
  }
  return bounded(redacted, MAX_LENGTH);
}

/** `url.full` of an outbound request: credentials and query values replaced, but those of `allowed` parameters. A fragment is kept, but may be a query too: `#access_token=…`. */
export function redactUrl(url: URL, allowed: ReadonlySet<string> = NONE): string {
  const credentials = url.username === '' && url.password === '' ? '' : `${REDACTED}:${REDACTED}@`;
  const fragment = url.hash.includes('=') ? `#${redactQuery(url.hash.slice(1), allowed) ?? ''}` : url.hash;
  const query = url.search === '' ? '' : `?${redactQuery(url.search.slice(1), allowed) ?? ''}`;
  return bounded(`${url.protocol}//${credentials}${url.host}${url.pathname}${query}${fragment}`, MAX_LENGTH);
}

/** The port of a URL, its scheme's own where it names none. */
export function portOf({ port, protocol }: URL): number {
  return port === '' ? defaultPort(protocol.slice(0, -1)) : Number(port);
}

export function defaultPort(scheme: string): number {
  return scheme === 'https' ? 443 : 80;
}

/** Host and port of a `Host` header: `shop:8080`, `[::1]:8080`, `shop`. Junk after the colon is no port. */
export function parseHost(header: string, scheme: string): HostPort | undefined {
  if (header === '') return undefined;
  const at = header.lastIndexOf('@'); // no host has one: what stands before it would be credentials
  if (at !== -1) return parseHost(header.slice(at + 1), scheme);
  const colon = header.indexOf(':', header.charCodeAt(0) === OPEN_BRACKET ? header.indexOf(']') : 0);
  const host = bounded(colon === -1 ? header : header.slice(0, colon), 256);
  const digits = colon === -1 ? '' : header.slice(colon + 1);
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0; // Number() reads ' 90', '0x50' and '8e3' as well
  return { host, port: port > 0 && port < 65536 ? port : defaultPort(scheme) };
}

const OPEN_BRACKET = 0x5b;
