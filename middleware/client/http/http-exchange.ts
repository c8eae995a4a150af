import { errorMonitor } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { noteFault } from '../../../src/core/diagnostics.ts';
import type { Scope } from '../../../src/core/scope/scope.ts';
import { informationalAttributes, type NetworkFacts } from '../../http-attributes.ts';
import { listen } from '../channel.ts';
import type { ClientCall, ClientFailure } from '../client-call.ts';
import { failureOf } from '../client-failure.ts';
import type { ClientSettings } from '../client-handler.ts';
import { redirectTarget } from '../redirect-trail.ts';
import { beginAttempt, type HttpAttempt } from './http-attempt.ts';
import { type HttpRequest, isNodes } from './http-request.ts';

/** Begins the attempt that `made` is, of which nothing is sent: its headers get the context, and it is watched to its end. */
export function attach(made: ClientRequest, request: HttpRequest, settings: ClientSettings, scope: Scope): void {
  const attempt = beginAttempt(request, settings, scope);
  if (attempt === undefined) return;
  attempt.writeTo(made);
  watchExchange(made, attempt);
}

/** Watches `request`, whose attempt has begun, to its end. */
export function watchExchange(request: ClientRequest, attempt: HttpAttempt): void {
  const exchange = new HttpExchange(request, attempt);
  exchange.watch();
  Object.defineProperty(request, EXCHANGE, { value: exchange });
  if (isNodes(request)) watchAnswers();
  else watchEmitted(request, exchange);
}

/** A mock's request publishes nothing. Its answer is seen as it is emitted: a listener would change its course. */
function watchEmitted(request: ClientRequest, exchange: HttpExchange): void {
  const { emit } = request;
  request.emit = function emitted(event, ...args: unknown[]): boolean {
    if (event === 'response') exchange.answered(args[0] as IncomingMessage);
    return Reflect.apply(emit, this, [event, ...args]);
  };
}

/** Under which a watched request has its exchange: a WeakMap of all of them costs microseconds in the collector. */
const EXCHANGE: unique symbol = Symbol('throughline.exchange');

interface WatchedRequest {
  readonly [EXCHANGE]?: HttpExchange;
}

let isWatchingAnswers = false;

function watchAnswers(): void {
  if (isWatchingAnswers) return;
  isWatchingAnswers = true;
  // Published for the head of the answer, before the app sees it.
  listen<AnswerMessage>('http.client.response.finish', ({ request, response }) =>
    request[EXCHANGE]?.answered(response),
  );
}

interface AnswerMessage {
  readonly request: WatchedRequest;
  readonly response: IncomingMessage;
}

/**
 * One request of node:http, watched to its end without the app noticing. Events that would change its course
 * are not listened to:
 *
 *     'response' on the request    node drains the answer when nobody listens
 *     'error' on either            an error that nobody listens to ends the process
 *     'upgrade', 'connect'         node closes the socket when nobody listens
 *
 * So the answer comes by a diagnostics channel (`answered`), errors by the monitor, and the end by `close`.
 */
class HttpExchange {
  readonly #request: ClientRequest;
  readonly #attempt: HttpAttempt;
  readonly #call: ClientCall;
  #error: unknown;
  #response: IncomingMessage | undefined;
  /** Kept: the request lets go of it. */
  #socket: Socket | undefined;
  #hasTimedOut: boolean;

  constructor(request: ClientRequest, attempt: HttpAttempt) {
    this.#request = request;
    this.#attempt = attempt;
    this.#call = attempt.call;
    this.#error = undefined;
    this.#response = undefined;
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
    if (this.#response === response) return; // published, and then emitted
    this.#response = response;
    this.#hasTimedOut = false;
    this.#call.note('response head');
    // Of a connection that is not kept, the answer is over before the request is.
    response.once('close', () => this.#end());
    response.once(errorMonitor, () => this.#end());
    const { statusCode = 0, headers } = response;
    const target = redirectTarget(statusCode, headers.location, this.#attempt.request.url);
    if (target !== undefined) this.#attempt.redirected(target);
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
    if (remotePort !== undefined) this.#attempt.connectedTo(remotePort);
  }

  #end(): void {
    try {
      // An upgrade and a tunnel have their answer on the request, and no other sign of it.
      const response = this.#response ?? (this.#request as { res?: IncomingMessage }).res ?? undefined;
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
    if (response.complete || endsAtHandshake(response, this.#request)) return undefined;
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
function endsAtHandshake({ statusCode }: IncomingMessage, { method }: ClientRequest): boolean {
  return statusCode === 101 || method === 'CONNECT';
}
