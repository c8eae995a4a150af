import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { noteFault } from '../../src/core/diagnostics.ts';
import { observeRejection } from '../../src/core/functions/promise.ts';
import type { InstrumentationScope } from '../../src/core/record.ts';
import type { ScopedRequest } from '../../src/core/scope/request-scope.ts';
import { errorType } from '../../src/core/spans/exception.ts';
import type { RecordingSpan } from '../../src/core/spans/recording-span.ts';
import { knownMethod, noteEnding, noteErrorType, noteStatusCode } from '../http-attributes.ts';
import { awaitHandshake, type HandshakeEnd } from './handshake.ts';
import type { RequestTimer } from './request-timer.ts';
import type { RequestView } from './request-view.ts';
import { markRequest } from './server-exchange.ts';
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
    const handshake = new Handshake(req, socket, start);
    markRequest(req, start.request); // so that `tracing()` further in leaves it alone
    return handshake;
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
    this.#unwatch = span === undefined ? () => undefined : awaitHandshake(req, socket, (end) => this.#answered(end));
  }

  /** The listener failed before it answered. */
  fail(error: unknown): void {
    this.#finish((span) => {
      span.recordException(error);
      if (span.record !== undefined) noteErrorType(span.record.attributes, errorType(error));
      span.setStatus({ code: 'error' });
    });
  }

  #answered({ status, ending }: HandshakeEnd): void {
    this.#status = status;
    this.#finish((span) => {
      const attributes = span.record?.attributes;
      if (attributes === undefined) return;
      if (status !== undefined) noteStatusCode(attributes, status);
      if (status !== undefined && status >= 500) {
        noteErrorType(attributes, String(status));
        span.setStatus({ code: 'error' });
      }
      if (ending !== undefined) noteEnding(attributes, ending);
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
