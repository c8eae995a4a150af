import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestFacts } from '../../src/core/decide/sampler.ts';
import { noteFault } from '../../src/core/diagnostics.ts';
import { isNativePromise } from '../../src/core/functions/promise.ts';
import { bounded, NAME_LENGTH } from '../../src/core/limits.ts';
import type { OpenRecord } from '../../src/core/record.ts';
import type { ScopedRequest } from '../../src/core/scope/request-scope.ts';
import { runInScope } from '../../src/core/scope/scope.ts';
import type { RecordingSpan } from '../../src/core/spans/recording-span.ts';
import type { Tracer } from '../../src/core/spans/tracer.ts';
import { knownMethod, noteHeadersTime, noteRoute, recordedRoute, spanNameMethod } from '../http-attributes.ts';
import { awaitHandshake, type HandshakeEnd, isTakenOver } from './handshake.ts';
import { noteHeaders } from './header-capture.ts';
import { EXCHANGE, listenIn } from './request-events.ts';
import type { RequestTimer } from './request-timer.ts';
import type { ServerView } from './request-view.ts';
import { awaitEnd, type ResponseEnd } from './response-end.ts';
import { type ResponseHead, watchHead, withTrace } from './response-head.ts';
import { joinTemplate } from './route.ts';
import {
  type AnnouncedBody,
  type Answer,
  announcedBody,
  answerOf,
  describeAnswer,
  type Failure,
  handshakeAnswer,
  isStreaming,
  noteFailure,
} from './server-answer.ts';
import type { ServerSettings } from './server-settings.ts';
import { type ServerStart, startServerSpan } from './server-span.ts';

// The life of a request:
//
//   1. receive   `beginRequest` takes it from an adapter, unless it has its span already
//   2. start     its context is extracted and its one SERVER span started (server-span.ts)
//   3. handle    the app runs in the scope that `beginRequest` answers with
//   4. answer    the head of the response is written: `#answer`, where anybody wants to know
//   5. finish    the response is over: the span says how that was and ends, and the request is counted

/** A request that was seen: one that is ignored has no exchange. */
interface Seen {
  readonly request: ScopedRequest;
  readonly exchange: ServerExchange | undefined;
}

interface Marked {
  [EXCHANGE]?: Seen;
}

/** The exchange that this request is part of, when `tracing()` has seen it. */
export function exchangeOf(message: IncomingMessage | undefined): ServerExchange | undefined {
  return (message as Marked | undefined)?.[EXCHANGE]?.exchange;
}

/** Marks a request that is dealt with otherwise: `tracing()` leaves it alone. */
export function markRequest(message: IncomingMessage, request: ScopedRequest): void {
  (message as Marked)[EXCHANGE] ??= { request, exchange: undefined };
}

/** The request as scopes know it, when `tracing()` has seen it. */
export function scopedRequestOf(message: IncomingMessage | undefined): ScopedRequest | undefined {
  return (message as Marked | undefined)?.[EXCHANGE]?.request;
}

/**
 * Begins the exchange of a request, which ends by itself, or finds the one that it has. Answers with the
 * request in whose scope the app is to run; undefined when something of ours failed: then the app runs as if
 * we were not there.
 */
export function beginRequest(view: ServerView, settings: ServerSettings): ScopedRequest | undefined {
  try {
    const marked = view.req as Marked;
    const seen = marked[EXCHANGE];
    if (seen === undefined) return begin(marked, view, settings);
    seen.exchange?.join(view, seen.request);
    return seen.request;
  } catch (error) {
    noteFault('server request start', error);
    return undefined;
  }
}

function begin(marked: Marked, view: ServerView, settings: ServerSettings): ScopedRequest {
  const start = startServerSpan(view, settings);
  const { span, request } = start;
  try {
    const exchange = span && new ServerExchange(span, start, view, settings);
    // First, since it makes a slow object of Express's requests: each property before it would cost a hidden class more.
    view.watch(request);
    marked[EXCHANGE] = { request, exchange };
    listenIn(request, view.req);
    listenIn(request, view.res);
    exchange?.open();
  } catch (error) {
    if (span !== undefined) {
      span.end(); // a request of another make than we know: nobody else would end it
      throw error;
    }
    noteFault('server request start', error);
  }
  return request;
}

