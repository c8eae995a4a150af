import { type Agent, Agent as HttpAgent, request } from 'node:http';
import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { lazyBuiltin } from '../core/lazy-builtin.ts';

/** `process.env`, or a test's own. */
type Variables = Readonly<Record<string, string | undefined>>;

const https = lazyBuiltin('node:https');
const tls = lazyBuiltin('node:tls');

/** The way to a receiver through a proxy. */
export interface ProxyRoute {
  readonly agent: Agent;
  /** Headers for the proxy, where it reads those of our request. */
  readonly headers: Readonly<Record<string, string>>;
  /** The proxy takes the whole URL as the target of a request (RFC 9112 3.2.2). */
  readonly proxy: URL | undefined;
}

type AgentSettings = ConstructorParameters<typeof HttpAgent>[0];

/**
 * The route that the process has opted in to, by `NODE_USE_ENV_PROXY=1` and `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`, as
 * Node's own fetch takes them: plain HTTP by the URL as target, https through a tunnel (`CONNECT`). `undefined`: straight.
 */
export function proxyRoute(url: URL, variables: Variables, settings: AgentSettings): ProxyRoute | undefined {
  const proxy = proxyFor(url, variables);
  if (proxy === undefined) return undefined;
  const headers = authorizationOf(proxy);
  if (url.protocol === 'http:') return { agent: new HttpAgent(settings), headers, proxy };
  return { agent: tunnelAgent(proxy, headers, settings), headers: {}, proxy: undefined };
}

function proxyFor(url: URL, variables: Variables): URL | undefined {
  if (variables.NODE_USE_ENV_PROXY !== '1') return undefined;
  const name = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const text = variables[name] || variables[name.toUpperCase()];
  if (text === undefined || text === '' || !URL.canParse(text)) return undefined;
  const proxy = new URL(text);
  const isSpared = sparesHost(variables.no_proxy || variables.NO_PROXY || '', url);
  return proxy.protocol === 'http:' && !isSpared ? proxy : undefined;
}

/** `*`, `example.com` (and what is below it), `.example.com`, `*.example.com`, `10.0.0.7`, each with a port or without. */
function sparesHost(list: string, { hostname, port, protocol }: URL): boolean {
  const ownPort = port || (protocol === 'https:' ? '443' : '80');
  return list.split(/[\s,]+/, 256).some((entry) => {
    if (entry === '*') return true;
    const [, name = '', wanted] = /^\*?\.?(.+?)(?::(\d{1,5}))?$/.exec(entry.toLowerCase()) ?? [];
    if (name === '' || (wanted !== undefined && wanted !== ownPort)) return false;
    return hostname === name || hostname.endsWith(`.${name}`);
  });
}

function authorizationOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}

/** An agent whose connections go through the proxy: it is asked for a tunnel, and TLS begins at its far end. */
function tunnelAgent(proxy: URL, headers: Readonly<Record<string, string>>, settings: AgentSettings): Agent {
  const agent: Agent = new (https().Agent)(settings);
  agent.createConnection = (options, connected) => {
    const done = connected as (error: Error | null, socket?: Socket) => void;
    const authority = `${options.host}:${options.port}`;
    const asked = request({
      ...{ host: proxy.hostname, port: proxy.port || 80, method: 'CONNECT', path: authority, agent: false },
      headers: { ...headers, host: authority },
    });
    asked.on('socket', (socket) => socket.unref());
    asked.on('error', (error) => done(error));
    asked.on('connect', ({ statusCode }, socket) => {
      if (statusCode === 200) done(null, tls().connect({ ...(options as ConnectionOptions), socket }));
      else done(Object.assign(new Error(`the proxy answers ${statusCode}`), { code: `PROXY_${statusCode}` }));
    });
    asked.end();
    return undefined;
  };
  return agent;
}
