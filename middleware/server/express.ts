import type { IncomingMessage, ServerResponse } from 'node:http';
import type { InstrumentationScope } from '../../src/core/record.ts';
import { runInScope } from '../../src/core/scope/scope.ts';
import { firstItem, type ProxyView } from './forwarded.ts';
import { type ContextCheck, followContext, layerOf } from './lost-context.ts';
import { joinTemplate, mountTemplate, routePattern } from './route.ts';
import { beginRequest, type ServerExchange, type ServerView } from './server-exchange.ts';
import type { ServerSettings } from './server-settings.ts';

/** The view that watches a request: not the exchange's own, which an app of another framework may take over. */
const WATCHER: unique symbol = Symbol('throughline.watcher');

/** A request with all that Express and Connect put on it. It may be missing: Connect has `originalUrl` only. */
interface ExpressRequest extends IncomingMessage {
  [WATCHER]?: ExpressRequestView;
  readonly originalUrl?: string;
  baseUrl?: string;
  params?: unknown;
  route?: MatchedRoute | undefined;
  readonly app?: { get?(name: string): unknown };
  readonly protocol?: string;
  readonly hostname?: string;
  readonly ip?: string;
}

interface MatchedRoute {
  readonly path?: unknown;
}

/** A mounted router around the current position: the whole URL up to here, and the parameters of this mount. */
interface Mount {
  readonly path: string;
  readonly params: unknown;
}

/** Runs the rest of an Express or Connect app in the scope of its request. */
export function expressMiddleware(
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
  settings: ServerSettings,
): void {
  const scope = beginRequest(new ExpressRequestView(req, res), settings);
  if (scope === undefined) next();
  else runInScope(scope, next);
}

const INSTRUMENTATION: InstrumentationScope = Object.freeze({ name: 'throughline/express' });

/**
 * A request of Express 4, Express 5 or Connect. It follows the router as it matches, by what that sets
 * on the request: `baseUrl` when it enters and leaves a mounted router (with `params` holding the
 * parameters of that mount), `route` when a route matches. At the close of the response it would be
 * too late: `next(err)` has put `baseUrl` back.
 *
 *     app.use('/api/:version', api)   baseUrl = '/api/v1', params = { version: 'v1' }
 *     api.get('/users/:id', …)        route = { path: '/users/:id' }   ▶ /api/:version/users/:id
 */
class ExpressRequestView implements ServerView {
  readonly req: ExpressRequest;
  readonly res: ServerResponse;
  readonly instrumentation: InstrumentationScope = INSTRUMENTATION;
  /** Outermost first. */
  readonly #mounts: Mount[] = [];
  #baseUrl: string | undefined;
  #matched: MatchedRoute | undefined;
  #route: string | undefined;
  /** Only while an app is developed. */
  #check: ContextCheck | undefined;
  #params: unknown;
  answers: (() => void) | undefined;

  constructor(req: IncomingMessage, res: ServerResponse) {
    this.req = req;
    this.res = res;
    this.#baseUrl = undefined;
    this.#matched = undefined;
    this.#route = undefined;
    this.#check = undefined;
    this.#params = undefined;
    this.answers = undefined;
  }

  originalUrl(): string {
    return this.req.originalUrl ?? this.req.url ?? '/';
  }

  proxied(): ProxyView | undefined {
    // Asked first: the rest are getters that look through the headers.
    if (!this.req.app?.get?.('trust proxy')) return undefined;
    const { protocol, ip } = this.req;
    return { scheme: protocol, host: believedHost(this.req), clientAddress: ip };
  }

  watch(exchange: ServerExchange): void {
    const { req } = this;
    this.#matched = req.route;
    this.enter(req.baseUrl);
    req[WATCHER] = this;
    Object.defineProperties(req, WATCHED);
    const check = followContext(req, exchange.span);
    if (check === undefined) return;
    this.#check = check;
    this.#params = req.params;
    Object.defineProperty(req, 'params', WATCHED_PARAMS);
    this.answers = () => check.answers();
  }

  route(): string | undefined {
    return this.#route;
  }

  mount(): string {
    return this.#template();
  }

  get baseUrl(): string | undefined {
    return this.#baseUrl;
  }

  get matched(): MatchedRoute | undefined {
    return this.#matched;
  }

  get params(): unknown {
    return this.#params;
  }

  /** The router sets `params` before each layer that it runs. */
  reach(params: unknown): void {
    this.#params = params;
    this.#check?.reached(layerOf(this.req.app, params));
  }

  /** The router sets `baseUrl`: longer inside a mounted router, shorter again when it is left. */
  enter(baseUrl: string | undefined): void {
    this.#baseUrl = baseUrl;
    const mounts = this.#mounts;
    const inside = typeof baseUrl === 'string' ? baseUrl : '';
    while (mounts.length > 0 && !inside.startsWith(this.#innermost())) mounts.pop();
    if (inside.length > this.#innermost().length) mounts.push({ path: inside, params: this.req.params });
  }

  /** The router sets `route`: this one matched, and its handlers run next. */
  match(route: MatchedRoute | undefined): void {
    this.#matched = route;
    const path = route?.path;
    if (path !== undefined) this.#route = joinTemplate(this.#template(), routePattern(path));
  }

  /** The path of the innermost mount, which is where the router is. */
  #innermost(): string {
    const mounts = this.#mounts;
    return mounts.length === 0 ? '' : (mounts[mounts.length - 1] as Mount).path;
  }

  #template(): string {
    let template = '';
    let outer = 0;
    for (const { path, params } of this.#mounts) {
      template += mountTemplate(path.slice(outer), params);
      outer = path.length;
    }
    return template;
  }
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
      if (view?.req === this) view.enter(baseUrl);
      else own(this, 'baseUrl', baseUrl);
    },
  },
  route: {
    configurable: true,
    enumerable: true,
    get(this: ExpressRequest): MatchedRoute | undefined {
      return this[WATCHER]?.matched;
    },
    set(this: ExpressRequest, route: MatchedRoute | undefined) {
      const view = this[WATCHER];
      if (view?.req === this) view.match(route);
      else own(this, 'route', route);
    },
  },
};

/** As `WATCHED`, on top of it while an app is developed. */
const WATCHED_PARAMS: PropertyDescriptor = {
  configurable: true,
  enumerable: true,
  get(this: ExpressRequest): unknown {
    return this[WATCHER]?.params;
  },
  set(this: ExpressRequest, params: unknown) {
    const view = this[WATCHER];
    if (view?.req === this) view.reach(params);
    else own(this, 'params', params);
  },
};

function own(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, configurable: true, enumerable: true, writable: true });
}
