import type { IncomingMessage, ServerResponse } from 'node:http';
import type { InstrumentationScope } from '../../src/core/record.ts';
import type { ScopedRequest } from '../../src/core/scope/request-scope.ts';
import type { ProxyView } from './forwarded.ts';

/** An inbound request as its framework shows it when it comes. */
export interface RequestView {
  readonly req: IncomingMessage;
  /** Names the adapter in the records. */
  readonly instrumentation: InstrumentationScope;
  /** The request target as the client sent it: frameworks cut mount paths off `req.url`. */
  originalUrl(): string;
  /** Proxy headers as far as the framework was told to believe them; undefined when it trusts none. */
  proxied(): ProxyView | undefined;
}

/** Its response, and how far the routing has led it. */
export interface ResponseView {
  readonly res: ServerResponse;
  /** Told when the answer begins, where the view wants to know: set by `watch`. */
  readonly answers?: (() => void) | undefined;
  /** Called once, before the app sees the request, for what can only be noticed, and done, while it is routed. */
  watch(request: ScopedRequest): void;
  /** The template of the matched route with its mount path (`/api/:version/users/:id`); undefined without a match. */
  route(): string | undefined;
  /** An error that the router knows of, asked for when the answer is a failure. */
  lastError?(): unknown;
  /** The template of the mounts that the routing is inside of, now; empty outside of any. */
  mount(): string;
}

/** An inbound request as its framework shows it. An adapter shows; every decision is the exchange's. */
export interface ServerView extends RequestView, ResponseView {}
