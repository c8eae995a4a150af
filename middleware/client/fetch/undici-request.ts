import { FlatHeaders, type HeaderTarget } from '../header-target.ts';

// The messages of undici's diagnostics channels, as far as we look at them. undici is inside
// Node (fetch) and a package of the app's: both publish on the same channels, in versions 5 to 8.

/** One request on its way to one origin: each hop of a redirect is another. */
export interface UndiciRequest {
  readonly origin?: unknown;
  readonly path?: unknown;
  readonly method?: unknown;
  /** A flat list; text in undici 5. */
  readonly headers?: unknown;
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

  set(field: string, value: string): void {
    const { headers } = this.#request;
    // undici 5 keeps text: a field that is there stays, since a second one beside it would be worse.
    if (typeof headers === 'string' && `\r\n${headers}`.toLowerCase().includes(`\r\n${field}:`)) return;
    this.remove(field);
    this.#request.addHeader?.(field, value);
  }

  remove(field: string): void {
    const { headers } = this.#request;
    if (Array.isArray(headers)) new FlatHeaders(headers).remove(field);
  }
}

/** A header of an answer: undici hands over a flat list of bytes. */
export function answerHeader(headers: unknown, field: string): string | undefined {
  if (!Array.isArray(headers)) return undefined;
  for (let at = 0; at + 1 < headers.length; at += 2) {
    if (String(headers[at]).toLowerCase() === field) return String(headers[at + 1]);
  }
  return undefined;
}
