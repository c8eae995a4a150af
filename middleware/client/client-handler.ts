import type { OutboundContext, Setter } from '../../propagation/context.ts';
import type { Destination, DestinationRule } from '../../propagation/destination.ts';
import { isPrivateHost } from '../../propagation/private-host.ts';
import { noteFault } from '../../src/core/diagnostics.ts';
import type { RequestOutcome } from '../../src/core/metrics/request-metrics.ts';
import type { Attributes, InstrumentationScope, OpenRecord } from '../../src/core/record.ts';
import { activeScope, isOwnWork, type Scope } from '../../src/core/scope/scope.ts';
import { errorType, exceptionAttributes } from '../../src/core/spans/exception.ts';
import { identityOf, type RecordingSpan } from '../../src/core/spans/recording-span.ts';
import { currentTracer } from '../../src/core/spans/runtime.ts';
import type { Tracer } from '../../src/core/spans/tracer.ts';
import {
  clientRequestAttributes,
  type HostPort,
  type NetworkFacts,
  noteEnding,
  noteErrorType,
  noteNetwork,
  noteServerPort,
  noteStatusCode,
  noteWithheld,
  spanNameMethod,
} from '../http-attributes.ts';
import { defaultPort, redactUrl } from '../url-parts.ts';
import { AttemptTimer } from './attempt-timer.ts';
import { isSignedOver } from './aws-signature.ts';

/** One outbound request, a single attempt, as its client shows it. An adapter shows; every decision is made here. */
export interface ClientRequestView {
  /** Names the adapter in the records. */
  readonly instrumentation: InstrumentationScope;
  /** As it goes out: in upper case, where the client does that. */
  readonly method: string;
  /** Where it goes; undefined when only the client can tell (a relative URL and an adapter of the app's own). */
  readonly url: URL | undefined;
  /** As the app set them, before ours go in. */
  readonly headers: object | undefined;
  /** It goes through a unix socket: `url` is made up but for its path. */
  readonly isLocalSocket: boolean;
  /** How often this request was sent before, by retries and redirects. */
  readonly resendCount: number;
  /** Redirects are followed where nobody can take anything back: what is written now goes along to whoever comes next. */
  readonly followsUnseen?: boolean;
}

/** What the app said about one client. */
export interface ClientSettings {
  /** The service at the other end. */
  readonly peer: string | undefined;
  /** Instead of the tracer's own. */
  readonly propagateTo: DestinationRule | undefined;
}

/** How an attempt ended. Either field may be missing: an answer that was cut off has both. */
export interface ClientOutcome {
  /** Of the answer, when one came. */
  readonly status?: number | undefined;
  readonly failure?: ClientFailure | undefined;
  readonly network?: NetworkFacts | undefined;
}

/** Why there is no usable answer. */
export interface ClientFailure {
  /** `cancelled`: by the caller, which is no error. `timeout`: the client gave up waiting. */
  readonly kind: 'error' | 'timeout' | 'cancelled';
  /** What the app will get to see. */
  readonly error: unknown;
  /** What it came from, where the client hides that behind a name of its own. */
  readonly cause?: unknown;
}

/** What is told of an attempt on its way, in this order; each as an event of the span, where the client can tell. */
export type ClientStage =
  /** An idle connection is used again; the time before is time in the agent's queue. */
  | 'connection reused'
  /** The name of the host is resolved. */
  | 'dns'
  /** A new connection is there. */
  | 'connected'
  /** Its TLS handshake is done. */
  | 'tls'
  /** An informational answer came: 100, 102, 103. */
  | 'informational response'
  /** The head of the answer is there: time to first byte. */
  | 'response head';

/**
 * One attempt, from the moment its headers are written to its answer.
 *
 *     beginCall ─▶ inject ─▶ (the client sends, with `scope` active) ─▶ end
 */
