import { activeScope, isOwnWork, type Scope } from '../../../src/core/scope/scope.ts';
import { shared } from '../../../src/core/shared.ts';
import { listen } from '../channel.ts';
import { beginCall } from '../client-handler.ts';
import { NO_CLIENT_OPTIONS } from '../client-options.ts';
import { outerAttemptOf } from '../outer-attempt.ts';
import { NOTHING_WRITTEN, RedirectTrail } from '../redirect-trail.ts';
import { FETCH_INSTRUMENTATION, isFetchCall } from './fetch-call.ts';
import { UndiciHop } from './undici-hop.ts';
import {
  hasNoAnswer,
  signatureHeaders,
  UndiciHeaders,
  type UndiciRequest,
  type UndiciSocket,
  urlOfUndici,
} from './undici-request.ts';

/** The hops under way, each as long as undici holds its request. */
const hops = new WeakMap<UndiciRequest, UndiciHop>();
const trail = new RedirectTrail();
/** One for all copies of the package: each request is shown to one of them. */
const channels = shared('undici', () => ({ isWatched: false, traceAll: false }));

/** Traces requests of undici that no `traceFetch` made, or no longer. */
export function instrumentFetch(on: boolean): void {
  channels.traceAll = on;
  if (on) watchUndici();
}

/**
 * Listens to undici from here on: nothing is loaded or patched by it, and Node 20 to 26 publish the same.
 * An error of a listener ends the process, so none leaves {@link listen}.
 */
export function watchUndici(): void {
  if (channels.isWatched) return;
  channels.isWatched = true;
  listen<Message>('undici:request:create', ({ request }) => created(request));
  listen<Message>('undici:client:sendHeaders', ({ request, socket }) => hops.get(request)?.sent(socket));
  listen<Message>('undici:request:bodySent', ({ request }) => hops.get(request)?.bodySent());
  listen<Message>('undici:request:headers', ({ request, response }) => {
    hops.get(request)?.answered(response.statusCode, response.headers);
  });
  listen<Message>('undici:request:trailers', ({ request }) => hops.get(request)?.completed());
  listen<Message>('undici:request:error', ({ request, error }) => hops.get(request)?.failed(error));
}

/** The message of a channel; each one carries some of it. */
interface Message {
  readonly request: UndiciRequest;
  readonly socket: UndiciSocket;
  readonly response: { readonly statusCode: number; readonly headers: unknown };
  readonly error: unknown;
}

/** Runs where the app called, once for each hop: undici keeps the caller's scope over redirects. */
function created(request: UndiciRequest): void {
  const scope = activeScope();
  const outer = outerAttemptOf(scope);
  if ((outer === undefined && !channels.traceAll) || isOwnWork(scope) || hasNoAnswer(request)) return;
  const url = urlOfUndici(request);
  let hop: UndiciHop | undefined;
  if (isFetchCall(outer)) hop = outer.adopt(request, url);
  else if (outer !== undefined && (url === undefined || outer.sendsTo(url))) return;
  if (hop === undefined && channels.traceAll) hop = begin(request, url, scope);
  if (hop !== undefined) hops.set(request, hop);
}

function begin(request: UndiciRequest, url: URL | undefined, scope: Scope): UndiciHop | undefined {
  const resendCount = url === undefined ? 0 : trail.take(scope, url).sends;
  const view = {
    instrumentation: FETCH_INSTRUMENTATION,
    method: String(request.method),
    url,
    headers: signatureHeaders(request),
    isLocalSocket: false,
    resendCount,
  };
  const call = beginCall(view, NO_CLIENT_OPTIONS, scope);
  if (call === undefined) return undefined;
  call.writeTo(new UndiciHeaders(request));
  return new UndiciHop(call, url, {
    redirected(hop, target) {
      trail.note(scope, target, { sends: resendCount + 1, written: NOTHING_WRITTEN });
      hop.end();
    },
  });
}
