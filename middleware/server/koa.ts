import type { IncomingMessage, ServerResponse } from 'node:http';
import { observeRejection } from '../../src/core/functions/promise.ts';
import type { InstrumentationScope } from '../../src/core/record.ts';
import { splitTarget } from '../url-parts.ts';
import type { ProxyView } from './forwarded.ts';
import { type ChainListener, restOfChain, runChain } from './koa-layers.ts';
import type { ServerView } from './request-view.ts';
import { joinTemplate, mountBefore, routePattern } from './route.ts';
import { beginRequest, exchangeOf } from './server-exchange.ts';
import type { ServerSettings } from './server-settings.ts';

/** A context with what Koa 2 and 3 and their routers put on it; only `req` and `res` are certain. */
export interface KoaContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly originalUrl?: string;
  readonly path?: string;
  readonly status?: number;
  readonly app?: KoaApp;
  readonly protocol?: string;
  readonly host?: string;
  readonly ip?: string;
  /** Set by @koa/router and koa-router when a route matches; before version 9 to the last that does. */
  readonly _matchedRoute?: unknown;
  /** Set by them from version 9 on, with the route. */
  readonly routerPath?: unknown;
  /** All that matched, and what the one has captured that runs. */
  readonly matched?: unknown;
  readonly captures?: unknown;
  /** Set by koa-route. */
  readonly routePath?: unknown;
  /** Set by koa-mount, and not put back. */
  readonly mountPath?: string;
}

interface KoaApp {
  readonly proxy?: boolean;
  readonly middleware?: unknown;
  listenerCount?(event: string): number;
  on?(event: string, listener: (error: unknown, ctx?: { readonly req?: IncomingMessage }) => void): unknown;
}

/** Runs the rest of a Koa app in the scope of its request, and notes the errors in it. `self` is the middleware that was mounted. */
export function koaMiddleware(
  ctx: KoaContext,
  next: () => Promise<unknown>,
  settings: ServerSettings,
  self: unknown,
): Promise<unknown> {
  const view = new KoaRequestView(ctx);
  const request = beginRequest(view, settings);
  if (request === undefined) return next();
  hearErrors(ctx.app);
  const chain = restOfChain(ctx.app, self, next);
  const rest = chain === undefined ? request.enter(next) : runChain(chain, ctx, request, view);
  return observeRejection(rest, (error) => exchangeOf(ctx.req)?.noteError(error));
}

const heard = new WeakSet<KoaApp>();

/** An app tells by its `error` event what it answers for itself. One without a listener would throw it: ours must not be the first. */
function hearErrors(app: KoaApp | undefined): void {
  if (app === undefined || heard.has(app) || typeof app.on !== 'function') return;
  if (!app.listenerCount?.('error')) return;
  heard.add(app);
  app.on('error', (error, ctx) => exchangeOf(ctx?.req)?.passError(error));
}

const INSTRUMENTATION: InstrumentationScope = Object.freeze({ name: 'throughline/koa' });

class KoaRequestView implements ServerView, ChainListener {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly instrumentation: InstrumentationScope = INSTRUMENTATION;
  readonly #ctx: KoaContext;
  /** The mount that was left for a middleware after it. */
  #passedMount: string | undefined;

  constructor(ctx: KoaContext) {
    this.req = ctx.req;
    this.res = ctx.res;
    this.#ctx = ctx;
    this.#passedMount = undefined;
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

  entered(): void {
    this.#passedMount = this.#ctx.mountPath;
  }

  failed(error: unknown): void {
    exchangeOf(this.req)?.passError(error);
  }

  /** koa-mount's prefix is part of the route. */
  mount(): string {
    return '';
  }

  /** The router sets its template on the context; koa-mount cuts its prefix off the path before the router sees it. */
  route(): string | undefined {
    const ctx = this.#ctx;
    const matched = ranRoute(ctx) ?? ctx.routePath;
    if (matched === undefined || matched === null) return this.#answeredMount();
    const pattern = routePattern(matched);
    if (ctx.mountPath === undefined) return pattern;
    return joinTemplate(mountBefore(splitTarget(this.originalUrl()).path, pattern, ctx.mountPath), pattern);
  }

  /** A function under koa-mount has answered: not where nobody has, nor where it passed the request on. */
  #answeredMount(): string | undefined {
    const { mountPath, status } = this.#ctx;
    if (mountPath === undefined || mountPath === this.#passedMount || status === 404) return undefined;
    const { path } = splitTarget(this.originalUrl());
    const at = path.indexOf(mountPath);
    // What stands before it other mounts have cut off, which are plain text.
    return at === -1 ? mountPath : path.slice(0, at + mountPath.length).replace(/\/$/, '') || '/';
  }
}

/** A layer of koa-router, as far as it tells what it matched. */
interface RouterLayer {
  readonly path?: unknown;
  readonly methods?: readonly unknown[];
  captures?(path: string): readonly unknown[];
}

/**
 * The pattern of the route that ran. Before version 9 `_matchedRoute` is the last that matches, of which the
 * first may have answered: there the one that ran is known by its captures.
 */
function ranRoute(ctx: KoaContext): unknown {
  const { _matchedRoute: last, matched, routerPath, req } = ctx;
  if (last === undefined || routerPath !== undefined || !Array.isArray(matched)) return last;
  const able = (matched as readonly RouterLayer[]).filter((layer) => layer.methods?.includes(req.method));
  return (able.find((layer) => hasCaptured(layer, ctx)) ?? able[0])?.path ?? last;
}

function hasCaptured(layer: RouterLayer, { path = '', captures }: KoaContext): boolean {
  try {
    const own = layer.captures?.(path);
    return Array.isArray(captures) && own?.length === captures.length && own.every((part, i) => part === captures[i]);
  } catch {
    return false; // the path was another one while it was routed
  }
}
