import type { Baggage } from '../../propagation/baggage.ts';
import type { Destination, DestinationRule } from '../../propagation/destination.ts';
import { isPrivateHost } from '../../propagation/private-host.ts';
import { noteFault } from '../../src/core/diagnostics.ts';
import type { Attributes, InstrumentationScope } from '../../src/core/record.ts';
import { activeScope, isOwnWork, type Scope } from '../../src/core/scope/scope.ts';
import type { Span } from '../../src/core/span.ts';
import { tracerFor } from '../../src/core/spans/runtime.ts';
import type { Tracer } from '../../src/core/spans/tracer.ts';
import { clientRequestAttributes, type HostPort, noteWithheld, spanNameMethod } from '../http-attributes.ts';
import { portOf, redactUrl } from '../url-parts.ts';
import { AttemptTimer } from './attempt-timer.ts';
import { isSignedOver } from './aws-signature.ts';
import { ClientCall, type Outbound } from './client-call.ts';
import { type ClientDescription, describe } from './described-request.ts';

/** One outbound request, a single attempt, as its client shows it. An adapter shows; every decision is made here. */
export interface ClientRequestView {
  /** Names the adapter in the records. */
  readonly instrumentation: InstrumentationScope;
  /** As it goes out: in upper case, where the client does that. */
  readonly method: string;
  /** The place it goes to; undefined when only the client can tell (a relative URL and an adapter of the app's own). */
  readonly url: URL | undefined;
  /** The URL as the app wrote it, where the client may repeat it in an error. */
  readonly writtenUrl?: string | undefined;
  /** As the app set them, before ours go in. */
  readonly headers: object | undefined;
  /** It goes through a unix socket: `url` is made up but for its path. */
  readonly isLocalSocket: boolean;
  /** The number of times this request was sent before, by retries and redirects. */
  readonly resendCount: number;
  /** Redirects are followed where nobody can take anything back: what is written now goes along to whoever comes next. */
  readonly followsUnseen?: boolean;
  /** The port of `url` is a guess: the connection will tell. */
  readonly asksPort?: boolean;
}

/** The app's word on one client. */
export interface ClientSettings extends ClientDescription {
  /** The service at the other end. */
  readonly peer: string | undefined;
  /** Instead of the tracer's own. */
  readonly propagateTo: DestinationRule | undefined;
}

/**
 * Begins the one CLIENT span of an attempt, under the span that is active in `around`. Undefined when
 * there is nothing to do (nothing goes over the network, or something of ours failed): then the request
 * goes out as if we were not there.
 */
export function beginCall(
  view: ClientRequestView,
  settings: ClientSettings,
  around: Scope = activeScope(),
): ClientCall | undefined {
  try {
    const { url } = view;
    if (isOwnWork(around)) return undefined;
    if (url !== undefined && url.protocol !== 'http:' && url.protocol !== 'https:') return undefined; // data:, blob:
    return begin(tracerFor(around), view, settings, around);
  } catch (error) {
    noteFault('client request start', error);
    return undefined;
  }
}

function begin(tracer: Tracer, view: ClientRequestView, settings: ClientSettings, around: Scope): ClientCall {
  const allowed = destinationOf(tracer, view, settings);
  const parent = around.span;
  if (!tracer.enabled) {
    return new ClientCall(tracer, undefined, around, outbound(parent, around, allowed), view);
  }
  const { requests } = tracer;
  const span = tracer.start(spanNameMethod(view.method), 'client', {}, parent, view.instrumentation);
  const { record } = span;
  // An unsampled attempt stops here: nobody will read what it looked like. Metrics count it all the same.
  const host = record === undefined && requests === undefined ? undefined : hostOf(view);
  if (record !== undefined) {
    record.attributes = attributesOf(tracer, view, settings, host);
    noteKept(record.attributes, allowed, around.baggage);
    tracer.noteBaggage(span, around.baggage);
    describe(span, view, settings);
  }
  const timer = requests && new AttemptTimer(requests, view.method, host);
  return new ClientCall(tracer, span, around.withSpan(span), outbound(span, around, allowed), view, timer);
}

/** The context that may go along: as `propagateTo` says, but nothing where it would break the app's signature. */
function destinationOf(tracer: Tracer, view: ClientRequestView, settings: ClientSettings): Destination {
  const { url = SOMEWHERE, headers } = view;
  if (isSignedOver(tracer.propagator.fields, headers, view.url)) return NOTHING;
  const rule = settings.propagateTo ?? tracer.propagateTo;
  const allowed = view.asksPort === true ? onAnyPort(rule, url) : rule(url);
  // A public host that sends the client elsewhere would send our baggage with it.
  if (allowed.baggage && view.followsUnseen === true && !isPrivateHost(url.hostname)) return withoutBaggage(allowed);
  return allowed;
}

/** The context that a host may get whichever port it is: the guess, and one that no rule names, must both do. */
function onAnyPort(rule: DestinationRule, url: URL): Destination {
  const other = new URL(url);
  other.port = '1';
  const [guessed, elsewhere] = [rule(url), rule(other)];
  return { trace: guessed.trace && elsewhere.trace, baggage: guessed.baggage && elsewhere.baggage };
}

function withoutBaggage({ trace }: Destination): Destination {
  return trace ? TRACE_ALONE : NOTHING;
}

const NOTHING: Destination = Object.freeze({ trace: false, baggage: false });
const TRACE_ALONE: Destination = Object.freeze({ trace: true, baggage: false });

/**
 * A request that nobody can tell the destination of is judged as one to a host that nobody knows:
 * baggage stays here unless `propagateTo` lets it go everywhere. RFC 2606: `.invalid` is no host.
 */
const SOMEWHERE = new URL('http://unknown.invalid/');

function outbound(span: Span | undefined, around: Scope, allowed: Destination): Outbound {
  return { span: allowed.trace ? span : undefined, baggage: allowed.baggage ? around.baggage : undefined };
}

/** The host that a request goes to; undefined where it goes to none, or nobody knows. */
function hostOf({ url, isLocalSocket }: ClientRequestView): HostPort | undefined {
  if (url === undefined || isLocalSocket) return undefined;
  const { hostname } = url;
  // An address, not a piece of a URL.
  return { host: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname, port: portOf(url) };
}

function attributesOf(
  { redaction }: Tracer,
  { method, url, resendCount }: ClientRequestView,
  { peer }: ClientSettings,
  host: HostPort | undefined,
): Attributes {
  try {
    const fullUrl = url === undefined ? undefined : redactUrl(url, redaction.queryNames);
    return clientRequestAttributes({ method, fullUrl, host, peer, resendCount });
  } catch (error) {
    noteFault('client request attributes', error); // the span is open: it goes on without them
    return {};
  }
}

/** The span says what of its context was kept from the host. */
function noteKept(attributes: Attributes, allowed: Destination, baggage: Baggage | undefined): void {
  const keepsBaggage = !allowed.baggage && baggage !== undefined && baggage.size > 0;
  if (!allowed.trace) noteWithheld(attributes, keepsBaggage ? ['trace', 'baggage'] : ['trace']);
  else if (keepsBaggage) noteWithheld(attributes, ['baggage']);
}
