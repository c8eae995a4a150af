import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { incomingHeadersGetter } from '../propagation/carriers.ts';
import { contained } from '../src/core/diagnostics.ts';
import { errorType } from '../src/core/exception.ts';
import { bounded, NAME_LENGTH } from '../src/core/limits.ts';
import type { Attributes, InstrumentationScope } from '../src/core/record.ts';
import { currentTracer } from '../src/core/runtime.ts';
import { activeScope, Scope } from '../src/core/scope.ts';
import type { RecordingSpan } from '../src/core/span.ts';
import type { Tracer } from '../src/core/tracer.ts';
import { forwardedBy, type ProxyView } from './forwarded.ts';
import {
  type HostPort,
  noteEnding,
  noteErrorType,
  noteRoute,
  noteStatusCode,
  serverRequestAttributes,
  spanNameMethod,
} from './http-attributes.ts';
import { type IncomingMode, type IncomingRule, withoutDecision } from './incoming.ts';
import { isClosed, isComplete, isServed } from './response-state.ts';
import { parseHost, splitTarget } from './url-parts.ts';

/**
 * One inbound request as its framework shows it. An adapter shows; every decision is made here.
 */
export interface ServerRequestView {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Names the adapter in the records. */
  readonly instrumentation: InstrumentationScope;
  /** The request target as the client sent it: frameworks cut mount paths off `req.url`. */
  originalUrl(): string;
  /** Called once, before the app sees a recorded request, for what can only be noticed while it is routed. */
  watch(exchange: ServerExchange): void;
  /** The template of the matched route with its mount path (`/api/:version/users/:id`); undefined without a match. */
  route(): string | undefined;
  /** What the framework was told to believe of proxy headers; undefined when it trusts none. */
  proxied(): ProxyView | undefined;
}

/** Options of `tracing()`. */
export interface TracingOptions {
  /**
   * How far the context in a request's headers is believed. `'trust'` continues the caller's trace;
   * `'trust-ids'` continues it but takes a sampling decision of its own; `'link'`, for edges, starts a
   * new trace that is linked to the caller's span; `'ignore'` reads nothing. With the last two the
   * caller's baggage is dropped. A function decides for each request, before anything else is read;
   * what it throws counts as `'ignore'`. Default: `'trust'`.
   *
   * @example
   * app.use(tracing({ incoming: (req) => (req.headers.host === 'api.example.com' ? 'link' : 'trust') }));
   */
  readonly incoming?: IncomingMode | ((req: IncomingMessage) => IncomingMode);
  /**
   * Whether `Forwarded` and `X-Forwarded-*` are believed for scheme, host and client address.
   * Default: what Express's `trust proxy` or Koa's `proxy` says, else false.
   */
  readonly trustProxy?: boolean;
}

/** The options, checked and complete. */
export interface ServerSettings {
  readonly incoming: IncomingRule;
  /** Undefined: what the framework says. */
  readonly trustProxy: boolean | undefined;
}

/** Our mark on a request. Registered, so that two copies of the package agree on it. */
const EXCHANGE: unique symbol = Symbol.for('throughline.exchange');

interface Marked {
  [EXCHANGE]?: ServerExchange;
}

/** One request and its response, from the first middleware to the close of the response. */
export class ServerExchange {
  readonly span: RecordingSpan;
  /** Active while the app handles the request. */
  readonly scope: Scope;
  view: ServerRequestView;
  /** What the adapter that watches the routing keeps with the request. */
  routing: unknown;
  #error: unknown;
  #failed = false;

  constructor(span: RecordingSpan, scope: Scope, view: ServerRequestView) {
    this.span = span;
    this.scope = scope;
    this.view = view;
    this.routing = undefined;
    this.#error = undefined;
  }

  /** Notes the error that reached the edge of the app. Whether it is the request's failure, the status says. */
  noteError(error: unknown): void {
    this.#error = error;
    this.#failed = true;
  }

  /** Ends the span as the response ended. */
  finish(): void {
    try {
      this.#describe();
    } catch (error) {
      contained('server request end', error);
    }
    this.span.end();
  }

