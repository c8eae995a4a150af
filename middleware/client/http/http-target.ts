import type { ClientRequest } from 'node:http';
import { parseHost } from '../../url-parts.ts';

/** Where a request of node:http goes. */
export interface HttpTarget {
  readonly url: URL | undefined;
  /** No header says which port: the connection will. */
  readonly asksPort: boolean;
  readonly isLocalSocket: boolean;
}

/** Where `request`, which was just made, goes: it does not tell its port but in its Host header. */
export function targetOf(request: ClientRequest): HttpTarget {
  const { protocol, host, path, method } = request;
  const isLocalSocket = Boolean((request as { socketPath?: unknown }).socketPath);
  if (/^https?:\/\//i.test(path)) return { url: urlOf(path), asksPort: false, isLocalSocket }; // to a proxy
  if (method === 'CONNECT') return { url: urlOf(`http://${path}`), asksPort: false, isLocalSocket };
  const header = request.getHeader('host');
  const said = typeof header === 'string' ? parseHost(header, protocol.slice(0, -1)) : undefined;
  const name = host.includes(':') ? `[${host}]` : host;
  const knowsPort = said !== undefined && (said.host === host || said.host === name);
  return {
    url: urlOf(`${protocol}//${name}${knowsPort ? `:${said.port}` : ''}${path.startsWith('/') ? path : `/${path}`}`),
    asksPort: !knowsPort && !isLocalSocket,
    isLocalSocket,
  };
}

/** What a request of node:http is made with. */
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

/** Where a request goes that is not made yet: `input` is the URL, where there is one, and `options` win over it. */
export function plannedUrl(input: unknown, options: HttpOptions, scheme: string): URL | undefined {
  const base = input === undefined ? undefined : urlOf(String(input));
  const { protocol = base?.protocol ?? scheme, hostname, host, port, path, defaultPort } = options;
  const name = String(hostname ?? host ?? base?.hostname ?? 'localhost');
  const place = name.includes(':') && !name.startsWith('[') ? `[${name}]` : name;
  const given = port ?? (base?.port || defaultPort);
  const target = String(path ?? (base === undefined ? '/' : base.pathname + base.search));
  return urlOf(`${protocol}//${place}${given ? `:${given}` : ''}${target.startsWith('/') ? target : `/${target}`}`);
}

function urlOf(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