export class ClientCall {
  /** Active while the client sends: what it starts belongs to this attempt. */
  readonly scope: Scope;
  readonly #span: RecordingSpan | undefined;
  readonly #tracer: Tracer;
  readonly #outbound: OutboundContext;
  /** Undefined where nothing is counted, and once it was. */
  #timer: AttemptTimer | undefined;

  constructor(
    tracer: Tracer,
    span: RecordingSpan | undefined,
    scope: Scope,
    outbound: OutboundContext,
    timer?: AttemptTimer,
  ) {
    this.scope = scope;
    this.#span = span;
    this.#tracer = tracer;
    this.#outbound = outbound;
    this.#timer = timer;
  }

  /** Whether anybody will read what is noted: when not, it need not be found out. */
  get isRecording(): boolean {
    return this.#span?.record !== undefined;
  }

  /** Whether anybody will know how it ends: metrics count what is not sampled too. */
  get wantsOutcome(): boolean {
    return this.isRecording || this.#timer !== undefined;
  }

  /** Notes a stage of the attempt: an event of its span. */
  note(stage: ClientStage, attributes?: Attributes): void {
    this.#span?.addEvent(stage, attributes);
  }

  /** The client offered no way to write the headers: the span says what did not go along. */
  noteUnsent(): void {
    const attributes = this.#span?.record?.attributes;
    if (attributes === undefined || this.#outbound.span === undefined) return;
    noteWithheld(attributes, this.#outbound.baggage?.size ? ['trace', 'baggage'] : ['trace']);
  }

  /** Corrects the port, where it only turned out on the way which one it was. */
  notePort(port: number): void {
    const attributes = this.#span?.record?.attributes;
    if (attributes !== undefined) noteServerPort(attributes, port);
    this.#timer?.notePort(port);
  }

  /** Writes what may go along, and nothing else, into the headers of the request. */
  inject<Carrier>(carrier: Carrier, setter: Setter<Carrier>): void {
    try {
      this.#tracer.propagator.inject(this.#outbound, carrier, setter);
    } catch (error) {
      noteFault('client request inject', error);
    }
  }

  /** Ends the span as the attempt ended. Only the first call counts. */
  end(outcome: ClientOutcome): void {
    if (this.#span === undefined) return;
    let known = NO_OUTCOME;
    try {
      known = { status: statusOf(outcome), errorType: errorTypeOf(outcome) };
      describeOutcome(this.#span, outcome, known);
    } catch (error) {
      noteFault('client request end', error);
    }
    this.#span.end();
    this.#timer?.end(known, this.#span);
    this.#timer = undefined;
  }
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
    return begin(around.tracer ?? currentTracer(), view, settings, around);
  } catch (error) {
    noteFault('client request start', error);
    return undefined;
  }
}

function begin(tracer: Tracer, view: ClientRequestView, settings: ClientSettings, around: Scope): ClientCall {
  const allowed = destinationOf(tracer, view, settings);
  const parent = around.span;
  if (!tracer.enabled) {
    return new ClientCall(tracer, undefined, around, outboundContext(parent && identityOf(parent), around, allowed));
  }
  const span = tracer.start(spanNameMethod(view.method), 'client', {}, parent, view.instrumentation);
  // An unsampled attempt stops here: nobody will read what it looked like.
  if (span.record !== undefined) {
    describe(span.record, tracer, view, settings, around, allowed);
    tracer.noteBaggage(span, around.baggage);
  }
  return new ClientCall(
    tracer,
    span,
    around.withSpan(span),
    outboundContext(span, around, allowed),
    timerOf(tracer, view),
  );
}

function timerOf({ requests }: Tracer, { method, url, isLocalSocket }: ClientRequestView): AttemptTimer | undefined {
  if (requests === undefined) return undefined;
  return new AttemptTimer(requests, method, url === undefined || isLocalSocket ? undefined : hostOf(url));
}

/** What may go along: what `propagateTo` says, but nothing where it would break the app's signature. */
function destinationOf(tracer: Tracer, view: ClientRequestView, settings: ClientSettings): Destination {
  const { url = SOMEWHERE, headers } = view;
  if (isSignedOver(tracer.propagator.fields, headers, view.url)) return NOTHING;
  const allowed = (settings.propagateTo ?? tracer.propagateTo)(url);
  // A public host that sends the client elsewhere would send our baggage with it.
  if (allowed.baggage && view.followsUnseen === true && !isPrivateHost(url.hostname)) return withoutBaggage(allowed);
  return allowed;
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

function outboundContext(span: OutboundContext['span'], around: Scope, allowed: Destination): OutboundContext {
  return { span: allowed.trace ? span : undefined, baggage: allowed.baggage ? around.baggage : undefined };
}

function describe(
  record: OpenRecord,
  { redaction }: Tracer,
  view: ClientRequestView,
  settings: ClientSettings,
  around: Scope,
  allowed: Destination,
): void {
  try {
    record.attributes = requestAttributes(redaction.queryNames, view, settings, around, allowed);
  } catch (error) {
    noteFault('client request attributes', error); // the span is open: it goes on without them
  }
}

function requestAttributes(
  parameters: ReadonlySet<string>,
  view: ClientRequestView,
  settings: ClientSettings,
  around: Scope,
  allowed: Destination,
): Attributes {
  const { url } = view;
  const attributes = clientRequestAttributes({
    method: view.method,
    fullUrl: url === undefined ? undefined : redactUrl(url, parameters),
    host: url === undefined || view.isLocalSocket ? undefined : hostOf(url),
    peer: settings.peer,
    resendCount: view.resendCount,
  });
  const baggageWithheld = !allowed.baggage && around.baggage !== undefined && around.baggage.size > 0;
  if (!allowed.trace) noteWithheld(attributes, baggageWithheld ? ['trace', 'baggage'] : ['trace']);
  else if (baggageWithheld) noteWithheld(attributes, ['baggage']);
  return attributes;
}

function hostOf(url: URL): HostPort {
  const { hostname, port } = url;
  return {
    host: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname, // an address, not a piece of a URL
    port: port === '' ? defaultPort(url.protocol.slice(0, -1)) : Number(port),
  };
}

const NO_OUTCOME: RequestOutcome = Object.freeze({ status: undefined, errorType: undefined });

function statusOf({ status }: ClientOutcome): number | undefined {
  return Number.isInteger(status) ? status : undefined;
}

/**
 * HTTP semantic conventions: 4xx and 5xx are errors of a client, also where it does not want the body of
 * such an answer. Whoever cancels before has none.
 */
function errorTypeOf(outcome: ClientOutcome): string | undefined {
  const { failure } = outcome;
  const status = statusOf(outcome);
  if (status !== undefined && status >= 400) return String(status);
  if (failure === undefined || failure.kind === 'cancelled') return undefined;
  return failure.kind === 'timeout' ? 'timeout' : errorType(failure.cause ?? failure.error);
}

function describeOutcome(
  span: RecordingSpan,
  { failure, network }: ClientOutcome,
  { status, errorType: type }: RequestOutcome,
): void {
  const attributes = span.record?.attributes;
  if (attributes === undefined) return;
  if (network !== undefined) noteNetwork(attributes, network);
  if (status !== undefined) noteStatusCode(attributes, status);
  if (failure?.kind === 'cancelled') noteEnding(attributes, 'cancelled');
  if (type === undefined) return;
  noteErrorType(attributes, type);
  // The code of an answer says it all, so there is no description.
  if (type === String(status) || failure === undefined) span.setStatus({ code: 'error' });
  else describeFailure(span, failure.error);
}

function describeFailure(span: RecordingSpan, error: unknown): void {
  span.recordException(error);
  const message = exceptionAttributes(error)['exception.message'];
  span.setStatus({ code: 'error', message: typeof message === 'string' ? message : undefined });
}
