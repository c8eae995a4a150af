import { nearestUrl, optionError, showValue, tail } from '../core/options/errors.ts';
import type { Reader } from '../core/options/options.ts';

/** The receiver that an HTTP exporter posts to. */
export interface Endpoint {
  /** Without credentials and fragment. */
  readonly url: URL;
  /** The Unix-domain socket to connect to, in the place of the URL's host. */
  readonly socketPath: string | undefined;
  /** The same without its query, which may hold a key: fit for log lines. */
  readonly destination: string;
  /** From `user:password@` in the URL (RFC 7617). */
  readonly authorization: string | undefined;
}

/**
 * The option `endpoint` of an exporter. One without a path gets `defaultPath`, any other is used as it is. The
 * message of an error never repeats a password.
 *
 *     http://collector:4318                      TCP
 *     unix:/run/otel.sock                        a Unix-domain socket, the default path
 *     http+unix://%2Frun%2Fotel.sock/v1/traces   the same with a path of its own
 */
export function endpointReader(defaultPath: string): Reader<Endpoint> {
  return (given, { caller, name }) => {
    const parsed = typeof given === 'string' ? parse(given) : undefined;
    if (parsed !== undefined) return endpointOf(parsed, defaultPath);
    throw optionError(`${caller}(): "${name}" must be an http or https URL, or unix:/path, got ${show(given)}`);
  };
}

/** The endpoint of an exporter that was told none. */
export function defaultEndpoint(url: string): Endpoint {
  return endpointOf({ url: new URL(url), socketPath: undefined }, '/');
}

function endpointOf({ url, socketPath }: ParsedEndpoint, defaultPath: string): Endpoint {
  if (url.pathname === '/') url.pathname = defaultPath;
  const authorization = basicAuthorization(url);
  url.username = '';
  url.password = '';
  url.hash = '';
  const origin = socketPath === undefined ? url.origin : `http+unix://${encodeURIComponent(socketPath)}`;
  return { url, socketPath, destination: origin + url.pathname, authorization };
}

interface ParsedEndpoint {
  readonly url: URL;
  readonly socketPath: string | undefined;
}

function parse(text: string): ParsedEndpoint | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  switch (url?.protocol) {
    case 'http:':
    case 'https:':
      return { url, socketPath: undefined };
    case 'unix:':
      return overSocket(percentDecode(url.pathname), '/');
    case 'http+unix:':
      return overSocket(percentDecode(url.hostname), `${url.pathname || '/'}${url.search}`);
    default:
      return undefined;
  }
}

/** The host is for the `host` header alone, which HTTP/1.1 demands. */
function overSocket(socketPath: string, path: string): ParsedEndpoint | undefined {
  if (!socketPath.startsWith('/') || socketPath.length < 2 || socketPath.includes('\0')) return undefined;
  return { url: new URL(path, 'http://localhost'), socketPath };
}

function basicAuthorization({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  return `Basic ${Buffer.from(`${percentDecode(username)}:${percentDecode(password)}`).toString('base64')}`;
}

/** `new URL` lets a stray `%` through. */
function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function show(endpoint: unknown): string {
  if (typeof endpoint !== 'string') return showValue(endpoint);
  return showValue(endpoint.replace(/\/\/.*@/, '//***@')) + tail(nearestUrl(endpoint));
}
