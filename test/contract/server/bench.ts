import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import supertest from 'supertest';
import { Recorder } from '../checks/recorder.ts';
import type { AppOptions, AppUnderTest, MakeApp } from './app.ts';

/** A server of a test's own, listening on a free port. */
export interface Site {
  readonly server: Server;
  readonly port: number;
}

/** One framework under test: its apps, the tracer they report to, and ways to speak to them. */
export class ServerBench extends Recorder {
  /** Handlers say here that they were reached, and are told here to go on. */
  readonly stage: EventEmitter;
  readonly app: AppUnderTest;
  readonly #makeApp: MakeApp;
  #site: Site | undefined;

  constructor(service: string, makeApp: MakeApp) {
    const stage = new EventEmitter();
    // The app of nearly all cases calls tracing() before start(), as the order of ES modules makes it.
    const app = makeApp({ tracing: 'once', stage });
    super(service);
    this.stage = stage;
    this.app = app;
    this.#makeApp = makeApp;
    this.#site = undefined;
  }

  async open(): Promise<void> {
    this.#site = await listen(this.app.listener);
  }

  async close(): Promise<void> {
    await closeSite(this.site);
    await this.shutdown();
  }

  /** The site of the app with `tracing()` once and first. */
  get site(): Site {
    assert.ok(this.#site !== undefined, 'the bench is open');
    return this.#site;
  }

  /** A request that needs no raw socket. */
  get(path: string, headers: Record<string, string> = {}, site: Site = this.site): supertest.Test {
    return supertest(site.server).get(path).set(headers);
  }

  post(path: string, body: object): supertest.Test {
    return supertest(this.site.server).post(path).send(body);
  }

  /** Runs `use` with an app put together otherwise. */
  async withApp(options: Partial<AppOptions>, use: (site: Site) => Promise<void>): Promise<void> {
    await withListener(this.#makeApp({ tracing: 'once', stage: this.stage, ...options }).listener, use);
  }

  /** Resolves when a handler of the app was reached; call it before sending. */
  async arrival(): Promise<void> {
    await once(this.stage, 'arrived');
  }
}

export async function listen(listener: RequestListener): Promise<Site> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

async function closeSite({ server }: Site): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}

export async function withListener(listener: RequestListener, use: (site: Site) => Promise<void>): Promise<void> {
  const site = await listen(listener);
  try {
    await use(site);
  } finally {
    await closeSite(site);
  }
}

/** A request as text, asking for the connection to be closed afterwards. */
export function requestText(line: string, headers: readonly string[] = [], connection = 'close'): string {
  return [`${line} HTTP/1.1`, 'Host: shop.example:8080', `Connection: ${connection}`, ...headers, '', ''].join('\r\n');
}

/** Sends bytes as they are and gives back all that comes until the server closes the connection. */
export async function exchange(site: Site, text: string): Promise<string> {
  const socket = await dial(site);
  socket.write(text); // not end(): node:http takes a half-closed connection for an aborted one
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** A connected socket; `error` events of a connection that is torn down on purpose say nothing. */
export async function dial({ port }: Site): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}
