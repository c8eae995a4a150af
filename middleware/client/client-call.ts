import type { Baggage } from '../../propagation/baggage.ts';
import type { Setter } from '../../propagation/context.ts';
import { noteFault } from '../../src/core/diagnostics.ts';
import type { RequestOutcome } from '../../src/core/metrics/request-metrics.ts';
import type { Attributes } from '../../src/core/record.ts';
import type { Scope } from '../../src/core/scope/scope.ts';
import type { Span } from '../../src/core/span.ts';
import { errorType, exceptionAttributes } from '../../src/core/spans/exception.ts';
import { contextOf } from '../../src/core/spans/given-context.ts';
import type { RecordingSpan } from '../../src/core/spans/recording-span.ts';
import { hideIn } from '../../src/core/spans/redact-text.ts';
import type { Tracer } from '../../src/core/spans/tracer.ts';
import {
  type NetworkFacts,
  noteCached,
  noteEnding,
  noteErrorType,
  noteNetwork,
  notePlace,
  noteStatusCode,
  noteWithheld,
} from '../http-attributes.ts';
import { portOf, redactUrl } from '../url-parts.ts';
import type { AttemptTimer } from './attempt-timer.ts';
import type { HeaderTarget } from './header-target.ts';
import { statusOf } from './observe-answer.ts';
import { secretsOf } from './url-secrets.ts';

/** The end of an attempt. Either field may be missing: an answer that was cut off has both. */
export interface ClientOutcome {
  /** Of the answer, when one came. */
  readonly status?: number | undefined;
  readonly failure?: ClientFailure | undefined;
  readonly network?: NetworkFacts | undefined;
  /** The answer came from a cache below the client: nothing was sent. */
  readonly isCached?: boolean | undefined;
}

/** The reason for which there is no usable answer. */
export interface ClientFailure {
  /** `cancelled`: by the caller, which is no error. `timeout`: the client gave up waiting. */
  readonly kind: 'error' | 'timeout' | 'cancelled';
  /** As the app will get to see it. */
  readonly error: unknown;
  /** The error it came from, where the client hides that behind a name of its own. */
  readonly cause?: unknown;
}

/** A moment of an attempt on its way, in this order; each an event of the span, where the client can tell. */
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

/** All that may go along with a request. The span is asked for its context when the headers are written: that decides. */
export interface Outbound {
  readonly span: Span | undefined;
  readonly baggage: Baggage | undefined;
}

/**
 * One attempt, from the moment its headers are written to its answer.
 *
 *     beginCall ─▶ writeTo ─▶ (the client sends, with `scope` active) ─▶ end
 */
export class ClientCall {
  /** Active while the client sends: what it starts belongs to this attempt. */
  readonly scope: Scope;
  readonly #span: RecordingSpan | undefined;
  readonly #tracer: Tracer;
  readonly #outbound: Outbound;
  readonly #place: ClientPlace;
  /** Undefined where nothing is counted, and once it was. */
  #timer: AttemptTimer | undefined;

  constructor(
    tracer: Tracer,
    span: RecordingSpan | undefined,
    scope: Scope,
    outbound: Outbound,
    place: ClientPlace,
    timer?: AttemptTimer,
  ) {
    this.scope = scope;
    this.#span = span;
    this.#tracer = tracer;
    this.#outbound = outbound;
    this.#place = place;
    this.#timer = timer;
  }

  /** True when somebody will read what is noted: else it need not be found out. */
  get isRecording(): boolean {
    return this.#span?.record !== undefined;
  }

  /** True when somebody will know how it ends: metrics count what is not sampled too. */
  get wantsOutcome(): boolean {
    return this.isRecording || this.#timer !== undefined;
  }

  /** Writes what may go along, and nothing else, into the headers of the request, instead of what the app put there itself. */
  writeTo(target: HeaderTarget): void {
    try {
      const { span, baggage } = this.#outbound;
      this.#tracer.propagator.inject({ span: span && contextOf(span), baggage }, target, TARGET_SETTER);
    } catch (error) {
      noteFault('client request inject', error);
    }
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

  /** Corrects where the attempt goes: its port turned out on the way. */
  correctPlace(url: URL): void {
    const port = portOf(url);
    const attributes = this.#span?.record?.attributes;
    if (attributes !== undefined) notePlace(attributes, redactUrl(url, this.#tracer.redaction.queryNames), port);
    this.#timer?.notePort(port);
  }

  /** Clients repeat the URL in their errors, which the spans above this one record as well. */
  #hideSecrets({ error, cause }: ClientFailure): void {
    const { url, writtenUrl } = this.#place;
    const secrets = secretsOf(url, writtenUrl, this.#tracer.redaction.queryNames);
    if (secrets.length === 0) return;
    hideIn(error, secrets);
    hideIn(cause, secrets);
  }

  /** Ends the span as the attempt ended. Only the first call counts. */
  end(outcome: ClientOutcome): void {
    if (this.#span === undefined) return;
    let known = NO_OUTCOME;
    try {
      const status = statusOf(outcome);
      known = { status, errorType: errorTypeOf(status, outcome.failure) };
      if (outcome.failure !== undefined && this.isRecording) this.#hideSecrets(outcome.failure);
      describeOutcome(this.#span, outcome, known);
    } catch (error) {
      noteFault('client request end', error);
    }
    this.#span.end();
    if (outcome.isCached !== true) this.#timer?.end(known, this.#span); // no request, as far as metrics go
    this.#timer = undefined;
  }
}

/** The destination of an attempt. */
interface ClientPlace {
  readonly url: URL | undefined;
  readonly writtenUrl?: string | undefined;
}

const TARGET_SETTER: Setter<HeaderTarget> = {
  // A propagator of the app's may spell its fields as it likes.
  set: (target, name, value) => target.set(name.toLowerCase(), value),
  get: (target, name) => target.get(name),
  remove: (target, name) => target.remove(name),
};

const NO_OUTCOME: RequestOutcome = Object.freeze({ status: undefined, errorType: undefined });

/**
 * HTTP semantic conventions: 4xx and 5xx are errors of a client, also where it does not want the body of
 * such an answer. Whoever cancels before has none.
 */
function errorTypeOf(status: number | undefined, failure: ClientFailure | undefined): string | undefined {
  if (status !== undefined && status >= 400) return String(status);
  if (failure === undefined || failure.kind === 'cancelled') return undefined;
  return failure.kind === 'timeout' ? 'timeout' : errorType(failure.cause ?? failure.error);
}

function describeOutcome(
  span: RecordingSpan,
  { failure, network, isCached }: ClientOutcome,
  { status, errorType: type }: RequestOutcome,
): void {
  const attributes = span.record?.attributes;
  if (attributes === undefined) return;
  if (network !== undefined) noteNetwork(attributes, network);
  if (status !== undefined) noteStatusCode(attributes, status);
  if (isCached === true) noteCached(attributes);
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
