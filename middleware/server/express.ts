import type { IncomingMessage, ServerResponse } from 'node:http';
import { noteFault } from '../../src/core/diagnostics.ts';
import type { InstrumentationScope } from '../../src/core/record.ts';
import type { ScopedRequest } from '../../src/core/scope/request-scope.ts';
import { activeScope } from '../../src/core/scope/scope.ts';
import {
  type Entered,
  enterByChannel,
  enterHandlers,
  enterOnce,
  layerWith,
  leaveHandlers,
  type Route,
  stackOf,
} from './express-layers.ts';
import { isIn, type Mount, mountAt, templateAround } from './express-mounts.ts';
import { firstItem, type ProxyView } from './forwarded.ts';
import { type ContextCheck, followContext } from './lost-context.ts';
import type { ServerView } from './request-view.ts';
import { joinTemplate, routePattern } from './route.ts';
import { beginRequest, exchangeOf } from './server-exchange.ts';
import type { ServerSettings } from './server-settings.ts';

/** The view that watches a request: not the exchange's own, which an app of another framework may take over. */
const WATCHER: unique symbol = Symbol('throughline.watcher');

/** A request with all that Express and Connect put on it. It may be missing: Connect has `originalUrl` only. */
interface ExpressRequest extends IncomingMessage {
  /** Of node's own, for a request of `upgrade`. */
  readonly upgrade?: boolean;
  [WATCHER]?: ExpressRequestView;
  readonly originalUrl?: string;
  baseUrl?: string;
  params?: unknown;
  route?: Route | undefined;
  readonly app?: { get?(name: string): unknown };
  readonly protocol?: string;
  readonly hostname?: string;
  readonly ip?: string;
}

/** A mount around the current position, and the route that had matched before it was entered and was passed by. */
interface Entrance extends Mount {
  readonly passed: string | undefined;
}

/** Runs the rest of an Express or Connect app in the scope of its request. `self` is the middleware that was mounted. */
export function expressMiddleware(
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
  settings: ServerSettings,
  self: unknown,
): void {
  const request = beginRequest(new ExpressRequestView(req, res, self), settings);
  if (request === undefined) next();
  else request.enter(next);
}

const INSTRUMENTATION: InstrumentationScope = Object.freeze({ name: 'throughline/express' });

/**
 * A request of Express 4, Express 5 or Connect. It follows the router as it matches, by what that sets
 * on the request: `params` before each layer that is reached, `baseUrl` when it enters and leaves a mounted
 * router, `route` when a route matches. At the close of the response it would be too late: `next(err)` has
 * put `baseUrl` back.
 *
 *     app.use('/api/:version', api)   baseUrl = '/api/v1', params = { version: 'v1' }
 *     api.get('/users/:id', …)        route = { path: '/users/:id' }   ▶ /api/:version/users/:id
 */
export class ExpressRequestView implements ServerView, Entered {
  readonly req: ExpressRequest;
  readonly res: ServerResponse;
  readonly instrumentation: InstrumentationScope = INSTRUMENTATION;
  readonly #self: unknown;
  /** Outermost first. */
  readonly #mounts: Entrance[] = [];
  #request: ScopedRequest | undefined;
  #baseUrl: string | undefined;
  #params: unknown;
  #matched: Route | undefined;
  /** The route has matched, and its handlers do not run yet. */
  #isMatching: boolean;
  #route: string | undefined;
  /** The mount that was left last. */
  #left: string;
  /** Only while an app is developed. */
  #check: ContextCheck | undefined;
  answers: (() => void) | undefined;

  constructor(req: IncomingMessage, res: ServerResponse, self?: unknown) {
    this.req = req;
    this.res = res;
    this.#self = self;
    this.#request = undefined;
    this.#baseUrl = undefined;
    this.#params = undefined;
    this.#matched = undefined;
    this.#isMatching = false;
    this.#route = undefined;
    this.#left = '';
    this.#check = undefined;
    this.answers = undefined;
  }

