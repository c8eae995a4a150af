import type { ClientRequest } from 'node:http';
import type { InstrumentationScope } from '../../../src/core/record.ts';
import type { Scope } from '../../../src/core/scope/scope.ts';
import type { ClientCall } from '../client-call.ts';
import { beginCall, type ClientSettings } from '../client-handler.ts';
import { isOuterAttempt } from '../outer-attempt.ts';
import { type Followed, NOT_FOLLOWED, NOTHING_WRITTEN, RedirectTrail } from '../redirect-trail.ts';
import type { HttpRequest } from './http-request.ts';
import { RequestHeaders } from './http-request-headers.ts';

const INSTRUMENTATION: InstrumentationScope = Object.freeze({ name: 'throughline/http-client' });
const trail = new RedirectTrail();

/** One request of node:http: its call, and its place in a row of redirects. */
export class HttpAttempt {
  readonly call: ClientCall;
  readonly request: HttpRequest;
  readonly #scope: Scope;
  readonly #followed: Followed;
  /** The fields that were written into its headers, where the app's client may copy them to the next hop. */
  #written: ReadonlyMap<string, string>;

  constructor(call: ClientCall, request: HttpRequest, scope: Scope, followed: Followed) {
    this.call = call;
    this.request = request;
    this.#scope = scope;
    this.#followed = followed;
    this.#written = NOTHING_WRITTEN;
  }

  /** Writes the context into `made`, of which nothing is sent. */
  writeTo(made: ClientRequest): void {
    // A list of headers and `Expect` are written out as the request is made.
    if (made.headersSent) {
      this.call.noteUnsent();
      return;
    }
    const headers = new RequestHeaders(made);
    headers.writeLast(this.call, this.#followed.written);
    this.#written = headers.written;
  }

  /** Only the connection told its port. */
  connectedTo(port: number): void {
    const { url } = this.request;
    if (!this.request.asksPort || url === undefined) return;
    url.port = String(port);
    this.call.correctPlace(url);
  }

  /** The answer sends the client to `target`. */
  redirected(target: URL): void {
    trail.note(this.#scope, target, { sends: this.#followed.sends + 1, written: this.#written });
  }
}

/** Begins the attempt that `request` is. Undefined when it is the attempt of a client above, or not to be traced. */
export function beginAttempt(request: HttpRequest, settings: ClientSettings, scope: Scope): HttpAttempt | undefined {
  const { method, url, headers, isLocalSocket, asksPort } = request;
  if (isOuterAttempt(scope, url)) return undefined;
  const followed = url === undefined ? NOT_FOLLOWED : trail.take(scope, url);
  const resendCount = followed.sends;
  const view = { instrumentation: INSTRUMENTATION, method, url, headers, isLocalSocket, resendCount, asksPort };
  const call = beginCall(view, settings, scope);
  return call && new HttpAttempt(call, request, scope, followed);
}
