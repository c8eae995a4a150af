import { optionError, showValue } from '../core/errors.ts';

/** Where an HTTP exporter posts to. */
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
 * Checks the `endpoint` option of the exporter `call`. An endpoint without a path gets `defaultPath`,
 * any other is used as it is. Throws {@link optionError}; the message never repeats a password.
 *
 *     http://collector:4318                      TCP
 *     unix:/run/otel.sock                        a Unix-domain socket, the default path
 *     http+unix://%2Frun%2Fotel.sock/v1/traces   the same with a path of its own
 */
export function parseEndpoint(call: string, endpoint: unknown, defaultPath: string): Endpoint {
  const parsed = typeof endpoint === 'string' ? parse(endpoint) : undefined;
  if (parsed === undefined) {
    throw optionError(`${call}(): "endpoint" must be an http or https URL, or unix:/path, got ${show(endpoint)}`);
  }
  const { url, socketPath } = parsed;
  if (url.pathname === '/') url.pathname = defaultPath;
  const authorization = basicAuthorization(url);
  url.username = '';
  url.password = '';
  url.hash = '';
  const origin = socketPath === undefined ? url.origin : `http+unix://${encodeURIComponent(socketPath)}`;
  return { url, socketPath, destination: origin + url.pathname, authorization };
}

function parse(text: string): { url: URL; socketPath: string | undefined } | undefined {
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
function overSocket(socketPath: string, path: string): { url: URL; socketPath: string } | undefined {
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
  const shown = showValue(endpoint.replace(/\/\/.*@/, '//***@'));
  // `localhost:4318` parses as a URL of the scheme "localhost".
  const withScheme = `http://${endpoint}`;
  return /^[\w.-]+(:\d+)?(\/|$)/.test(endpoint) && URL.canParse(withScheme)
    ? `${shown}; did you mean ${showValue(withScheme)}?`
    : shown;
}
