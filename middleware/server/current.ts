import type { IncomingMessage } from 'node:http';
import { activeScope } from '../../src/core/scope/scope.ts';
import type { Span } from '../../src/core/span.ts';
import { exchangeOf } from './server-exchange.ts';

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
  const exchange =
    exchangeOf(request as IncomingMessage) ?? exchangeOf((request as { req: IncomingMessage } | null)?.req);
  return exchange?.span;
}