/** One request and its response, from the first middleware to the close of the response. */
export class ServerExchange implements RequestFacts {
  readonly span: RecordingSpan;
  readonly #method: string;
  readonly #request: ScopedRequest;
  readonly #tracer: Tracer;
  readonly #settings: ServerSettings;
  /** Undefined where nothing is counted. */
  readonly #timer: RequestTimer | undefined;
  /** Headers with credentials that may be recorded all the same. */
  readonly #allowedHeaders: ReadonlySet<string>;
  #view: ServerView;
  /** The mount of the app of this view in that of another framework. */
  #mount: string;
  /** As the head has it; undefined before that is looked at. */
  #body: AnnouncedBody | undefined;
  #failure: Failure | undefined;
  /** As the app has named it. */
  #givenRoute: string | undefined;
  #routedAs: string | undefined;
  /** As it was when the exchange was over. */
  #endedRoute: string | undefined;
  /** As we have named the span: any other name is the app's. */
  #name: string;
  /** Ends a handshake that was over before it was seen. */
  #endHandshake: (() => void) | undefined;

  constructor(span: RecordingSpan, start: ServerStart, view: ServerView, settings: ServerSettings) {
    this.span = span;
    this.#request = start.request;
    this.#tracer = start.tracer;
    this.#settings = settings;
    this.#timer = start.timer;
    this.#allowedHeaders = start.tracer.redaction.headerNames;
    this.#view = view;
    this.#mount = '';
    this.#body = undefined;
    this.#failure = undefined;
    this.#givenRoute = undefined;
    this.#routedAs = undefined;
    this.#endedRoute = undefined;
    // As it came: middlewares write another method over it.
    this.#method = view.req.method ?? '';
    this.#name = spanNameMethod(this.#method);
    this.#endHandshake = undefined;
  }

  open(): void {
    const { req, res } = this.#view;
    const decision = this.span.localTrace?.decision;
    if (decision !== undefined && this.span.isRecording()) decision.facts = this;
    this.span.owner = this;
    if ((req as { readonly upgrade?: unknown }).upgrade === true) this.#openHandshake(req);
    else this.#openResponse(req, res);
    this.#tracer.ledger.requestBegan();
  }

  #openResponse(req: IncomingMessage, res: ServerResponse): void {
    awaitEnd(req, res, this.span.record !== undefined, (end) => this.#finish(end));
    if (this.#needsHead()) watchHead(res, (head, args) => this.#answer(head, args));
  }

  /**
   * An upgrade that came past `tracing.upgrade`, through an app: what follows the handshake is no request. A
   * WebSocket server that has answered already is routed yet (express-ws): that gives the span its name.
   */
  #openHandshake(req: IncomingMessage): void {
    const finish = (end: HandshakeEnd): void => {
      this.#endHandshake = undefined;
      this.#end(() => handshakeAnswer(end, this.#failure));
    };
    const unwatch = awaitHandshake(req, req.socket, finish);
    if (!isTakenOver(req)) return;
    unwatch();
    const end = (): void => finish({ status: 101, ending: undefined, bytesWritten: undefined });
    this.#endHandshake = end;
    const endOnce = (): void => this.#endHandshake?.();
    req.socket.once('close', endOnce);
  }

  /** The routing has found a route. */
  routed(): void {
    this.#endHandshake?.();
  }

