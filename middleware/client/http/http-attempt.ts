import type { ClientRequest } from 'node:http';
import type { InstrumentationScope } from '../../../src/core/record.ts';
import type { Scope } from '../../../src/core/scope/scope.ts';
import { beginCall, type ClientCall, type ClientSettings } from '../client-handler.ts';
import { isCovered } from '../cover.ts';
import { type Followed, NOT_FOLLOWED, RedirectTrail } from '../redirect-trail.ts';
import { HttpExchange } from './http-exchange.ts';
import { RequestHeaders } from './http-request-headers.ts';
import { targetOf } from './http-target.ts';

const INSTRUMENTATION: InstrumentationScope = Object.freeze({ name: 'throughline/http-client' });
const trail = new RedirectTrail();

/**
 * Begins the attempt that `request` is, which was just made and of which nothing is sent: its headers get the
 * context. Undefined when it is the attempt of a client above, or not to be traced.
 */
export function beginAttempt(request: ClientRequest, settings: ClientSettings, scope: Scope): HttpExchange | undefined {
  const { url, isLocalSocket, asksPort } = targetOf(request);
  if (isCovered(scope, url)) return undefined;
  const { sends: resendCount, written: stale } = redirectOf(scope, url);
  const call = beginHttpCall(request.method, url, request, { isLocalSocket, resendCount, settings, scope });
  if (call === undefined) return undefined;
  const headers = new RequestHeaders(request);
  // A list of headers and `Expect` are written out as the request is made.
  if (request.headersSent) call.noteUnsent();
  else headers.writeLast(call, stale);
  return watched(request, call, { scope, url, resendCount, asksPort, written: headers.written });
}

/** What else is known of a request that is about to be made. */
interface Circumstances {
  readonly isLocalSocket: boolean;
  readonly resendCount: number;
  readonly settings: ClientSettings;
  readonly scope: Scope;
}

/** Begins the call of one request of node:http. */
export function beginHttpCall(
  method: string,
  url: URL | undefined,
  headers: object | undefined,
  { isLocalSocket, resendCount, settings, scope }: Circumstances,
): ClientCall | undefined {
  const view = { instrumentation: INSTRUMENTATION, method, url, headers, isLocalSocket, resendCount };
  return beginCall(view, settings, scope);
}

/** The redirect that a request from `scope` to `url` follows, if it does. */
export function redirectOf(scope: Scope, url: URL | undefined): Followed {
  return url === undefined ? NOT_FOLLOWED : trail.take(scope, url);
}

/** Where a request came from, and where it goes. */
interface Route {
  readonly scope: Scope;
  readonly url: URL | undefined;
  readonly resendCount: number;
  readonly asksPort: boolean;
  /** What was written into its headers, by field. */
  readonly written: ReadonlyMap<string, string>;
}

/** Watches `request`, whose call has begun, to its end. */
export function watched(request: ClientRequest, call: ClientCall, route: Route): HttpExchange {
  const { scope, url, resendCount, asksPort, written } = route;
  const exchange = new HttpExchange(request, call, {
    url,
    asksPort,
    redirected: (target) => trail.note(scope, target, { sends: resendCount + 1, written }),
  });
  exchange.watch();
  return exchange;
}
