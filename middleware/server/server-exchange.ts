import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestFacts } from '../../src/core/decide/sampler.ts';
import { noteFault } from '../../src/core/diagnostics.ts';
import { isNativePromise } from '../../src/core/functions/promise.ts';
import { bounded, NAME_LENGTH } from '../../src/core/limits.ts';
import type { RequestOutcome } from '../../src/core/metrics/request-metrics.ts';
import type { InstrumentationScope, OpenRecord } from '../../src/core/record.ts';
import type { Redaction } from '../../src/core/redaction.ts';
import { runInScope, type Scope } from '../../src/core/scope/scope.ts';
import { errorType } from '../../src/core/spans/exception.ts';
import type { RecordingSpan } from '../../src/core/spans/recording-span.ts';
import {
  knownMethod,
  noteEnding,
  noteErrorType,
  noteHeadersTime,
  noteResponseBodySize,
  noteResponseSize,
  noteRoute,
  noteStatusCode,
  type ServerEnding,
} from '../http-attributes.ts';
import type { ProxyView } from './forwarded.ts';
import { noteHeaders } from './header-capture.ts';
import type { ContextCheck } from './lost-context.ts';
import type { RequestTimer, StreamKind } from './request-timer.ts';
import { type ResponseHead, withTrace } from './response-head.ts';
import { endingOf, isComplete } from './response-state.ts';
import { joinTemplate } from './route.ts';
import type { ServerSettings } from './server-settings.ts';

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
  /** The template of the mounts that the routing is inside of, now; empty outside of any. */
  mount(): string;
  /** What the framework was told to believe of proxy headers; undefined when it trusts none. */
  proxied(): ProxyView | undefined;
}

/** One request and its response, from the first middleware to the close of the response. */
export class ServerExchange implements RequestFacts {
  readonly span: RecordingSpan;
  /** Active while the app handles the request. */
  readonly scope: Scope;
  view: ServerRequestView;
  /** What the adapter that watches the routing keeps with the request. */
  routing: unknown;
  /** Where the app of this view is mounted in that of another framework. */
  mount: string;
  /** The connection was idle for longer than the app allows. */
  timedOut: boolean;
  /** What the connection took for the answer, head and all; NaN where that is not to be told. */
  bytesWritten: number;
  /** A `text/event-stream`: its duration is how long somebody listened, and no latency. */
  isEventStream: boolean;
  /** Follows the context from layer to layer while an app is developed. */
  check: ContextCheck | undefined;
  /** Undefined where nothing is counted. */
  timer: RequestTimer | undefined;
  readonly #settings: ServerSettings;
  /** Headers with credentials that may be recorded all the same. */
  readonly #allowedHeaders: ReadonlySet<string>;
  #error: unknown;
  #failed = false;
  /** As announced in the head, which is all that is known without counting. */
  #contentLength: unknown;
  #headIsKnown = false;

  constructor(
    span: RecordingSpan,
    scope: Scope,
    view: ServerRequestView,
    settings: ServerSettings,
    { headerNames }: Redaction,
  ) {
    this.span = span;
    this.scope = scope;
    this.view = view;
    this.routing = undefined;
    this.mount = '';
    this.timedOut = false;
    this.bytesWritten = Number.NaN;
    this.isEventStream = false;
    this.check = undefined;
    this.timer = undefined;
    this.#settings = settings;
    this.#allowedHeaders = headerNames;
    this.#error = undefined;
    this.#contentLength = undefined;
  }

  /** For whoever decides about the trace before it ends. */
  get method(): string {
    return knownMethod(this.view.req.method ?? '');
  }

  get route(): string | undefined {
    const route = this.view.route();
    return route === undefined ? undefined : joinTemplate(this.mount, route);
  }

  /** Notes the error that reached the edge of the app. Whether it is the request's failure, the status says. */
  noteError(error: unknown): void {
    this.#error = error;
    this.#failed = true;
  }

  /** The head of the response is being written. Answers with the arguments for `writeHead`. */
  head(head: ResponseHead, args: readonly unknown[]): readonly unknown[] {
    this.check?.answers();
    const { record } = this.span;
    const { capture, responseHeader } = this.#settings;
    this.#noteHead(head.header('content-type'), head.header('content-length'));
    if (record !== undefined) {
      if (this.isEventStream) noteHeadersTime(record.attributes, this.span.ageMs() ?? 0);
      if (capture.response.length > 0)
        noteHeaders(record.attributes, capture.response, this.#allowedHeaders, (name) => head.header(name));
    }
    return responseHeader === undefined ? args : withTrace(head, args, this.span, responseHeader);
  }

  #noteHead(contentType: unknown, contentLength: unknown): void {
    this.#headIsKnown = true;
    this.isEventStream = isEventStream(contentType);
    this.#contentLength = contentLength;
  }