  #describe(): void {
    const record = this.span.record;
    if (record === undefined) return;
    const { req, res } = this.view;
    const { attributes } = record;
    const completed = isComplete(req, res);
    // An answer that was never begun has no status, whatever `statusCode` was preset to.
    const status = completed || res.headersSent ? res.statusCode : undefined;
    const route = this.view.route();
    if (route !== undefined) {
      const template = bounded(route, NAME_LENGTH);
      noteRoute(attributes, template);
      record.name = bounded(`${record.name} ${template}`, NAME_LENGTH);
    }
    if (status !== undefined) noteStatusCode(attributes, status);
    if (!completed) noteEnding(attributes, 'aborted');
    this.#describeFailure(status, completed);
  }

  /** HTTP semantic conventions: 5xx is an error on a server span, 4xx is the client's. */
  #describeFailure(status: number | undefined, completed: boolean): void {
    const serverError = status !== undefined && status >= 500;
    const unanswered = this.#failed && !completed;
    if (!serverError && !unanswered) return;
    const record = this.span.record;
    if (record === undefined) return;
    if (this.#failed) this.span.recordException(this.#error);
    noteErrorType(record.attributes, serverError ? String(status) : errorType(this.#error));
    this.span.setStatus({ code: 'error' });
  }
}

/** The exchange that this request is part of, when `tracing()` has seen it. */
export function exchangeOf(message: IncomingMessage | undefined): ServerExchange | undefined {
  return (message as Marked | undefined)?.[EXCHANGE];
}

/**
 * Begins the one SERVER span of a request:
 * 1. the context is extracted from its headers,
 * 2. the span is started, continuing the caller's trace,
 * 3. the response's `close` is awaited, which comes whatever happens: completed, aborted, destroyed.
 *
 * Returns the scope the app is to run in; undefined when there is nothing to do (the request has its
 * span already, or something of ours failed): then the app runs as if we were not there.
 */
export function beginRequest(view: ServerRequestView, settings: ServerSettings): Scope | undefined {
  try {
    const existing = exchangeOf(view.req);
    if (existing === undefined) return begin(currentTracer(), view, settings);
    join(existing, view);
  } catch (error) {
    contained('server request start', error);
  }
  return undefined;
}

/** `tracing()` a second time on one request: no second span, but a framework that knows routes is listened to. */
function join(exchange: ServerExchange, view: ServerRequestView): void {
  // By name: a second copy of the package has the same adapters.
  if (exchange.view.instrumentation.name === view.instrumentation.name) return;
  exchange.view = view;
  if (exchange.span.isRecording()) view.watch(exchange);
}

function begin(tracer: Tracer, view: ServerRequestView, settings: ServerSettings): Scope {
  const mode = settings.incoming(view.req);
  const sent = mode === 'ignore' ? undefined : tracer.propagator.extract(view.req.headers, incomingHeadersGetter);
  const remote = mode === 'link' ? undefined : sent;
  const ambient = activeScope().tracer;
  if (!tracer.enabled) return new Scope(remote && tracer.passThrough(remote), remote?.baggage, ambient);
  const continued = mode === 'trust-ids' && remote !== undefined ? withoutDecision(remote) : remote;
  const span = tracer.startRemote(spanNameMethod(view.req.method ?? ''), 'server', continued, view.instrumentation);
  const exchange = new ServerExchange(span, new Scope(span, remote?.baggage, ambient), view);
  try {
    if (mode === 'link' && sent !== undefined) span.addLink({ context: sent });
    open(exchange, settings);
    tracer.noteBaggage(span, remote?.baggage);
  } catch (error) {
    span.end(); // a request of another make than we know: nobody else would end it
    throw error;
  }
  return exchange.scope;
}

function open(exchange: ServerExchange, settings: ServerSettings): void {
  const { span, view } = exchange;
  const { req, res } = view;
  (req as Marked)[EXCHANGE] = exchange;
  // An unsampled request is not looked at: nobody will read what it was like.
  if (span.record !== undefined) {
    span.record.attributes = describeRequest(view, settings);
    view.watch(exchange);
  }
  if (isClosed(res)) exchange.finish();
  else awaitEnd(exchange, req, res);
}

/** Our listener comes on top of those that the app may have without a warning. */
function awaitEnd(exchange: ServerExchange, req: IncomingMessage, res: ServerResponse): void {
  const allowed = res.getMaxListeners();
  if (allowed > 0) res.setMaxListeners(allowed + 1);
  const finishExchange = (): void => exchange.finish();
  res.on('close', finishExchange);
  if (!isServed(req)) res.on('finish', finishExchange);
}

function describeRequest(view: ServerRequestView, settings: ServerSettings): Attributes {
  const { req } = view;
  const { socket, headers } = req;
  const proxied = proxyView(view, settings);
  const scheme = proxied?.scheme ?? (isEncrypted(socket) ? 'https' : 'http');
  const { path, query } = splitTarget(view.originalUrl());
  const userAgent = headers['user-agent'];
  const peerAddress = socket?.remoteAddress;
  return serverRequestAttributes({
    method: req.method ?? '',
    scheme,
    path,
    query,
    host: hostOf(proxied?.host ?? headers.host ?? authorityOf(headers), scheme),
    clientAddress: proxied?.clientAddress ?? peerAddress,
    peerAddress,
    peerPort: socket?.remotePort,
    protocolVersion: req.httpVersion === '2.0' ? '2' : req.httpVersion,
    userAgent: userAgent === undefined ? undefined : bounded(userAgent, 1024),
  });
}

function proxyView(view: ServerRequestView, { trustProxy }: ServerSettings): ProxyView | undefined {
  if (trustProxy === undefined) return view.proxied();
  return trustProxy ? forwardedBy(view.req.headers) : undefined;
}

function isEncrypted(socket: unknown): boolean {
  return (socket as { encrypted?: boolean } | null)?.encrypted === true;
}

/** HTTP/2 has `:authority` in place of `Host`. */
function authorityOf(headers: IncomingHttpHeaders): string | undefined {
  const authority = headers[':authority'];
  return typeof authority === 'string' ? authority : undefined;
}

/** A service has one or two names: parsing only what changed saves 100 ns a request, and a flood of names costs one entry. */
let lastHost: { header: string; scheme: string; parsed: HostPort | undefined } = {
  header: '',
  scheme: '',
  parsed: undefined,
};

function hostOf(header: string | undefined, scheme: string): HostPort | undefined {
  if (header === undefined) return undefined;
  if (header !== lastHost.header || scheme !== lastHost.scheme)
    lastHost = { header, scheme, parsed: parseHost(header, scheme) };
  return lastHost.parsed;
}
