import type { IncomingMessage, ServerResponse } from 'node:http';
import { contained } from '../src/core/diagnostics.ts';
import { errorType } from '../src/core/exception.ts';
import { bounded, NAME_LENGTH } from '../src/core/limits.ts';
import type { InstrumentationScope } from '../src/core/record.ts';
import type { RequestFacts } from '../src/core/sampler.ts';
import type { Scope } from '../src/core/scope.ts';
import type { RecordingSpan } from '../src/core/span.ts';
import type { ProxyView } from './forwarded.ts';
import { knownMethod, noteEnding, noteErrorType, noteRoute, noteStatusCode } from './http-attributes.ts';
import { isComplete } from './response-state.ts';

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

/** One request and its response, from the first middleware to the close of the response. */
export class ServerExchange implements RequestFacts {
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

  /** For whoever decides about the trace before it ends. */
  get method(): string {
    return knownMethod(this.view.req.method ?? '');
  }

  get route(): string | undefined {
    return this.view.route();
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
