import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { noteFault } from '../../src/core/diagnostics.ts';
import { observeRejection } from '../../src/core/functions/promise.ts';
import type { InstrumentationScope } from '../../src/core/record.ts';
import type { ScopedRequest } from '../../src/core/scope/request-scope.ts';
import { errorType } from '../../src/core/spans/exception.ts';
import type { RecordingSpan } from '../../src/core/spans/recording-span.ts';
import { knownMethod, noteEnding, noteErrorType, noteStatusCode } from '../http-attributes.ts';
import { connectionOf } from './connection.ts';
import type { RequestTimer } from './request-timer.ts';
import type { RequestView } from './request-view.ts';
import { closedBy } from './response-state.ts';
import type { ServerSettings } from './server-settings.ts';
import { type ServerStart, startServerSpan } from './server-span.ts';

/** A listener of node:http's `upgrade` and `connect`. */
export type UpgradeListener<Result = unknown> = (req: IncomingMessage, socket: Duplex, head: Buffer) => Result;

const INSTRUMENTATION: InstrumentationScope = Object.freeze({ name: 'throughline/http' });

/**
 * Wraps a listener of `upgrade` or `connect`: the handshake is a SERVER span, active while the listener
 * runs, that ends when its answer is written: 101 for a WebSocket, or what the app refuses it with. The
 * conversation that follows is no request any more.
 */
export function tracedUpgrade<Result>(
  listener: UpgradeListener<Result>,
  settings: ServerSettings,
): UpgradeListener<Result> {
  return function tracingUpgrade(this: unknown, req: IncomingMessage, socket: Duplex, head: Buffer): Result {
    const handshake = begin(req, socket, settings);
    if (handshake === undefined) return listener.call(this, req, socket, head);
    try {
      return observeRejection(
        handshake.request.enter(() => listener.call(this, req, socket, head)),
        (error) => handshake.fail(error),
      );
    } catch (error) {
      handshake.fail(error);
      throw error;
    }
  };
}

function begin(req: IncomingMessage, socket: Duplex, settings: ServerSettings): Handshake | undefined {
  let start: ServerStart | undefined;
  try {
    const view: RequestView = {
      req,
      instrumentation: INSTRUMENTATION,
      originalUrl: () => req.url ?? '/',
      proxied() {},
    };
    start = startServerSpan(view, settings);
    return new Handshake(req, socket, start);
  } catch (error) {
    noteFault('upgrade start', error);
    start?.span?.end();
    return undefined;
  }
}

/** From the request for another protocol to the answer, which the app writes to the bare socket. */
class Handshake {
  readonly request: ScopedRequest;
  readonly #req: IncomingMessage;
  readonly #span: RecordingSpan | undefined;
  readonly #timer: RequestTimer | undefined;
  readonly #unwatch: () => void;
  #status: number | undefined;
  #isOver = false;

  constructor(req: IncomingMessage, socket: Duplex, { span, request, timer }: ServerStart) {
    this.request = request;
    this.#req = req;
    this.#span = span;
    this.#timer = timer;
    this.#status = undefined;
    this.#unwatch = span === undefined ? () => undefined : watchAnswer(socket, (chunk) => this.#answered(chunk));
  }

  /** The listener failed before it answered. */
  fail(error: unknown): void {
    this.#finish((span) => {
      span.recordException(error);
      if (span.record !== undefined) noteErrorType(span.record.attributes, errorType(error));
      span.setStatus({ code: 'error' });
    });
  }

  /** `chunk` is the beginning of the answer; undefined when the socket closed without any. */
  #answered(chunk: unknown): void {
    const status = chunk === undefined ? undefined : statusIn(chunk);
    this.#status = status;
    this.#finish((span) => {
      const attributes = span.record?.attributes;
      if (attributes === undefined) return;
      if (status !== undefined) noteStatusCode(attributes, status);
      if (status !== undefined && status >= 500) {
        noteErrorType(attributes, String(status));
        span.setStatus({ code: 'error' });
      }
      if (chunk === undefined) noteEnding(attributes, closedBy(this.#req, connectionOf(this.#req)?.timedOut === true));
    });
  }

  #finish(describe: (span: RecordingSpan) => void): void {
    const span = this.#span;
    if (span === undefined || this.#isOver) return;
    this.#isOver = true;
    try {
      this.#unwatch();
      describe(span);
    } catch (error) {
      noteFault('upgrade end', error);
    }
    span.end();
    const method = knownMethod(this.#req.method ?? '');
    const status = this.#status;
    const type = status !== undefined && status >= 500 ? String(status) : undefined;
    const stream = status === 101 ? 'upgrade' : undefined;
    this.#timer?.end({ method, route: undefined, span }, { status, errorType: type, stream });
  }
}

/** `HTTP/1.1 101 Switching Protocols`, as the app writes it itself. */
function statusIn(chunk: unknown): number | undefined {
  const text = typeof chunk === 'string' ? chunk.slice(0, 16) : chunk instanceof Uint8Array ? latin1(chunk) : '';
  const code = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1];
  return code === undefined ? undefined : Number(code);
}

function latin1(chunk: Uint8Array): string {
  return Buffer.from(chunk.buffer, chunk.byteOffset, Math.min(16, chunk.byteLength)).toString('latin1');
}

/**
 * Calls `onAnswer` once, with the first bytes that are written to the socket or with nothing when it
 * closes before. There is no event for a write, so `write` and `end` of this one socket stand behind
 * ours until then; afterwards the socket is as it was.
 */
function watchAnswer(socket: Duplex, onAnswer: (chunk: unknown) => void): () => void {
  const { write, end } = socket;
  const onClose = (): void => onAnswer(undefined);
  function unwatch(): void {
    socket.off('close', onClose);
    for (const [name, original] of [['write', write] as const, ['end', end] as const]) {
      if (!Object.hasOwn(socket, name)) continue;
      Reflect.deleteProperty(socket, name);
      if (socket[name] !== original)
        Object.defineProperty(socket, name, { value: original, configurable: true, writable: true });
    }
  }
  function watched(original: typeof write | typeof end): (...args: unknown[]) => unknown {
    return function write(this: Duplex, ...args: unknown[]): unknown {
      const [chunk] = args;
      if (typeof chunk === 'string' || chunk instanceof Uint8Array) onAnswer(chunk);
      return Reflect.apply(original, this, args);
    };
  }
  Object.defineProperty(socket, 'write', { value: watched(write), configurable: true, writable: true });
  Object.defineProperty(socket, 'end', { value: watched(end), configurable: true, writable: true });
  socket.on('close', onClose);
  return unwatch;
}
