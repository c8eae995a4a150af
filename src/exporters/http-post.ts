import {
  type Agent,
  type ClientRequest,
  Agent as HttpAgent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as plainRequest,
  type RequestOptions,
} from 'node:http';
import { lazyBuiltin } from '../core/lazy-builtin.ts';
import { unpacked } from './compress.ts';
import type { Endpoint } from './endpoint.ts';
import { type ProxyRoute, proxyRoute } from './env-proxy.ts';
import type { HeadersSource } from './headers-source.ts';
import type { TlsOptions } from './tls-options.ts';

// Taken once, at load: imports of built-in modules follow later patches, and what instruments
// node:http after us must not trace our own sending. Of node:https, when the first exporter is made that needs it.
const sendPlain: typeof plainRequest = plainRequest;
const https = lazyBuiltin('node:https');

/** "The client SHOULD limit the response to 4 MiB" (OTLP specification, HTTP response). */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

const MAX_SOCKETS = 2;

/** The answer to one POST; the body is cut at 4 MiB. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * Posts bodies to one URL over its own keep-alive connections, which never keep the process alive.
 * Follows no redirect and has no retry policy: that is the pipeline's.
 */
export class HttpPost {
  readonly #url: URL;
  readonly #socketPath: string | undefined;
  readonly #headers: HeadersSource;
  readonly #agent: Agent;
  /** An agent of the app's is not ours to close. */
  readonly #isOwnAgent: boolean;
  readonly #route: ProxyRoute | undefined;
  readonly #request: typeof plainRequest;

  /** `agent` is the app's own; without one connections are ours, through the proxy that the environment names. */
  constructor({ url, socketPath }: Endpoint, headers: HeadersSource, tls: TlsOptions = {}, agent?: Agent) {
    this.#url = url;
    this.#socketPath = socketPath;
    this.#headers = headers;
    const settings = { keepAlive: true, maxSockets: MAX_SOCKETS, ...tls };
    const isTls = url.protocol === 'https:';
    const isStraight = agent !== undefined || socketPath !== undefined;
    this.#route = isStraight ? undefined : proxyRoute(url, process.env, settings);
    this.#agent = agent ?? this.#route?.agent ?? (isTls ? new (https().Agent)(settings) : new HttpAgent(settings));
    this.#isOwnAgent = agent === undefined;
    this.#request = isTls ? https().request : sendPlain;
  }

  /**
   * Resolves with the whole answer. Rejects with the connection's error, or with the signal's reason
   * as soon as it fires.
   *
   * A kept connection may have been closed by the other side while it was idle. That is found out
   * only by using it, and says nothing about the other side's health: so the next connection is
   * tried at once, until one was fresh.
   */
  async send(
    body: Uint8Array,
    signal: AbortSignal,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<HttpAnswer> {
    const all = { ...(await this.#headers(signal)), ...headers };
    for (let attempt = 0; ; attempt++) {
      const { request, answer } = this.#start(body, signal, all);
      try {
        return await answer;
      } catch (error) {
        const stale = request.reusedSocket && isConnectionClosed(error) && !signal.aborted;
        if (!stale || attempt >= MAX_SOCKETS) throw error;
      }
    }
  }

  /** Closes all connections; requests under way fail. */
  close(): void {
    if (this.#isOwnAgent) this.#agent.destroy();
  }

  #start(
    body: Uint8Array,
    signal: AbortSignal,
    given: Readonly<Record<string, string>>,
  ): { request: ClientRequest; answer: Promise<HttpAnswer> } {
    const headers = {
      host: this.#url.host,
      'accept-encoding': 'identity',
      ...given,
      ...this.#route?.headers,
      'content-length': String(body.length),
    };
    const options = { method: 'POST', headers, agent: this.#agent, ...this.#target() };
    const request = this.#request(this.#url, options);
    // The agent refs a socket each time it hands it out.
    request.on('socket', (socket) => socket.unref());
    const answer = answerOf(request, signal);
    request.end(body);
    return { request, answer };
  }

  /** The address to connect to, where it is not the URL's own host. A proxy is told the whole URL. */
  #target(): RequestOptions {
    if (this.#socketPath !== undefined) return { socketPath: this.#socketPath };
    const proxy = this.#route?.proxy;
    return proxy === undefined ? {} : { hostname: proxy.hostname, port: proxy.port || 80, path: this.#url.href };
  }
}

function answerOf(request: ClientRequest, signal: AbortSignal): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    function giveUp(): void {
      reject(signal.reason);
      request.destroy();
    }
    function settle(action: () => void): void {
      signal.removeEventListener('abort', giveUp);
      action();
    }
    request.on('error', (error) => settle(() => reject(error)));
    request.on('response', (response) => {
      readAnswer(response).then(
        (answer) => settle(() => resolve(answer)),
        (error) => settle(() => reject(error)),
      );
    });
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
}

async function readAnswer(response: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= MAX_ANSWER_BYTES) break;
  }
  const { headers } = response;
  const body = await unpacked(Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES), contentEncoding(headers));
  return { status: response.statusCode ?? 0, headers, body };
}

/** Nobody was asked to pack the answer; proxies do so all the same. */
function contentEncoding(headers: IncomingHttpHeaders): string {
  return headers['content-encoding']?.trim().toLowerCase() ?? '';
}

function isConnectionClosed(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ECONNRESET' || code === 'EPIPE';
}
