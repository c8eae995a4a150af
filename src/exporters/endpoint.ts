import { optionError, showValue } from '../core/errors.ts';

/** Where an HTTP exporter posts to. */
export interface Endpoint {
  /** Without credentials and fragment. */
  readonly url: URL;
  /** The same without its query, which may hold a key: fit for log lines. */
  readonly destination: string;
  /** From `user:password@` in the URL (RFC 7617). */
  readonly authorization: string | undefined;
}

/**
 * Checks the `endpoint` option of the exporter `call`. An endpoint without a path gets `defaultPath`,
 * any other is used as it is. Throws {@link optionError}; the message never repeats a password.
 */
export function parseEndpoint(call: string, endpoint: unknown, defaultPath: string): Endpoint {
  const url = typeof endpoint === 'string' ? parseHttpUrl(endpoint) : undefined;
  if (url === undefined) throw optionError(`${call}(): "endpoint" must be an http or https URL, got ${show(endpoint)}`);
  if (url.pathname === '/') url.pathname = defaultPath;
  const authorization = basicAuthorization(url);
  url.username = '';
  url.password = '';
  url.hash = '';
  return { url, destination: url.origin + url.pathname, authorization };
}

function parseHttpUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : undefined;
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
