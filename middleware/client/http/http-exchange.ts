import { errorMonitor } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { noteFault } from '../../../src/core/diagnostics.ts';
import { informationalAttributes, type NetworkFacts } from '../../http-attributes.ts';
import { failureOf } from '../client-failure.ts';
import type { ClientCall, ClientFailure } from '../client-handler.ts';
import { redirectTarget } from '../redirect-trail.ts';

/** What an exchange is told of its request beside the request itself. */
export interface ExchangeRoute {
  readonly url: URL | undefined;
  /** The port was a guess: the socket knows. */
  readonly asksPort: boolean;
  /** The answer sends the client to `target`. */
  redirected(target: URL): void;
}

/**
 * One request of node:http, watched to its end without the app noticing. What would change its course is
 * not listened to:
 *
 *     'response' on the request    node drains the answer when nobody listens
 *     'error' on either            an error that nobody listens to ends the process
 *     'upgrade', 'connect'         node closes the socket when nobody listens
 *
 * So the answer comes by a diagnostics channel (`answered`), errors by the monitor, and the end by `close`.
 */
export class HttpExchange {
  readonly #request: ClientRequest;
  readonly #call: ClientCall;
  readonly #route: ExchangeRoute;
  #error: unknown;
  /** Kept: the request lets go of it. */
  #socket: Socket | undefined;
  #hasTimedOut: boolean;

  constructor(request: ClientRequest, call: ClientCall, route: ExchangeRoute) {
    this.#request = request;
    this.#call = call;
    this.#route = route;
    this.#error = undefined;
    this.#socket = undefined;
    this.#hasTimedOut = false;
  }

  watch(): void {
    const request = this.#request;
    request.once('close', () => this.#end());
    if (!this.#call.wantsOutcome) return;
    request.once(errorMonitor, (error: unknown) => {
      this.#error = error;
      this.#end(); // before the app sees it; `close` comes later
    });
    request.on('timeout', () => {
      this.#hasTimedOut = true;
    });
    request.once('socket', (socket) => this.#connecting(socket));
    if (!this.#call.isRecording) return;
    request.on('information', ({ statusCode }) => {
      this.#call.note('informational response', informationalAttributes(statusCode));
    });
  }

  /** The head of the answer is there; the app is about to see it. */
  answered(response: IncomingMessage): void {
    this.#hasTimedOut = false;
    this.#call.note('response head');
    // Of a connection that is not kept, the answer is over before the request is.
    response.once('close', () => this.#end());
    response.once(errorMonitor, () => this.#end());
    const { statusCode = 0, headers } = response;
    const target = redirectTarget(statusCode, headers.location, this.#route.url);
    if (target !== undefined) this.#route.redirected(target);
  }

  #connecting(socket: Socket): void {
    this.#socket = socket;
    if (this.#request.reusedSocket) this.#call.note('connection reused');
    if (!socket.connecting) {
      this.#connected(socket);
      return;
    }
    socket.once('lookup', () => this.#call.note('dns'));
    socket.once('connect', () => {
      this.#call.note('connected');
      this.#connected(socket);
    });
    socket.once('secureConnect', () => this.#call.note('tls'));
  }

  #connected({ remotePort }: Socket): void {
    if (this.#route.asksPort && remotePort !== undefined) this.#call.notePort(remotePort);
  }

  #end(): void {
    try {
      // An upgrade and a tunnel have their answer here, and no other sign of it.
      const response = (this.#request as { res?: IncomingMessage }).res ?? undefined;
      this.#call.end({
        status: response?.statusCode,
        failure: this.#failure(response),
        network: this.#network(response),
      });
    } catch (error) {
      noteFault('http request end', error);
      this.#call.end({});
    }
  }

  #failure(response: IncomingMessage | undefined): ClientFailure | undefined {
    if (this.#error !== undefined) return this.#failureBefore(this.#error);
    if (response === undefined) return { kind: 'cancelled', error: undefined };
    if (response.complete || isHandedOver(response, this.#request)) return undefined;
    const error = response.errored;
    if (error === null || this.#isCallers(error)) {
      return {
        kind: this.#hasTimedOut ? 'timeout' : 'cancelled',
        error: error ?? new Error('the answer was not read'),
      };
    }
    return failureOf(error);
  }

  #failureBefore(error: unknown): ClientFailure {
    if (this.#hasTimedOut) return { kind: 'timeout', error };
    return this.#isCallers(error) ? { kind: 'cancelled', error } : failureOf(error);
  }

  /**
   * node reports a request that the app destroyed as it does one that the other side broke off: ECONNRESET. But
   * then the other side had neither closed the socket nor reset it.
   */
  #isCallers(error: unknown): boolean {
    if ((error as { code?: unknown }).code !== 'ECONNRESET') return false;
    const socket = this.#socket ?? this.#request.socket;
    return this.#request.destroyed && !socket?.readableEnded && !socket?.errored;
  }

  #network(response: IncomingMessage | undefined): NetworkFacts {
    const socket = this.#socket;
    return {
      protocolVersion: response?.httpVersion,
      peerAddress: socket?.remoteAddress,
      peerPort: socket?.remotePort,
    };
  }
}

/** 101, and 200 to CONNECT: the connection is the app's from here on. */
function isHandedOver({ statusCode }: IncomingMessage, { method }: ClientRequest): boolean {
  return statusCode === 101 || method === 'CONNECT';
}