  /** `tracing()` a second time on one request: no second span, but a framework that knows routes is listened to. */
  join(view: ServerView, request: ScopedRequest): void {
    // By name: a second copy of the package has the same adapters.
    if (this.#view.instrumentation.name === view.instrumentation.name) return;
    this.#mount = joinTemplate(this.#mount, this.#view.mount());
    this.#view = view;
    view.watch(request);
  }

  /** For whoever decides about the trace before it ends. */
  get method(): string {
    return knownMethod(this.#method);
  }

  /** The app's word goes before the router's; a name that the app gave to the span counts where there is no route. */
  get route(): string | undefined {
    return this.#endedRoute ?? this.#knownRoute() ?? this.#namedRoute();
  }

  #knownRoute(): string | undefined {
    if (this.#givenRoute !== undefined) return this.#givenRoute;
    const attribute = this.span.record && recordedRoute(this.span.record.attributes);
    if (attribute !== undefined) return attribute;
    const route = this.#view.route() ?? this.#routedAs;
    return route === undefined ? undefined : joinTemplate(this.#mount, route);
  }

  #namedRoute(): string | undefined {
    const name = this.span.record?.name;
    if (name === undefined || name === this.#name || name === '') return undefined;
    const method = `${spanNameMethod(this.#method)} `;
    return name.startsWith(method) && name.length > method.length ? name.slice(method.length) : name;
  }

  /** A framework that shows no view says its route. */
  routedAs(template: unknown): void {
    if (typeof template === 'string' && template !== '') this.#routedAs = template;
  }

  /** Names the route by hand: it holds, whatever a router says. */
  routeBy(template: string): void {
    this.#givenRoute = bounded(template, NAME_LENGTH);
  }

  /** A stream of events, which is open as long as somebody listens. */
  get isStream(): boolean {
    return isStreaming(this.#view.res);
  }

  /** Names the span as far as its route is known, for whoever looks at it while it is open. */
  nameNow(): void {
    const { record } = this.span;
    const route = this.route;
    if (record !== undefined && route !== undefined && record.name === this.#name) this.#nameBy(record, route);
  }

  #nameBy(record: OpenRecord, route: string): void {
    this.#name = bounded(`${spanNameMethod(this.#method)} ${bounded(route, NAME_LENGTH)}`, NAME_LENGTH);
    record.name = this.#name;
  }

  /** Notes the error that reached the edge of the app. Whether it is the request's failure, the status says. */
  noteError(error: unknown): void {
    this.#failure = { error, isAtEdge: true };
  }

  /** Notes an error on its way through the app, which counts when the answer is a failure. */
  passError(error: unknown): void {
    if (this.#failure?.isReported !== true) this.#failure = { error, isAtEdge: false };
  }

  /** Notes the error that the app says its request failed by. */
  reportError(error: unknown): void {
    this.#failure = { error, isAtEdge: false, isReported: true };
  }

  /**
   * True when the head of the response is looked at as it is written, which costs 1 to 1.5 µs: to put
   * something in, to record it, or where a stream of events was asked for, whose head is what the client
   * waits for. EventSource always asks (WHATWG HTML, 9.2.2).
   */
  #needsHead(): boolean {
    const { responseHeader, capture } = this.#settings;
    if (responseHeader !== undefined || this.#view.answers !== undefined) return true;
    const isRecording = this.span.isRecording();
    if (!isRecording && this.#timer === undefined) return false;
    return (
      (capture.response.length > 0 && isRecording) ||
      this.#view.req.headers.accept?.includes('text/event-stream') === true
    );
  }

  /** The head of the response is being written. Answers with the arguments for `writeHead`. */
  #answer(head: ResponseHead, args: readonly unknown[]): readonly unknown[] {
    this.#view.answers?.();
    this.#body = announcedBody((name) => head.header(name));
    const { record } = this.span;
    const { capture, responseHeader } = this.#settings;
    if (record !== undefined) {
      if (this.#body.isEventStream) noteHeadersTime(record.attributes, this.span.ageMs() ?? 0);
      noteHeaders(record.attributes, capture.response, this.#allowedHeaders, (name) => head.header(name));
    }
    return responseHeader === undefined ? args : withTrace(head, args, this.span, responseHeader);
  }

  /** The response is over. */
  #finish(end: ResponseEnd): void {
    const { req, res } = this.#view;
    this.#end(() => answerOf(req, res, end, this.#body, this.#failure ?? this.#routersFailure(res)));
  }

  /** The error that the router knows of, where nobody else has told it. */
  #routersFailure(res: ServerResponse): Failure | undefined {
    const error = res.statusCode >= 500 ? this.#view.lastError?.() : undefined;
    return error === undefined ? undefined : { error, isAtEdge: false };
  }

  /** Ends the span with what the answer was, and counts the request. */
  #end(sumUp: () => Answer): void {
    let answer: Answer | undefined;
    try {
      const route = this.#knownRoute();
      this.#endedRoute = route ?? this.#namedRoute();
      answer = sumUp();
      const { record } = this.span;
      if (record !== undefined) this.#describe(record, route, answer);
    } catch (error) {
      noteFault('server request end', error);
    }
    const { method, span } = this;
    this.#tracer.ledger.requestEnded();
    span.owner = undefined;
    span.end();
    this.#timer?.end({ method, route: this.#endedRoute, span }, answer);
  }

  #describe(record: OpenRecord, route: string | undefined, answer: Answer): void {
    const { attributes } = record;
    if (route !== undefined) {
      noteRoute(attributes, bounded(route, NAME_LENGTH));
      if (record.name === this.#name) this.#nameBy(record, route);
    }
    describeAnswer(attributes, this.#view.req, answer);
    this.#askApp();
    noteFailure(this.span, attributes, answer);
  }

  /** Adds what the `attributes` option has to say. */
  #askApp(): void {
    const hook = this.#settings.attributes;
    if (hook === undefined) return;
    const { req, res } = this.#view;
    try {
      const answer: unknown = runInScope(this.#request.scope, hook, req, res);
      if (isNativePromise(answer)) answer.catch((error: unknown) => noteFault('tracing() attributes', error));
      else this.span.setAttributes(answer as NonNullable<ReturnType<typeof hook>>);
    } catch (error) {
      noteFault('tracing() attributes', error);
    }
  }
}
