import type { IncomingMessage, ServerResponse } from 'node:http';
import { incomingHeadersGetter } from '../../propagation/carriers.ts';
import { noteFault } from '../../src/core/diagnostics.ts';
import { activeScope, type Scope } from '../../src/core/scope/scope.ts';
import type { RecordingSpan } from '../../src/core/spans/recording-span.ts';
import { currentTracer, inboundScope } from '../../src/core/spans/runtime.ts';
import type { Tracer } from '../../src/core/spans/tracer.ts';
import { spanNameMethod } from '../http-attributes.ts';
import { connectionOf, isQueued } from './connection.ts';
import { noteHeaders } from './header-capture.ts';
import { withoutDecision } from './incoming.ts';
import { RequestTimer } from './request-timer.ts';
import { watchHead } from './response-head.ts';
import { isClosed, isServed } from './response-state.ts';
import { joinTemplate } from './route.ts';
import { ServerExchange, type ServerRequestView } from './server-exchange.ts';
import { describeRequest, requestScheme } from './server-request.ts';
import type { ServerSettings } from './server-settings.ts';

/** Our mark on a request. Registered, so that two copies of the package agree on it. */
const EXCHANGE: unique symbol = Symbol.for('throughline.exchange');

interface Marked {
  /** null: the request is ignored. */
  [EXCHANGE]?: ServerExchange | null;
}

/** The exchange that this request is part of, when `tracing()` has seen it. */
export function exchangeOf(message: IncomingMessage | undefined): ServerExchange | undefined {
  return (message as Marked | undefined)?.[EXCHANGE] ?? undefined;
}

/**
 * Begins the one SERVER span of a request:
 * 1. the context is extracted from its headers,
 * 2. the span is started, continuing the caller's trace,
 * 3. the response's `close` is awaited, which comes whatever happens: completed, aborted, destroyed.
 *
 * Returns the scope the app is to run in; undefined when there is nothing to do (the request has its
 * span already, it is ignored, or something of ours failed): then the app runs as if we were not there.
 */
export function beginRequest(view: ServerRequestView, settings: ServerSettings): Scope | undefined {
  try {
    const existing = (view.req as Marked)[EXCHANGE];
    if (existing === undefined) return begin(currentTracer(), view, settings);
    if (existing !== null) join(existing, view);
  } catch (error) {
    noteFault('server request start', error);
  }
  return undefined;
}

/** `tracing()` a second time on one request: no second span, but a framework that knows routes is listened to. */
function join(exchange: ServerExchange, view: ServerRequestView): void {
  // By name: a second copy of the package has the same adapters.
  if (exchange.view.instrumentation.name === view.instrumentation.name) return;
  exchange.mount = joinTemplate(exchange.mount, exchange.view.mount());
  exchange.view = view;
  if (exchange.span.record !== undefined || exchange.timer !== undefined) view.watch(exchange);
}

function begin(tracer: Tracer, view: ServerRequestView, settings: ServerSettings): Scope {
  const { span, scope } = startServerSpan(tracer, view, settings);
  if (span === undefined) return scope;
  const exchange = new ServerExchange(span, scope, view, settings, tracer.redaction);
  try {
    open(tracer, exchange, settings);
  } catch (error) {
    span.end(); // a request of another make than we know: nobody else would end it
    throw error;
  }
  return scope;
}

/** What beginning a span needs to know of a request. */
export type InboundRequest = Pick<ServerRequestView, 'req' | 'instrumentation' | 'originalUrl' | 'proxied'>;

/** The span of an inbound request, and the scope for what handles it. No span: its context passes through. */
export interface Begun {
  readonly span: RecordingSpan | undefined;
  readonly scope: Scope;
}

