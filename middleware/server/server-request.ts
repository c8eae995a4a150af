import type { IncomingHttpHeaders } from 'node:http';
import { noteFault } from '../../src/core/diagnostics.ts';
import { bounded } from '../../src/core/limits.ts';
import type { Attributes } from '../../src/core/record.ts';
import { type HostPort, serverRequestAttributes } from '../http-attributes.ts';
import { parseHost, splitTarget } from '../url-parts.ts';
import { forwardedBy, type ProxyView } from './forwarded.ts';
import type { RequestView } from './request-view.ts';
import type { ServerSettings } from './server-settings.ts';

/** By which scheme a request came, and what of it proxies may have changed. */
export interface RequestOrigin {
  readonly scheme: string;
  /** Undefined where no proxy is believed. */
  readonly proxied: ProxyView | undefined;
}

/** The origin of a request, recorded or not. Never throws, as functions of the app's about proxies may. */
export function originOf(view: RequestView, settings: ServerSettings): RequestOrigin {
  let proxied: ProxyView | undefined;
  try {
    proxied = proxyView(view, settings);
  } catch (error) {
    noteFault('server request proxies', error);
  }
  return { scheme: proxied?.scheme ?? (isEncrypted(view.req.socket) ? 'https' : 'http'), proxied };
}

function proxyView(view: RequestView, { trustProxy }: ServerSettings): ProxyView | undefined {
  if (trustProxy === undefined) return view.proxied();
  return trustProxy ? forwardedBy(view.req.headers) : undefined;
}

/** The attributes of a request when it starts; of the query the values of `parameters` alone. */
export function describeRequest(
  view: RequestView,
  { scheme, proxied }: RequestOrigin,
  parameters: ReadonlySet<string>,
): Attributes {
  const { req } = view;
  const { socket, headers } = req;
  const { path, query } = splitTarget(view.originalUrl(), parameters);
  const userAgent = headers['user-agent'];
  const peerAddress = socket?.remoteAddress;
  return serverRequestAttributes({
    method: req.method ?? '',
    scheme,
    path,
    query,
    host: hostOf(proxied?.host ?? headers.host ?? authorityOf(headers), scheme),
    clientAddress: proxied?.clientAddress ?? peerAddress,
    peerAddress,
    peerPort: socket?.remotePort,
    protocolVersion: req.httpVersion === '2.0' ? '2' : req.httpVersion,
    userAgent: typeof userAgent === 'string' ? bounded(userAgent, 1024) : undefined, // an injected request may have anything
  });
}

function isEncrypted(socket: unknown): boolean {
  return (socket as { encrypted?: boolean } | null)?.encrypted === true;
}

/** HTTP/2 has `:authority` in place of `Host`. */
function authorityOf(headers: IncomingHttpHeaders): string | undefined {
  const authority = headers[':authority'];
  return typeof authority === 'string' ? authority : undefined;
}

/** A service has one or two names: parsing only what changed saves 100 ns a request, and a flood of names costs one entry. */
let lastHost: { header: string; scheme: string; parsed: HostPort | undefined } = {
  header: '',
  scheme: '',
  parsed: undefined,
};

function hostOf(header: string | undefined, scheme: string): HostPort | undefined {
  if (header === undefined) return undefined;
  if (header !== lastHost.header || scheme !== lastHost.scheme)
    lastHost = { header, scheme, parsed: parseHost(header, scheme) };
  return lastHost.parsed;
}
