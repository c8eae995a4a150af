import { informationalAttributes, type NetworkFacts } from '../../http-attributes.ts';
import type { ClientCall, ClientFailure } from '../client-call.ts';
import { failureOf } from '../client-failure.ts';
import { isRedirect, redirectTarget } from '../redirect-trail.ts';
import { answerHeader, type UndiciSocket } from './undici-request.ts';

/** The sender of a request through undici, which is told where its answer points to. */
export interface HopOwner {
  /** `hop` was answered by a redirect to `target`: from here on its owner ends it. */
  redirected(hop: UndiciHop, target: URL): void;
}

/** Sockets that have carried a request: the next one on them found a connection that was there. */
const usedSockets = new WeakSet<object>();

/**
 * One request of undici, as its channels tell of it:
 *
 *     create ─▶ sendHeaders ─▶ bodySent ─▶ headers (1xx …) ─▶ headers ─▶ trailers: the whole answer is there
 *                    └────────────┴──────────────┴──────────────┴──────▶ error
 */
export class UndiciHop {
  readonly #call: ClientCall;
  readonly #url: URL | undefined;
  readonly #owner: HopOwner;
  readonly #signal: unknown;
  #status: number | undefined;
  #network: NetworkFacts | undefined;
  #socket: UndiciSocket | undefined;
  #isSent: boolean;
  #isRedirect: boolean;

  constructor(call: ClientCall, url: URL | undefined, owner: HopOwner, signal?: unknown) {
    this.#call = call;
    this.#url = url;
    this.#owner = owner;
    this.#signal = signal;
    this.#status = undefined;
    this.#network = undefined;
    this.#socket = undefined;
    this.#isSent = false;
    this.#isRedirect = false;
  }

  /** Its headers go out on `socket`. */
  sent(socket: UndiciSocket): void {
    const isReused = usedSockets.has(socket);
    if (!isReused) usedSockets.add(socket);
    this.#socket = socket;
    if (!this.#call.isRecording) return;
    this.#call.note(isReused ? 'connection reused' : 'connected');
    const { remoteAddress, remotePort, alpnProtocol } = socket;
    this.#network = {
      protocolVersion: alpnProtocol === 'h2' ? '2' : '1.1',
      peerAddress: typeof remoteAddress === 'string' ? remoteAddress : undefined,
      peerPort: typeof remotePort === 'number' ? remotePort : undefined,
    };
  }

  /** All of the request is out; a source of its body that fails would do so before. */
  bodySent(): void {
    this.#isSent = true;
  }

  /** The head of an answer came. */
  answered(status: number, headers: unknown): void {
    if (status < 200) {
      this.#call.note('informational response', informationalAttributes(status));
      return;
    }
    this.#status = status;
    this.#call.note('response head');
    if (!isRedirect(status)) return; // undici's headers are bytes: finding one costs more than all the rest here
    const target = redirectTarget(status, answerHeader(headers, 'location'), this.#url);
    this.#isRedirect = target !== undefined;
    if (target !== undefined) this.#owner.redirected(this, target);
  }

  /** All of the answer came, whether anybody reads it or not. */
  completed(): void {
    if (!this.#isRedirect) this.end();
  }

  failed(error: unknown): void {
    // Who follows a redirect drops the rest of its answer.
    if (this.#isRedirect) return;
    const failure = failureOf(error, this.#signal);
    this.end(failure.kind === 'error' && this.#isCallers() ? { kind: 'cancelled', error } : failure);
  }

  /**
   * A caller may give a reason of its own, and its signal is not to be seen from here. But what else ends a
   * request that is sent has closed its socket before undici tells of it; for a caller's sake undici closes
   * it afterwards. Of HTTP/2, where many requests share one socket, that says nothing.
   */
  #isCallers(): boolean {
    const socket = this.#socket;
    return this.#isSent && socket !== undefined && socket.destroyed === false && socket.alpnProtocol !== 'h2';
  }

  end(failure?: ClientFailure): void {
    this.#call.end({ status: this.#status, failure, network: this.#network });
  }
}
