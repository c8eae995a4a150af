import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tracing } from 'throughline';
import { type SelfSigned, selfSigned } from '../../support/self-signed.ts';

/** A request as it came in. */
/** The identity that a {@link Peer} over TLS shows: who calls it must trust this `cert`. */
export const PEER_IDENTITY: SelfSigned = selfSigned('peer');

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/**
 * The other end of a client under test:
 *
 *     /ok                    200, `ok`
 *     /status/503            that status
 *     /flaky/2               503 twice, then 200
 *     /redirect/307?to=/ok   there, with that status
 *     /loop                  to itself
 *     /hang                  no answer; `arrived` tells when one is waiting
 *     /cut                   an answer that breaks off in its body
 *     /reset                 the connection is closed without an answer
 *     /hints                 103, then 200
 *     /pieces                a body in three pieces, and a trailer
 *     /big                   a body of 1 MB
 *     /endless               a body that begins and never ends; /endless/503 with that status
 *
 * Over TLS when it is told so.
 */
export class Peer {
  readonly received: Received[] = [];
  readonly scheme: 'http' | 'https';
  readonly #server: Server;
  #failures = 0;
  #arrived: (() => void) | undefined;
  #hanging: ServerResponse | undefined;

  constructor(scheme: 'http' | 'https' = 'http') {
    this.scheme = scheme;
    // A client may break off in its body: then there is nobody to answer.
    const handle = (req: IncomingMessage, res: ServerResponse): void =>
      void this.#handle(req, res).catch(() => res.destroy());
    this.#server = scheme === 'http' ? createServer(handle) : createTlsServer(PEER_IDENTITY, handle);
  }

  async open(): Promise<void> {
    await listening(this.#server);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  reset(): void {
    this.received.length = 0;
    this.#failures = 0;
  }

  get port(): number {
    return portOf(this.#server);
  }

  get origin(): string {
    return `${this.scheme}://127.0.0.1:${this.port}`;
  }

  /** The next request for `/hang` has come in. */
  arrived(): Promise<void> {
    return new Promise((resolve) => {
      this.#arrived = resolve;
    });
  }

  /** Answers the request for `/hang` that came last. */
  answerHanging(): void {
    this.#hanging?.end('late');
  }

  async #handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers, rawHeaders } = req;
    this.received.push({ method, path: url, headers, rawHeaders, body: Buffer.concat(chunks) });
    const { pathname, searchParams } = new URL(url, this.origin);
    const [, route = '', argument = ''] = pathname.split('/');
    this.#answer(route, Number(argument), searchParams.get('to') ?? '', res);
  }

  #answer(route: string, argument: number, to: string, res: ServerResponse): void {
    switch (route) {
      case 'status':
        res.writeHead(argument).end('no');
        return;
      case 'flaky':
        res.writeHead(this.#failures++ < argument ? 503 : 200).end('flaky');
        return;
      case 'redirect':
        res.writeHead(argument, { location: to }).end();
        return;
      case 'loop':
        res.writeHead(302, { location: '/loop' }).end();
        return;
      case 'hang':
        this.#hanging = res;
        this.#arrived?.();
        return;
      case 'cut':
        res.writeHead(200, { 'content-length': '100' });
        res.write('half', () => res.destroy());
        return;
      case 'reset':
        res.destroy();
        return;
      case 'hints':
        res.writeEarlyHints({ link: '</style.css>; rel=preload' });
        res.end('ok');
        return;
      case 'pieces':
        res.writeHead(200, { trailer: 'x-sum' });
        for (const piece of ['one ', 'two ', 'three']) res.write(piece);
        res.addTrailers({ 'x-sum': '3' });
        res.end();
        return;
      case 'endless':
        res.writeHead(argument || 200).write('first');
        return;
      case 'big':
        res.end(Buffer.alloc(1_000_000, 'x'));
        return;
      default:
        res.end('ok');
    }
  }
}

/** Runs `fn` as the work of an inbound request with these headers, in a server of ours, and waits for it. */
export async function inRequest<Result>(headers: Record<string, string>, fn: () => Promise<Result>): Promise<Result> {
  const { promise, settle } = outcome<Result>();
  const server = createServer(
    tracing.handler(async (_req, res) => {
      await settle(fn);
      res.end();
    }),
  );
  await listening(server);
  const socket = connect(portOf(server), '127.0.0.1'); // not by a client: it might be the one under test
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n${fields.join('')}\r\n`, 'latin1');
  socket.resume();
  await once(socket, 'close');
  server.close();
  await once(server, 'close');
  return promise;
}

function outcome<Result>(): { promise: Promise<Result>; settle(fn: () => Promise<Result>): Promise<void> } {
  let resolve: (value: Result | PromiseLike<Result>) => void;
  const promise = new Promise<Result>((settled) => {
    resolve = settled;
  });
  return {
    promise,
    async settle(fn) {
      const result = fn();
      resolve(result);
      await result.catch(() => undefined);
    },
  };
}

/** A port of 127.0.0.1 that nobody listens on. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await listening(server);
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}

async function listening(server: Server): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