  /** Ends the span as the response ended. */
  finish(): void {
    let outcome = NOT_KNOWN;
    try {
      outcome = this.#outcome();
      const { record } = this.span;
      if (record !== undefined) this.#describe(record, outcome);
    } catch (error) {
      noteFault('server request end', error);
    }
    this.span.end();
    const { timer } = this;
    this.timer = undefined; // once: a response without a server behind it may both finish and close
    timer?.end(this, outcome, this.#streamKind(outcome.status));
  }

  #outcome(): ExchangeOutcome {
    const { req, res } = this.view;
    const ending = isComplete(req, res) ? undefined : endingOf(req, res, this.timedOut);
    // An answer that was never begun has no status, whatever `statusCode` was preset to.
    const status = ending === undefined || res.headersSent ? res.statusCode : undefined;
    // What went to `writeHead` past `setHeader`, on plain node:http, is not to be had any more.
    if (!this.#headIsKnown) this.#noteHead(res.getHeader('content-type'), res.getHeader('content-length'));
    return { ending, status, errorType: this.#errorType(status, ending) };
  }

  /** Upgraded, or a stream of events: its duration is no latency. */
  #streamKind(status: number | undefined): StreamKind | undefined {
    if (status === 101) return 'upgrade';
    return this.isEventStream ? 'event-stream' : undefined;
  }

  #describe(record: OpenRecord, { ending, status, errorType: type }: ExchangeOutcome): void {
    const { req, res } = this.view;
    const { attributes } = record;
    this.#describeRoute(record);
    if (status !== undefined) noteStatusCode(attributes, status);
    if (ending !== undefined) noteEnding(attributes, ending);
    if (status !== undefined && hasBody(req, res)) this.#describeSize(record, ending);
    this.#askApp(req, res);
    if (type !== undefined) this.#describeFailure(record, type);
  }

  /** The size that was announced, when all of it came; of a stream, and of what was cut off, what was written. */
  #describeSize({ attributes }: OpenRecord, ending: ServerEnding | undefined): void {
    const announced = ending === undefined ? wholeNumber(this.#contentLength) : undefined;
    if (announced !== undefined) noteResponseBodySize(attributes, announced);
    else if (this.bytesWritten > 0) noteResponseSize(attributes, this.bytesWritten);
  }

  #describeRoute(record: OpenRecord): void {
    const { route } = this;
    if (route === undefined) return;
    const template = bounded(route, NAME_LENGTH);
    noteRoute(record.attributes, template);
    record.name = bounded(`${record.name} ${template}`, NAME_LENGTH);
  }

  /** What the `attributes` option has to say. */
  #askApp(req: IncomingMessage, res: ServerResponse): void {
    const hook = this.#settings.attributes;
    if (hook === undefined) return;
    try {
      const answer: unknown = runInScope(this.scope, hook, req, res);
      if (isNativePromise(answer)) answer.catch((error: unknown) => noteFault('tracing() attributes', error));
      else this.span.setAttributes(answer as NonNullable<ReturnType<typeof hook>>);
    } catch (error) {
      noteFault('tracing() attributes', error);
    }
  }

  /** HTTP semantic conventions: 5xx is an error on a server span, 4xx is the client's, and so is leaving. */
  #errorType(status: number | undefined, ending: ServerEnding | undefined): string | undefined {
    if (status !== undefined && status >= 500) return String(status);
    const unanswered = ending !== undefined && (this.#failed || isOurDoing(ending, this.view.req));
    if (!unanswered) return undefined;
    return this.#failed || this.#brokenBy() !== undefined ? errorType(this.#cause()) : ending;
  }

  #describeFailure(record: OpenRecord, type: string): void {
    if (this.#failed || this.#brokenBy() !== undefined) this.span.recordException(this.#cause());
    noteErrorType(record.attributes, type);
    this.span.setStatus({ code: 'error' });
  }

  /** What a stream, or the app, destroyed the response with. */
  #brokenBy(): Error | undefined {
    return this.view.res.errored ?? undefined;
  }

  #cause(): unknown {
    return this.#failed ? this.#error : this.#brokenBy();
  }
}

/** How an exchange went: who ended it before its time, and what the caller and the metrics get to see. */
interface ExchangeOutcome extends RequestOutcome {
  readonly ending: ServerEnding | undefined;
}

const NOT_KNOWN: ExchangeOutcome = Object.freeze({ ending: undefined, status: undefined, errorType: undefined });

/** A client that leaves, or that never sends what it announced, is no failure of the server. */
function isOurDoing(ending: ServerEnding, req: IncomingMessage): boolean {
  return ending === 'destroyed' || (ending === 'timeout' && req.complete);
}

/** RFC 9110, 6.4.1: to HEAD, with 204 and with 304 a length may be announced, of a body that is not sent. */
function hasBody({ method }: IncomingMessage, { statusCode }: ServerResponse): boolean {
  return method !== 'HEAD' && statusCode !== 204 && statusCode !== 304;
}

function isEventStream(contentType: unknown): boolean {
  return typeof contentType === 'string' && /^text\/event-stream\b/i.test(contentType);
}

function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}
