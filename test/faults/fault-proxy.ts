import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '../support/free-port.ts';

/**
 * The thing between a service and its collector, and how it fails:
 *
 * - `pass`: nothing is wrong
 * - `refuse`: nobody listens
 * - `reset`: the connection is cut as soon as it speaks
 * - `hang`: the request is taken, and nothing answers
 * - `mute`: the request reaches the collector, its answer gets lost
 * - `drip`: an answer that never ends, a byte at a time
 * - `half-open`: our half is closed at once, the other half stays
 * - an object: this answer, whatever was asked, in the collector's place
 */
export type Fault = 'pass' | 'refuse' | 'reset' | 'hang' | 'mute' | 'drip' | 'half-open' | FixedAnswer;

export interface FixedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes of body, sent as fast as they are read. */
  readonly bodyBytes?: number;
}

const DRIP_MS = 50;
const CHUNK = Buffer.alloc(64 * 1024, 0x20);

/** A TCP proxy on 127.0.0.1 that fails on demand. It knows no more of HTTP than its own answers need. */
export class FaultProxy {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #fault: Fault = 'pass';
  /** Connections that were open at once, at most. */
  mostSockets = 0;
  /** Bytes of one fixed answer that the service has taken, at most. */
  mostTakenBytes = 0;

  constructor(targetUrl: string) {
    const { hostname, port } = new URL(targetUrl);
    this.#target = { host: hostname, port: Number(port) };
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async open(): Promise<this> {
    this.#port = await freePort(); // it goes, and comes back at the same one
    await this.#listen();
    return this;
  }

  /** From now on; what is connected is cut, as it would be by a collector that goes or comes back. */
  async become(fault: Fault): Promise<void> {
    this.#fault = fault;
    for (const socket of this.#sockets) socket.destroy();
    if (fault === 'refuse') await this.#stopListening();
    else await this.#listen();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await this.#stopListening();
  }

  #listen(): Promise<void> {
    if (this.#server !== undefined) return Promise.resolve();
    const server = createServer({ allowHalfOpen: true }, (socket) => this.#serve(socket));
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
  }

  #stopListening(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    return new Promise((resolve) => {
      if (server === undefined) resolve();
      else server.close(() => resolve());
    });
  }

  #serve(socket: Socket): void {
    this.#track(socket);
    this.mostSockets = Math.max(this.mostSockets, this.#sockets.size);
    const fault = this.#fault;
    if (fault === 'reset') socket.once('data', () => socket.resetAndDestroy());
    else if (fault === 'hang') socket.resume();
    else if (fault === 'half-open') socket.resume().end();
    else if (fault === 'drip') this.#drip(socket);
    else if (typeof fault === 'object') this.#answer(socket, fault);
    else this.#forward(socket, fault === 'mute');
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #drip(socket: Socket): void {
    socket.resume();
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n');
    const timer = setInterval(() => socket.write(' '), DRIP_MS);
    socket.on('close', () => clearInterval(timer));
  }

  /** Reads one whole request per answer: a server that answers early looks like one that broke. */
  #answer(socket: Socket, { status, headers = {}, bodyBytes = 0 }: FixedAnswer): void {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = `HTTP/1.1 ${status} Fault\r\n${lines.join('')}content-length: ${bodyBytes}\r\n\r\n`;
    let waiting = '';
    socket.on('data', (chunk: Buffer) => {
      waiting += chunk.toString('latin1');
      for (let end = endOfRequest(waiting); end !== undefined; end = endOfRequest(waiting)) {
        waiting = waiting.slice(end);
        socket.write(head);
        this.#pour(socket, bodyBytes);
      }
    });
    socket.on('end', () => socket.end());
  }

  #pour(socket: Socket, bytes: number): void {
    let left = bytes;
    let taken = 0;
    const more = (): void => {
      while (left > 0 && !socket.destroyed) {
        const chunk = left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
        left -= chunk.length;
        const goesOn = socket.write(chunk, (error) => {
          if (error == null) taken += chunk.length;
          this.mostTakenBytes = Math.max(this.mostTakenBytes, taken);
        });
        if (!goesOn) {
          socket.once('drain', more);
          return;
        }
      }
    };
    more();
  }

  #forward(socket: Socket, mute: boolean): void {
    const upstream = connect({ ...this.#target, allowHalfOpen: true });
    this.#trackUpstream(upstream, socket);
    socket.pipe(upstream);
    if (mute) upstream.resume();
    else upstream.pipe(socket);
  }

  #trackUpstream(upstream: Socket, socket: Socket): void {
    upstream.on('error', () => socket.destroy());
    upstream.on('close', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
  }
}

/** The end of the first whole request in `text`: its head, and the body that `content-length` or chunks announce. */
function endOfRequest(text: string): number | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const head = text.slice(0, headEnd).toLowerCase();
  const bodyStart = headEnd + 4;
  if (head.includes('transfer-encoding: chunked')) {
    const last = text.indexOf('0\r\n\r\n', bodyStart);
    return last === -1 ? undefined : last + 5;
  }
  const length = Number(/content-length: *(\d+)/.exec(head)?.[1] ?? 0);
  return text.length >= bodyStart + length ? bodyStart + length : undefined;
}
