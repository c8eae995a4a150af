import type { ClientRequest } from 'node:http';
import { parseHost } from '../../url-parts.ts';
import { FlatHeaders } from '../header-target.ts';

/** A request of node:http before anything of it is sent, as far as its client tells. */
export interface HttpRequest {
  readonly method: string;
  readonly url: URL | undefined;
  /** True when no header says which port: the connection will. */
  readonly asksPort: boolean;
  readonly isLocalSocket: boolean;
  /** As the app set them. */
  readonly headers: object;
}

/** A request that was just made: it does not tell its port but in its Host header. */
export function requestAsMade(request: ClientRequest): HttpRequest {
  const isLocalSocket = Boolean((request as { socketPath?: unknown }).socketPath);
  const { url, asksPort } = placeOf(request);
  return { method: request.method, url, asksPort: asksPort && !isLocalSocket, isLocalSocket, headers: request };
}

function placeOf(request: ClientRequest): Pick<HttpRequest, 'url' | 'asksPort'> {
  const { protocol, host, path, method } = request;
  if (/^https?:\/\//i.test(path)) return { url: urlOf(path), asksPort: false }; // to a proxy
  if (method === 'CONNECT') return { url: urlOf(`http://${path}`), asksPort: false };
  const header = request.getHeader('host');
  const said = typeof header === 'string' ? parseHost(header, protocol.slice(0, -1)) : undefined;
  const name = host.includes(':') ? `[${host}]` : host;
  const knowsPort = said !== undefined && (said.host === host || said.host === name);
  return {
    url: urlOf(`${protocol}//${name}${knowsPort ? `:${said.port}` : ''}${path.startsWith('/') ? path : `/${path}`}`),
    asksPort: !knowsPort,
  };
}

/** The options of a request of node:http. */
export interface HttpOptions {
  readonly protocol?: unknown;
  readonly hostname?: unknown;
  readonly host?: unknown;
  readonly port?: unknown;
  readonly path?: unknown;
  readonly method?: unknown;
  readonly headers?: unknown;
  readonly socketPath?: unknown;
  readonly defaultPort?: unknown;
}

/** A request of `http` that is not made yet: `input` is its URL, where there is one, and `options` win over it. */
export function requestAsGiven(http: object, input: unknown, options: HttpOptions): HttpRequest {
  return {
    method: String(options.method ?? 'GET').toUpperCase(),
    url: urlAsGiven(input, options, schemeOf(http)),
    asksPort: false,
    isLocalSocket: Boolean(options.socketPath),
    headers: signatureHeaders(options.headers),
  };
}

function urlAsGiven(input: unknown, options: HttpOptions, scheme: string): URL | undefined {
  const base = input === undefined ? undefined : urlOf(String(input));
  const { protocol = base?.protocol ?? scheme, hostname, host, port, path, defaultPort } = options;
  const name = String(hostname ?? host ?? base?.hostname ?? 'localhost');
  const place = name.includes(':') && !name.startsWith('[') ? `[${name}]` : name;
  const given = port ?? (base?.port || defaultPort);
  const target = String(path ?? (base === undefined ? '/' : base.pathname + base.search));
  return urlOf(`${protocol}//${place}${given ? `:${given}` : ''}${target.startsWith('/') ? target : `/${target}`}`);
}

/** Only https tells: its agent's protocol. */
function schemeOf(http: object): string {
  const { globalAgent } = http as { globalAgent?: { protocol?: unknown } };
  return globalAgent?.protocol === 'https:' ? 'https:' : 'http:';
}

/** The headers that tell a signed request: a list is read as node writes it, flat or in pairs. */
function signatureHeaders(headers: unknown): object {
  if (!Array.isArray(headers) || Array.isArray(headers[0])) return headers as object;
  return { authorization: new FlatHeaders(headers).get('authorization') };
}

function urlOf(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