/** Extracts the context of a request and starts its span, as the settings say. */
export function startServerSpan(tracer: Tracer, view: InboundRequest, settings: ServerSettings): Begun {
  const mode = settings.incoming(view.req);
  const sent = mode === 'ignore' ? undefined : tracer.propagator.extract(view.req.headers, incomingHeadersGetter);
  const remote = mode === 'link' ? undefined : sent;
  const around = activeScope();
  if (!tracer.enabled || isIgnored(view, settings)) {
    return { span: undefined, scope: inboundScope(around, remote && tracer.passThrough(remote), remote?.baggage) };
  }
  const continued = mode === 'trust-ids' && remote !== undefined ? withoutDecision(remote) : remote;
  const span = tracer.startRemote(spanNameMethod(view.req.method ?? ''), 'server', continued, view.instrumentation);
  if (mode === 'link' && sent !== undefined) span.addLink({ context: sent });
  describe(tracer, span, view, settings);
  tracer.noteBaggage(span, remote?.baggage);
  return { span, scope: inboundScope(around, span, remote?.baggage) };
}

/** An unsampled request is not looked at: nobody will read what it was like. */
function describe(tracer: Tracer, span: RecordingSpan, view: InboundRequest, settings: ServerSettings): void {
  if (span.record === undefined) return;
  const { queryNames, headerNames } = tracer.redaction;
  try {
    const attributes = describeRequest(view, settings, queryNames);
    span.record.attributes = attributes;
    noteHeaders(attributes, settings.capture.request, headerNames, (name) => view.req.headers[name]);
  } catch (error) {
    noteFault('server request attributes', error); // the span is open: it goes on without them
  }
}

/** An ignored request is marked, so that a second `tracing()` further in leaves it alone too. */
function isIgnored(view: InboundRequest, { ignore }: ServerSettings): boolean {
  if (ignore === undefined || !ignore(view.req, view.originalUrl())) return false;
  (view.req as Marked)[EXCHANGE] = null;
  return true;
}

function open(tracer: Tracer, exchange: ServerExchange, settings: ServerSettings): void {
  const { span, view } = exchange;
  const { req, res } = view;
  (req as Marked)[EXCHANGE] = exchange;
  if (span.isRecording()) {
    const decision = span.localTrace?.decision;
    if (decision !== undefined) decision.facts = exchange;
  }
  if (tracer.requests !== undefined) {
    exchange.timer = new RequestTimer(tracer.requests, requestScheme(view, settings, span.record?.attributes));
  }
  // Metrics count by route, sampled or not.
  if (span.record !== undefined || exchange.timer !== undefined) view.watch(exchange);
  if (isClosed(res)) exchange.finish();
  else awaitEnd(exchange, req, res);
  if (needsHead(exchange, settings)) {
    watchHead(res, (head, args) => exchange.head(head, args));
  }
}

/**
 * Whether the head of the response is looked at when it is written, which costs 1 to 1.5 µs: to put
 * something in, to record it, or where a stream of events was asked for, whose head is what the client
 * waits for. EventSource always asks (WHATWG HTML, 9.2.2).
 */
function needsHead({ span, view, timer, check }: ServerExchange, { responseHeader, capture }: ServerSettings): boolean {
  if (responseHeader !== undefined || check !== undefined) return true;
  if (!span.isRecording() && timer === undefined) return false;
  return (
    (capture.response.length > 0 && span.isRecording()) ||
    view.req.headers.accept?.includes('text/event-stream') === true
  );
}

/** Our listener comes on top of those that the app may have without a warning. */
function awaitEnd(exchange: ServerExchange, req: IncomingMessage, res: ServerResponse): void {
  const allowed = res.getMaxListeners();
  if (allowed > 0) res.setMaxListeners(allowed + 1);
  const connection = connectionOf(req);
  if (connection !== undefined) connection.timedOut = false;
  const writtenBefore = exchange.span.record === undefined || isQueued(res) ? undefined : connection?.bytesWritten;
  let forget: (() => void) | undefined;
  const finishExchange = (): void => {
    forget?.();
    exchange.timedOut = connection?.timedOut === true;
    if (writtenBefore !== undefined) exchange.bytesWritten = (connection?.bytesWritten ?? Number.NaN) - writtenBefore;
    exchange.finish();
  };
  if (connection !== undefined && isQueued(res)) forget = connection.onLost(finishExchange);
  res.on('close', finishExchange);
  if (!isServed(req)) res.on('finish', finishExchange);
}
