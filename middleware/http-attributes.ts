// The keys of the HTTP semantic conventions (stable) that this library writes, all of them, in one
// file: object literals, because a record whose attributes are made in one piece costs 50 ns and one
// that grows key by key ten times that (bench/micro).
import type { Attributes } from '../src/core/record.ts';

/** An inbound request as it is known when it starts. */
export interface ServerRequestFacts {
  readonly method: string;
  readonly scheme: string;
  /** Without the query. */
  readonly path: string;
  /** Without the `?`, values redacted; undefined when there is none. */
  readonly query: string | undefined;
  readonly host: HostPort | undefined;
  readonly clientAddress: string | undefined;
  readonly peerAddress: string | undefined;
  readonly peerPort: number | undefined;
  readonly protocolVersion: string;
  readonly userAgent: string | undefined;
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export function serverRequestAttributes(facts: ServerRequestFacts): Attributes {
  const attributes: Attributes = {
    'http.request.method': knownMethod(facts.method),
    'url.scheme': facts.scheme,
    'url.path': facts.path,
    'network.protocol.version': facts.protocolVersion,
  };
  if (facts.host !== undefined) {
    attributes['server.address'] = facts.host.host;
    attributes['server.port'] = facts.host.port;
  }
  if (facts.clientAddress !== undefined) attributes['client.address'] = facts.clientAddress;
  if (facts.peerAddress !== undefined) attributes['network.peer.address'] = facts.peerAddress;
  if (facts.peerPort !== undefined) attributes['network.peer.port'] = facts.peerPort;
  if (facts.userAgent !== undefined) attributes['user_agent.original'] = facts.userAgent;
  if (facts.query !== undefined) attributes['url.query'] = facts.query;
  noteOriginalMethod(attributes, facts.method);
  return attributes;
}

/** An outbound request as it is known when it starts. */
export interface ClientRequestFacts {
  readonly method: string;
  /** Redacted: no credentials, no query values. Undefined when only the client knows where it sends. */
  readonly fullUrl: string | undefined;
  /** Undefined where the request goes to no host: a unix socket, a client of the app's own making. */
  readonly host: HostPort | undefined;
  /** The service at the other end, where the app has named it. */
  readonly peer: string | undefined;
  /** Attempts that went before this one; 0 for the first. */
  readonly resendCount: number;
}

export function clientRequestAttributes(facts: ClientRequestFacts): Attributes {
  const { fullUrl, host, peer } = facts;
  const method = knownMethod(facts.method);
  const attributes: Attributes =
    fullUrl !== undefined && host !== undefined
      ? { 'http.request.method': method, 'url.full': fullUrl, 'server.address': host.host, 'server.port': host.port }
      : { 'http.request.method': method };
  if (fullUrl !== undefined && host === undefined) attributes['url.full'] = fullUrl;
  if (peer !== undefined) attributes['service.peer.name'] = peer;
  if (facts.resendCount > 0) attributes['http.request.resend_count'] = facts.resendCount;
  noteOriginalMethod(attributes, facts.method);
  return attributes;
}

/** The connection of an outbound request, as far as it became known on the way. */
export interface NetworkFacts {
  /** `1.1`, `2`. */
  readonly protocolVersion?: string | undefined;
  readonly peerAddress?: string | undefined;
  readonly peerPort?: number | undefined;
}

export function noteNetwork(attributes: Attributes, facts: NetworkFacts): void {
  if (facts.protocolVersion !== undefined) attributes['network.protocol.version'] = facts.protocolVersion;
  if (facts.peerAddress !== undefined) attributes['network.peer.address'] = facts.peerAddress;
  if (facts.peerPort !== undefined) attributes['network.peer.port'] = facts.peerPort;
}

/** Of the event that tells of an informational answer. */
export function informationalAttributes(statusCode: number): Attributes {
  return { 'http.response.status_code': statusCode };
}

export function notePlace(attributes: Attributes, fullUrl: string, port: number): void {
  attributes['url.full'] = fullUrl;
  attributes['server.port'] = port;
}

export function noteStatusCode(attributes: Attributes, statusCode: number): void {
  attributes['http.response.status_code'] = statusCode;
}

export function noteRoute(attributes: Attributes, route: string): void {
  attributes['http.route'] = route;
}

/** The route that a span says, as the app has set it. */
export function recordedRoute(attributes: Attributes): string | undefined {
  const route = attributes['http.route'];
  return typeof route === 'string' && route !== '' ? route : undefined;
}

/** The answer came from a cache below the client: nothing was sent; ours. */
export function noteCached(attributes: Attributes): void {
  attributes['throughline.cached'] = true;
}

export function noteErrorType(attributes: Attributes, type: string): void {
  attributes['error.type'] = type;
}

/** The end of a response that did not run to its end: the client left, the app or a timeout closed it. */
export type ServerEnding = 'aborted' | 'destroyed' | 'timeout';

/** Notes the end of a request that did not run to its end; ours, since the conventions have no word for it. */
export function noteEnding(attributes: Attributes, ending: ServerEnding | 'cancelled'): void {
  attributes['throughline.ending'] = ending;
}

/** Bytes of the body, without its coding for the transfer. */
export function noteResponseBodySize(attributes: Attributes, bytes: number): void {
  attributes['http.response.body.size'] = bytes;
}

/** Bytes of the whole answer as it was written to the connection: head, body with its coding for the transfer, trailers. */
export function noteResponseSize(attributes: Attributes, bytes: number): void {
  attributes['http.response.size'] = bytes;
}

/** Milliseconds until the head of a stream went out, which is what its client waited for; ours. */
export function noteHeadersTime(attributes: Attributes, ms: number): void {
  attributes['throughline.headers_ms'] = ms;
}

/** The key of a captured header, whose name is in lower case. */
export function headerKey(direction: 'request' | 'response', name: string): string {
  return direction === 'request' ? `http.request.header.${name}` : `http.response.header.${name}`;
}

/** Notes what was kept from the host of an outbound request, by `propagateTo` or by its signature; ours. */
export function noteWithheld(attributes: Attributes, withheld: readonly ('trace' | 'baggage')[]): void {
  attributes['throughline.withheld'] = withheld;
}

const OTHER = '_OTHER';
const DEFAULT_METHODS = ['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', 'TRACE'];

/** `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` replaces the whole list; names are case-sensitive. */
const knownMethods: ReadonlySet<string> = new Set(
  process.env.OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS?.split(',').map((name) => name.trim()) ?? DEFAULT_METHODS,
);

/** The method as the conventions have it: `_OTHER` for one that nobody knows. */
export function knownMethod(method: string): string {
  return knownMethods.has(method) ? method : OTHER;
}

function noteOriginalMethod(attributes: Attributes, method: string): void {
  if (!knownMethods.has(method)) attributes['http.request.method_original'] = method;
}

/** The first word of a span's name: `HTTP` for a method nobody knows, so that hostile ones make no names. */
export function spanNameMethod(method: string): string {
  return knownMethods.has(method) ? method : 'HTTP';
}