  originalUrl(): string {
    return withoutMark(this.req.originalUrl ?? this.req.url ?? '/', this.req);
  }

  /** Router 2.3 and later remember the errors that they pass on. */
  lastError(): unknown {
    const errors = (this.req as { [PASSED_ERRORS]?: Set<unknown> })[PASSED_ERRORS];
    return errors instanceof Set ? [...errors].at(-1) : undefined;
  }

  proxied(): ProxyView | undefined {
    // Asked first: the rest are getters that look through the headers.
    if (!this.req.app?.get?.('trust proxy')) return undefined;
    const { protocol, ip } = this.req;
    return { scheme: protocol, host: believedHost(this.req), clientAddress: ip };
  }

  watch(request: ScopedRequest): void {
    const { req } = this;
    this.#request = request;
    this.#params = req.params;
    this.#begin(req.baseUrl);
    this.#matched = req.route;
    if (isIn(req.route, this.#self)) this.#routeBy(req.route);
    // Connect has no parameters, and an app that `tracing.handler` wraps has none yet.
    Object.defineProperties(req, req.params === undefined && this.#self !== undefined ? WATCHED : WATCHED_WITH_PARAMS);
    req[WATCHER] = this;
    const check = followContext(req, request);
    this.#check = check;
    if (check !== undefined) this.answers = () => check.answers();
  }

  /** The mounts that were entered before anybody watched. */
  #begin(baseUrl: string | undefined): void {
    const template = baseUrl ? templateAround(this.#self, this.req.app) : undefined;
    if (template === undefined) {
      this.enter(baseUrl);
      return;
    }
    this.#baseUrl = baseUrl;
    this.#mounts.push({ path: String(baseUrl), template, params: undefined, layers: undefined, passed: undefined });
  }

  /** A mount counts where something mounted has answered, or failed. */
  route(): string | undefined {
    if (this.#route !== undefined) return this.#route;
    const mount = this.mount() || (this.res.statusCode >= 500 ? this.#left : '');
    return mount === '' ? undefined : mount;
  }

  mount(): string {
    let template = '';
    for (const mount of this.#mounts) template += mount.template;
    return template;
  }

  get request(): ScopedRequest {
    return this.#request as ScopedRequest;
  }

  arrived(): void {
    this.#check?.answers();
  }

  noteError(error: unknown): void {
    exchangeOf(this.req)?.passError(error);
  }

  get baseUrl(): string | undefined {
    return this.#baseUrl;
  }

  get matched(): Route | undefined {
    return this.#matched;
  }

  get params(): unknown {
    return this.#params;
  }

  /** The router has set a property. It is in the middle of its work, which no fault of ours may stop. */
  told(what: 'reach' | 'enter' | 'match', value: unknown): void {
    try {
      if (what === 'reach') this.reach(value);
      else if (what === 'enter') this.enter(value as string | undefined);
      else this.match(value as Route | undefined);
    } catch (error) {
      noteFault('express router', error);
    }
  }

  /** The router sets `params` before each layer that it runs. */
  reach(params: unknown): void {
    this.#params = params;
    this.#check?.reached(
      () => layerWith(params, stackOf(this.req.app))?.name,
      this.#isMatching ? this.#route : undefined,
    );
    const here = activeScope();
    if (this.request.owns(here)) this.request.keepBaggage(here.baggage);
    else this.#bringBack(params);
  }

  /** The layer that is about to run has lost its request. */
  #bringBack(params: unknown): void {
    if (this.#isMatching) return; // its handlers come back by themselves
    const layer = layerWith(params, stackOf(this.req.app));
    if (layer === undefined) enterByChannel(viewOf);
    else enterOnce(layer, viewOf);
  }

  /** The router sets `baseUrl`: longer inside a mounted router, shorter again when it is left. */
  enter(baseUrl: string | undefined): void {
    this.#baseUrl = baseUrl;
    const mounts = this.#mounts;
    const inside = typeof baseUrl === 'string' ? baseUrl : '';
    while (mounts.length > 0 && !inside.startsWith(this.#innermost())) this.#leave();
    if (inside.length <= this.#innermost().length) return;
    const mount = mountAt(inside, this.req, this.req.app, this.#params, mounts.at(-1));
    mounts.push({ ...mount, passed: this.#route });
    this.#route = undefined;
  }

  #leave(): void {
    this.#left = this.mount();
    const passed = this.#mounts.pop()?.passed;
    this.#route ??= passed;
    // A route that has matched inside stays: an error may be on its way.
  }

  /** The router sets `route` twice: when this one matches, and when its handlers run next. */
  match(route: Route | undefined): void {
    if (this.#matched !== undefined) leaveHandlers(this.#matched);
    const isDispatched = this.#isMatching && route === this.#matched;
    this.#matched = route;
    this.#isMatching = !isDispatched;
    if (isDispatched || route === undefined) return;
    this.#routeBy(route);
    enterHandlers(route, this.request.owns(activeScope()), viewOf);
  }

  #routeBy(route: Route | undefined): void {
    const path = route?.path;
    if (path === undefined) return;
    this.#route = withoutMark(joinTemplate(this.mount(), routePattern(path)), this.req);
    if (this.req.upgrade === true) setImmediate(() => exchangeOf(this.req)?.routed());
  }

  /** The path of the innermost mount, which is where the router is. */
  #innermost(): string {
    return this.#mounts.at(-1)?.path ?? '';
  }
}

const PASSED_ERRORS: unique symbol = Symbol.for('router.tracing.publishedErrors');

/** express-ws routes a handshake for `/chat` as `/chat/.websocket`. */
function withoutMark(path: string, { upgrade }: { readonly upgrade?: unknown }): string {
  return upgrade === true ? path.replace(/\/\.websocket(?=$|\?)/, '') || '/' : path;
}

/** The view that watches a request. */
function viewOf(req: unknown): ExpressRequestView | undefined {
  return (req as ExpressRequest | undefined)?.[WATCHER];
}

/** The host that Express believes. Its `hostname` has lost the port, and Express 4 has nothing that kept it. */
function believedHost({ hostname, headers }: ExpressRequest): string | undefined {
  if (hostname === undefined) return undefined;
  const named = (header: string | undefined): boolean =>
    header === hostname || header?.startsWith(`${hostname}:`) === true;
  return [firstItem(headers['x-forwarded-host']), headers.host].find(named) ?? hostname;
}

/**
 * Shared by all requests, so that watching one costs no closure. The properties read as before, and an
 * object that inherits from the request (`Object.create(req)`) gets properties of its own, as before.
 */
const WATCHED: PropertyDescriptorMap = {
  baseUrl: {
    configurable: true,
    enumerable: true,
    get(this: ExpressRequest): string | undefined {
      return this[WATCHER]?.baseUrl;
    },
    set(this: ExpressRequest, baseUrl: string) {
      const view = this[WATCHER];
      if (view?.req === this) view.told('enter', baseUrl);
      else own(this, 'baseUrl', baseUrl);
    },
  },
  route: {
    configurable: true,
    enumerable: true,
    get(this: ExpressRequest): Route | undefined {
      return this[WATCHER]?.matched;
    },
    set(this: ExpressRequest, route: Route | undefined) {
      const view = this[WATCHER];
      if (view?.req === this) view.told('match', route);
      else own(this, 'route', route);
    },
  },
};

/** As `WATCHED`; Connect has no parameters. */
const WATCHED_WITH_PARAMS: PropertyDescriptorMap = {
  ...WATCHED,
  params: {
    configurable: true,
    enumerable: true,
    get(this: ExpressRequest): unknown {
      return this[WATCHER]?.params;
    },
    set(this: ExpressRequest, params: unknown) {
      const view = this[WATCHER];
      if (view?.req === this) view.told('reach', params);
      else own(this, 'params', params);
    },
  },
};

function own(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, configurable: true, enumerable: true, writable: true });
}
