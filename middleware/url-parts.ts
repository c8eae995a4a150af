import { bounded } from '../src/core/limits.ts';
import type { HostPort } from './http-attributes.ts';

/** Longer URLs are cut: a span is no access log. */
const MAX_LENGTH = 4096;
const REDACTED = 'REDACTED';

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
export function splitTarget(target: string): Target {
  const start = pathStart(target);
  const question = target.indexOf('?', start);
  if (question === -1)
    return { path: bounded(start === 0 ? target : target.slice(start) || '/', MAX_LENGTH), query: undefined };
  return {
    path: bounded(target.slice(start, question) || '/', MAX_LENGTH),
    query: redactQuery(target.slice(question + 1)),
  };
}

/** Where the path begins: after the authority of an absolute form. */
function pathStart(target: string): number {
  if (target.charCodeAt(0) === SLASH || target === '*') return 0;
  const scheme = target.indexOf('://');
  if (scheme === -1) return 0;
  const slash = target.indexOf('/', scheme + 3);
  return slash === -1 ? target.length : slash;
}

const SLASH = 0x2f;

/**
 * A query string without its values, which may be secrets: `id=7&token=s3cret` becomes
 * `id=REDACTED&token=REDACTED`. The work is bounded, whatever the length of the query.
 */
export function redactQuery(query: string): string | undefined {
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
    if (hasValue && equals + 1 < end) redacted += REDACTED;
    if (end < text.length) redacted += '&';
    start = end + 1;
  }
  return bounded(redacted, MAX_LENGTH);
}

/** `url.full` of an outbound request: credentials and query values replaced, the fragment kept. */
export function redactUrl(url: URL): string {
  const credentials = url.username === '' && url.password === '' ? '' : `${REDACTED}:${REDACTED}@`;
  const query = url.search === '' ? '' : `?${redactQuery(url.search.slice(1)) ?? ''}`;
  return bounded(`${url.protocol}//${credentials}${url.host}${url.pathname}${query}${url.hash}`, MAX_LENGTH);
}

export function defaultPort(scheme: string): number {
  return scheme === 'https' ? 443 : 80;
}

/** Host and port of a `Host` header: `shop:8080`, `[::1]:8080`, `shop`. Junk after the colon is no port. */
export function parseHost(header: string, scheme: string): HostPort | undefined {
  if (header === '') return undefined;
  const colon = header.indexOf(':', header.charCodeAt(0) === OPEN_BRACKET ? header.indexOf(']') : 0);
  const host = bounded(colon === -1 ? header : header.slice(0, colon), 256);
  const port = colon === -1 ? Number.NaN : Number(header.slice(colon + 1));
  return { host, port: Number.isInteger(port) && port > 0 && port < 65536 ? port : defaultPort(scheme) };
}

const OPEN_BRACKET = 0x5b;
