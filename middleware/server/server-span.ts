import { incomingHeadersGetter } from '../../propagation/carriers.ts';
import { noteFault } from '../../src/core/diagnostics.ts';
import { ScopedRequest } from '../../src/core/scope/request-scope.ts';
import { activeScope } from '../../src/core/scope/scope.ts';
import type { RecordingSpan } from '../../src/core/spans/recording-span.ts';
import { inboundScope, tracerFor } from '../../src/core/spans/runtime.ts';
import type { Tracer } from '../../src/core/spans/tracer.ts';
import { spanNameMethod } from '../http-attributes.ts';
import { noteHeaders } from './header-capture.ts';
import { withoutDecision } from './incoming.ts';
import { RequestTimer } from './request-timer.ts';
import type { RequestView } from './request-view.ts';
import { describeRequest, originOf, type RequestOrigin } from './server-request.ts';
import type { ServerSettings } from './server-settings.ts';

/** The span of an inbound request, and its scope, for what handles it. */
export interface ServerStart {
  readonly tracer: Tracer;
  readonly request: ScopedRequest;
  /** Undefined where the context of the request passes through, and nothing more. */
  readonly span: RecordingSpan | undefined;
  /** Undefined where nothing is counted. */
  readonly timer: RequestTimer | undefined;
}

/** Extracts the context of a request and starts its span, as the settings say. */
export function startServerSpan(view: RequestView, settings: ServerSettings): ServerStart {
  const around = activeScope();
  const tracer = tracerFor(around);
  const mode = settings.incoming(view.req);
  const sent = mode === 'ignore' ? undefined : tracer.propagator.extract(view.req.headers, incomingHeadersGetter);
  const remote = mode === 'link' ? undefined : sent;
  if (!tracer.enabled || isIgnored(view, settings)) {
    const passed = remote && tracer.passThrough(remote);
    const request = new ScopedRequest(inboundScope(around, passed, remote?.baggage), true);
    return { tracer, request, span: undefined, timer: undefined };
  }
  const continued = mode === 'trust-ids' && remote !== undefined ? withoutDecision(remote) : remote;
  const span = tracer.startRemote(spanNameMethod(view.req.method ?? ''), 'server', continued, view.instrumentation);
  if (mode === 'link' && sent !== undefined) span.addLink({ context: sent });
  const timer = describe(tracer, span, view, settings);
  tracer.noteBaggage(span, remote?.baggage);
  return { tracer, request: new ScopedRequest(inboundScope(around, span, remote?.baggage), false), span, timer };
}

function isIgnored(view: RequestView, { ignore }: ServerSettings): boolean {
  return ignore?.(view.req, view.originalUrl()) === true;
}

/** An unsampled request is not looked at, as nobody will read what it was like; but it is counted. */
function describe(
  tracer: Tracer,
  span: RecordingSpan,
  view: RequestView,
  settings: ServerSettings,
): RequestTimer | undefined {
  if (span.record === undefined && tracer.requests === undefined) return undefined;
  const origin = originOf(view, settings);
  if (span.record !== undefined) noteRequest(tracer, span, view, origin, settings);
  return tracer.requests && new RequestTimer(tracer.requests, origin.scheme);
}

function noteRequest(
  tracer: Tracer,
  { record }: RecordingSpan,
  view: RequestView,
  origin: RequestOrigin,
  { capture }: ServerSettings,
): void {
  if (record === undefined) return;
  const { queryNames, headerNames } = tracer.redaction;
  try {
    record.attributes = describeRequest(view, origin, queryNames);
    noteHeaders(record.attributes, capture.request, headerNames, (name) => view.req.headers[name]);
  } catch (error) {
    noteFault('server request attributes', error); // the span is open: it goes on without them
  }
}
