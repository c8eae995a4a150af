import type { IncomingMessage, ServerResponse } from 'node:http';
import { observeRejection } from '../../src/core/functions/promise.ts';
import type { InstrumentationScope } from '../../src/core/record.ts';
import { runInScope } from '../../src/core/scope/scope.ts';
import { splitTarget } from '../url-parts.ts';
import type { ProxyView } from './forwarded.ts';
import { joinTemplate, mountBefore, routePattern } from './route.ts';
import { beginRequest, exchangeOf, type ServerView } from './server-exchange.ts';
import type { ServerSettings } from './server-settings.ts';

/** A context with what Koa 2 and 3 and their routers put on it; only `req` and `res` are certain. */
export interface KoaContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly originalUrl?: string;
  readonly app?: { readonly proxy?: boolean };
  readonly protocol?: string;
  readonly host?: string;
  readonly ip?: string;
  /** Set by @koa/router and koa-router when a route matches. */
  readonly _matchedRoute?: unknown;
  /** Set by koa-mount, and not put back. */
  readonly mountPath?: string;
}

/** Runs the rest of a Koa app in the scope of its request, and notes the error that comes back up. */
export function koaMiddleware(
  ctx: KoaContext,
  next: () => Promise<unknown>,
  settings: ServerSettings,
): Promise<unknown> {
  const scope = beginRequest(new KoaRequestView(ctx), settings);
  if (scope === undefined) return next();
  return observeRejection(runInScope(scope, next), (error) => exchangeOf(ctx.req)?.noteError(error));
}

const INSTRUMENTATION: InstrumentationScope = Object.freeze({ name: 'throughline/koa' });

class KoaRequestView implements ServerView {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly instrumentation: InstrumentationScope = INSTRUMENTATION;
  readonly #ctx: KoaContext;

  constructor(ctx: KoaContext) {
    this.req = ctx.req;
    this.res = ctx.res;
    this.#ctx = ctx;
  }

  originalUrl(): string {
    return this.#ctx.originalUrl ?? this.req.url ?? '/';
  }

  proxied(): ProxyView | undefined {
    const { app, protocol, host, ip } = this.#ctx;
    if (app?.proxy !== true) return undefined;
    return { scheme: protocol, host, clientAddress: ip };
  }

  watch(): void {}

  /** koa-mount's prefix is part of the route. */
  mount(): string {
    return '';
  }

  /** The router sets its template on the context; koa-mount cuts its prefix off the path before the router sees it. */
  route(): string | undefined {
    const { _matchedRoute: matched, mountPath } = this.#ctx;
    if (matched === undefined || matched === null) return undefined;
    const pattern = routePattern(matched);
    if (mountPath === undefined) return pattern;
    return joinTemplate(mountBefore(splitTarget(this.originalUrl()).path, pattern, mountPath), pattern);
  }
}
