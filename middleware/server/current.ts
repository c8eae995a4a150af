import type { IncomingMessage } from 'node:http';
import { activeScope } from '../../src/core/scope/scope.ts';
import type { Span } from '../../src/core/span.ts';
import { exchangeOf, type ServerExchange } from './server-exchange.ts';

/** An inbound request as the frameworks show it: node's and Express's, or what leads to it: a response, Koa's context. */
export type RequestLike = IncomingMessage | { readonly req: IncomingMessage };

/**
 * The active span, or with an argument the span of that request: for code that has the request in hand
 * but lost the context. Undefined where nothing is traced.
 *
 * @example
 * current()?.tag('user.id', user.id);
 * current(req)?.traceId;
 */
export function current(request?: RequestLike): Span | undefined {
  if (request === undefined) return activeScope().span;
  return exchangeIn(request)?.span;
}

/** The exchange of a request, or of what leads to it. */
export function exchangeIn(request: RequestLike | undefined): ServerExchange | undefined {
  return exchangeOf(request as IncomingMessage) ?? exchangeOf((request as { req: IncomingMessage } | null)?.req);
}
