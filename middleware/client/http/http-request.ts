import { type Agent, ClientRequest } from 'node:http';
import { defaultPort, parseHost } from '../../url-parts.ts';
import { FlatHeaders } from '../header-target.ts';

/** A request of node:http before anything of it is sent, as far as its client tells. */
export interface HttpRequest {
  readonly method: string;
  readonly url: URL | undefined;
  /** True when nothing says which port: the connection will. */
  readonly asksPort: boolean;
  readonly isLocalSocket: boolean;
  /** As the app set them. */
  readonly headers: object;
}

/** Taken as this module is loaded: a mock may put its own class in its place. */
const NODES_PROTOTYPE: object = ClientRequest.prototype;

/** A request of node's own class, or of one that a mock derives from it. */
export function isClientRequest(made: unknown): made is ClientRequest {
  return typeof made === 'object' && made !== null && Object.prototype.isPrototypeOf.call(NODES_PROTOTYPE, made);
}

/** True for a request that nobody but node made. */
export function isNodes(request: ClientRequest): boolean {
  return Object.getPrototypeOf(request) === NODES_PROTOTYPE;
}

/**
 * A request that was just made. It tells its port in its Host header alone, which the app may have set to another
 * service's: `port` is that of the connection, where it is known.
 */
export function requestAsMade(request: ClientRequest, port: number | undefined): HttpRequest {
  const isLocalSocket = Boolean((request as { socketPath?: unknown }).socketPath);
  const { url, asksPort } = placeOf(request, port);
  return { method: request.method, url, asksPort: asksPort && !isLocalSocket, isLocalSocket, headers: request };
}

function placeOf(request: ClientRequest, given: number | undefined): Pick<HttpRequest, 'url' | 'asksPort'> {
  const { protocol, host, path, method } = request;
  if (/^https?:\/\//i.test(path)) return { url: urlOf(path), asksPort: false }; // to a proxy
  if (method === 'CONNECT') return { url: urlOf(`http://${path}`), asksPort: false };
  const port = given ?? saidPort(request);
  return { url: urlAt(protocol, host, port, path), asksPort: port === undefined };
}

/** The port in the Host header, if that names the host of the connection. */
function saidPort(request: ClientRequest): number | undefined {
  const header = request.getHeader('host');
  if (typeof header !== 'string') return undefined;
  const said = parseHost(header, request.protocol.slice(0, -1));
  return said?.host === request.host || said?.host === `[${request.host}]` ? said.port : undefined;
}

/**
 * The port that `request` was given to its agent with: what an agent has under way it lists by host and port,
 * `shop:8080:`. Undefined where it lists none of this host, or several.
 */
export function portInAgent(request: ClientRequest): number | undefined {
  const { agent, host } = request as ClientRequest & { readonly agent?: Partial<Agent> };
  let found: number | undefined;
  for (const list of [agent?.sockets, agent?.requests]) {
    let looks = 0;
    for (const name in list) {
      if (looks++ === MAX_NAMES) return undefined;
      const port = portInName(name, host);
      if (port === undefined || port === found) continue;
      if (found !== undefined) return undefined;
      found = port;
    }
  }
  return found;
}

/** An agent may have connections to any number of hosts. */
const MAX_NAMES = 32;

function portInName(name: string, host: string): number | undefined {
  if (!name.startsWith(host) || name[host.length] !== ':') return undefined;
  const port = Number.parseInt(name.slice(host.length + 1), 10);
  return port > 0 ? port : undefined;
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
  readonly setHost?: unknown;
  readonly agent?: unknown;
}

/** The arguments of `request(url?, options?, onAnswer?)`. */
export interface HttpArguments {
  readonly input: string | URL | undefined;
  /** The options, and their place among the arguments. */
  readonly options: HttpOptions;
  readonly at: 0 | 1;
}

export function readArguments(args: readonly unknown[]): HttpArguments {
  const [input] = args;
  const at = typeof input === 'string' || input instanceof URL ? 1 : 0;
  const options = args[at];
  const given = typeof options === 'object' && options !== null ? options : {};
  return { input: at === 1 ? (input as string | URL) : undefined, options: given, at };
}

/** The request that was made of these arguments. */
export function requestOf(made: ClientRequest, http: object, args: readonly unknown[]): HttpRequest {
  if (isNodes(made)) return requestAsMade(made, givenPort(http, args));
  return { ...requestAsGiven(http, readArguments(args)), headers: made }; // a mock's may tell nothing of itself
}

/** The port that a request is given, where its Host header says nothing of it: the app's own, or none at all. */
function givenPort(http: object, args: readonly unknown[]): number | undefined {
  const { input, options } = readArguments(args);
  const { headers, setHost } = options;
  const isOwn = typeof headers === 'object' && headers !== null && Object.keys(headers).some(isHost);
  if (!isOwn && (setHost === undefined || Boolean(setHost))) return undefined;
  const base = input === undefined ? undefined : urlOf(String(input));
  return portOf(http, base, options);
}

function isHost(name: string): boolean {
  return name.length === 4 && name.toLowerCase() === 'host';
}

/** As node looks for it: options win over the URL, then come the defaults of the options, of the agent and of the scheme. */
function portOf(http: object, base: URL | undefined, options: HttpOptions): number {
  const { port, agent, protocol = base?.protocol ?? schemeOf(http) } = options;
  const { defaultPort: byAgent } = (agent ?? {}) as { defaultPort?: unknown };
  const given = Number(port || base?.port || options.defaultPort || byAgent);
  return given > 0 ? given : defaultPort(String(protocol).slice(0, -1));
}

/** A request of `http` that is not made yet. */
export function requestAsGiven(http: object, { input, options }: HttpArguments): HttpRequest {
  return {
    method: String(options.method ?? 'GET').toUpperCase(),
    url: urlAsGiven(http, input, options),
    asksPort: false,
    isLocalSocket: Boolean(options.socketPath),
    headers: signatureHeaders(options.headers),
  };
}

function urlAsGiven(http: object, input: string | URL | undefined, options: HttpOptions): URL | undefined {
  const base = input === undefined ? undefined : urlOf(String(input));
  const { protocol = base?.protocol ?? schemeOf(http), hostname, host, path } = options;
  const target = String(path ?? (base === undefined ? '/' : base.pathname + base.search));
  const name = String(hostname ?? host ?? base?.hostname ?? 'localhost');
  return urlAt(String(protocol), name, portOf(http, base, options), target);
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

function urlAt(protocol: string, host: string, port: number | undefined, path: string): URL | undefined {
  return urlOf(
    `${protocol}//${placeName(host)}${port === undefined ? '' : `:${port}`}${path.startsWith('/') ? path : `/${path}`}`,
  );
}

/** An IPv6 address stands in brackets, and without its zone: `fe80::1%eth0` is of no use to any other host. */
function placeName(host: string): string {
  if (!host.includes(':')) return host;
  const address = host.startsWith('[') ? host.slice(1, -1) : host;
  const zone = address.indexOf('%');
  return `[${zone === -1 ? address : address.slice(0, zone)}]`;
}

function urlOf(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
