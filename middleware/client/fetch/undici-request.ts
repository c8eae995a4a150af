import { isSameField } from '../../../propagation/field-text.ts';
import { FlatHeaders, type HeaderTarget } from '../header-target.ts';

// The messages of undici's diagnostics channels, as far as we look at them. undici is inside
// Node (fetch) and a package of the app's: both publish on the same channels, in versions 5 to 8.

/** One request on its way to one origin: each hop of a redirect is another. */
export interface UndiciRequest {
  readonly origin?: unknown;
  readonly path?: unknown;
  readonly method?: unknown;
  /** A flat list; text in undici 5. */
  headers?: unknown;
  /** `websocket` and the like: the connection is handed over, and undici says nothing of it any more. */
  readonly upgrade?: unknown;
  addHeader?(name: string, value: string): unknown;
}

export interface UndiciSocket {
  readonly remoteAddress?: unknown;
  readonly remotePort?: unknown;
  /** Of a TLS socket: `h2`, `http/1.1` or false. */
  readonly alpnProtocol?: unknown;
  readonly destroyed?: unknown;
}

/** The URL a request goes to; undefined when it is none. */
export function urlOfUndici({ origin, path }: UndiciRequest): URL | undefined {
  try {
    const target = String(path);
    // Through a proxy the whole URL is the path.
    return new URL(/^https?:\/\//i.test(target) ? target : String(origin) + target);
  } catch {
    return undefined;
  }
}

/** Requests that have no answer in undici's eyes: a tunnel through a proxy, a handshake. */
export function hasNoAnswer({ method, upgrade }: UndiciRequest): boolean {
  return method === 'CONNECT' || Boolean(upgrade);
}

/** The header that tells a signed request, in the form in which it is looked at. */
export function signatureHeaders({ headers }: UndiciRequest): object | undefined {
  const authorization = Array.isArray(headers) ? new FlatHeaders(headers).get('authorization') : undefined;
  return authorization === undefined ? undefined : { authorization };
}

/** The headers of a request that has just been made, and is not written yet. */
export class UndiciHeaders implements HeaderTarget {
  readonly #request: UndiciRequest;

  constructor(request: UndiciRequest) {
    this.#request = request;
  }

  get(field: string): string | undefined {
    const { headers } = this.#request;
    if (Array.isArray(headers)) return new FlatHeaders(headers).get(field);
    return typeof headers === 'string' ? fieldOf(headers, field) : undefined;
  }

  set(field: string, value: string): void {
    this.remove(field);
    this.#request.addHeader?.(field, value);
  }

  remove(field: string): void {
    const { headers } = this.#request;
    if (Array.isArray(headers)) new FlatHeaders(headers).remove(field);
    else if (typeof headers === 'string') this.#request.headers = withoutField(headers, field);
  }
}

/** A field of headers that are text: `accept: *\r\nhost: shop\r\n`. */
function fieldOf(headers: string, field: string): string | undefined {
  const line = headers.split('\r\n').find((text) => isLineOf(text, field));
  return line?.slice(field.length + 1).trim();
}

function withoutField(headers: string, field: string): string {
  const lines = headers.split('\r\n');
  return lines.filter((line) => !isLineOf(line, field)).join('\r\n');
}

function isLineOf(line: string, field: string): boolean {
  return line[field.length] === ':' && isSameField(line.slice(0, field.length), field);
}

/** A header of an answer: undici hands over a flat list of bytes. */
export function answerHeader(headers: unknown, field: string): string | undefined {
  if (!Array.isArray(headers)) return undefined;
  for (let at = 0; at + 1 < headers.length; at += 2) {
    if (String(headers[at]).toLowerCase() === field) return String(headers[at + 1]);
  }
  return undefined;
}
