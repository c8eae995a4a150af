import type { IncomingMessage, ServerResponse } from 'node:http';
import { type OptionError, optionError, showValue } from '../../src/core/options/errors.ts';
import type { RequestLike } from './current.ts';
import { type ErrorHandler, tracingErrors } from './error-handler.ts';
import { expressMiddleware } from './express.ts';
import { listenToFastify } from './fastify-channel.ts';
import { type RequestListener, tracedListener } from './http.ts';
import { type KoaContext, koaMiddleware } from './koa.ts';
import { tracedLayer } from './layer.ts';
import { metaTag } from './meta-tag.ts';
import { createMetricsHandler, type MetricsHandler } from './metrics-handler.ts';
import { nameRoute, reportError } from './report.ts';
import { resolveSettings, type TracingOptions } from './server-settings.ts';
import { tracedUpgrade, type UpgradeListener } from './upgrade.ts';

/** A middleware as `tracing()` makes it, of Express 4 and 5, of Connect, and of Koa 2 and 3. */
export interface TracingMiddleware {
  (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void): void;
  /** `object`: from a type of ours Koa's `use` would infer an app whose contexts are ours. */
  (ctx: object, next: () => Promise<unknown>): Promise<unknown>;
}

/** `tracing()` and what hangs on it. */
export interface Tracing {
  /**
   * Makes every request one SERVER span, active in everything the app does for it and named
   * `METHOD /route/:template`; ended exactly once, whatever happens. Mount it first. The same function
   * serves Express and Koa; it may be made before `start()`.
   *
   * @throws TypeError with code `ERR_THROUGHLINE_OPTION` for a wrong option
   *
   * @example
   * app.use(tracing());
   */
  (options?: TracingOptions): TracingMiddleware;
  /**
   * The same for a plain node:http listener.
   *
   * @example
   * http.createServer(tracing.handler((req, res) => res.end('hello'))).listen(8080);
   */
  handler<Result>(listener: RequestListener<Result>, options?: TracingOptions): RequestListener<Result>;
  /**
   * A handler that serves the metrics of requests and spans, as OpenMetrics where the scraper asks for it,
   * else as Prometheus's text. The same function serves Express, Koa and node:http.
   *
   * @example
   * app.get('/metrics', tracing.metrics());
   */
  metrics(): MetricsHandler;
  /**
   * The same for a listener of `upgrade` or `connect`: the handshake is a span, which ends with its answer
   * (101 for a WebSocket).
   *
   * @example
   * server.on('upgrade', tracing.upgrade((req, socket, head) => {
   *   sockets.handleUpgrade(req, socket, head, (ws) => sockets.emit('connection', ws, req));
   * }));
   */
  upgrade<Result>(listener: UpgradeListener<Result>, options?: TracingOptions): UpgradeListener<Result>;
  /**
   * An error handler of Express and Connect that records the error object on the request's span and passes
   * it on. Mount it before the app's own error handlers. An error that these answer with less than 500 is
   * not recorded. Koa needs none.
   *
   * @example
   * app.use(tracing.errors());
   */
  errors(): ErrorHandler;
  /**
   * The same middleware with a span of its own: in Express until it calls `next` or the response closes,
   * in Koa until its promise settles. Error handlers too.
   *
   * @throws TypeError with code `ERR_THROUGHLINE_OPTION` for a name or a middleware that is none
   *
   * @example
   * app.use(tracing.layer('auth', requireUser));
   */
  layer<Layer extends (...args: never[]) => unknown>(name: string, middleware: Layer): Layer;
  /**
   * Names the route of a request by hand, where its framework has none, or another one is better: in the
   * span, in metrics and for sampling rules alike. It holds whatever a router says. Takes a request or
   * response of node's, or Koa's context.
   *
   * @example
   * tracing.route(req, '/graphql/:operation');
   */
  route(request: RequestLike, template: string): void;
  /**
   * Reports the error that a request fails by, where a framework answers for it before anybody else sees it.
   * It is on the span when the answer is a 5xx, and nowhere when it is not.
   *
   * @example
   * catch(error, host) { tracing.error(host.switchToHttp().getRequest(), error); super.catch(error, host); }
   */
  error(request: RequestLike, error: unknown): void;
  /**
   * The active context as an HTML element, for the head of a page whose scripts go on with the trace:
   * `<meta name="traceparent" content="00-…">`. Empty where nothing is active.
   */
  metaTag(): string;
}

function createMiddleware(options: TracingOptions = {}): TracingMiddleware {
  const settings = resolveSettings('tracing', options);
  listenToFastify();
  // Three parameters, as Express counts them: four would make it an error handler. Koa passes two.
  function tracingMiddleware(
    first: object,
    second: ServerResponse | (() => Promise<unknown>),
    third?: (error?: unknown) => void,
  ): unknown {
    if (third === undefined) {
      if (typeof second !== 'function') throw misplaced('tracing()', 'http.createServer(tracing.handler(listener))');
      return koaMiddleware(first as KoaContext, second as () => Promise<unknown>, settings, tracingMiddleware);
    }
    return expressMiddleware(first as IncomingMessage, second as ServerResponse, third, settings, tracingMiddleware);
  }
  return tracingMiddleware as TracingMiddleware;
}

function createHandler<Result>(
  listener: RequestListener<Result>,
  options: TracingOptions = {},
): RequestListener<Result> {
  if (isExchange(listener, options)) {
    throw misplaced('tracing.handler', 'http.createServer(tracing.handler(listener))');
  }
  const settings = resolveSettings('tracing.handler', options);
  if (typeof listener !== 'function') {
    throw optionError(`tracing.handler(): expected a request listener, got ${showValue(listener)}`);
  }
  listenToFastify();
  return tracedListener(listener, settings);
}

function createUpgrade<Result>(
  listener: UpgradeListener<Result>,
  options: TracingOptions = {},
): UpgradeListener<Result> {
  if (isExchange(listener, options)) {
    throw misplaced('tracing.upgrade', "server.on('upgrade', tracing.upgrade(listener))");
  }
  const settings = resolveSettings('tracing.upgrade', options);
  if (typeof listener !== 'function') {
    throw optionError(`tracing.upgrade(): expected an upgrade listener, got ${showValue(listener)}`);
  }
  return tracedUpgrade(listener, settings);
}

function createErrors(...given: unknown[]): ErrorHandler {
  if (given.length > 0) throw misplaced('tracing.errors', 'app.use(tracing.errors())');
  return tracingErrors;
}

function createMetrics(...given: unknown[]): MetricsHandler {
  if (given.length > 0) throw misplaced('tracing.metrics', "app.get('/metrics', tracing.metrics())");
  return createMetricsHandler();
}

function createLayer<Layer extends (...args: never[]) => unknown>(name: string, middleware: Layer): Layer {
  if (isMessage(name)) throw misplaced('tracing.layer', "app.use(tracing.layer('name', middleware))");
  return tracedLayer(name, middleware);
}

/** A factory that was handed over itself, in the place of what it makes. */
function misplaced(what: string, meant: string): OptionError {
  const forgotten = what.endsWith(')') ? 'is a middleware, and was called as a listener' : 'was called with a request';
  return optionError(`${what} ${forgotten}; did you mean ${meant}?`);
}

/** True for the arguments that node calls its listeners with. */
function isExchange(first: unknown, second: unknown): boolean {
  return isMessage(first) && typeof second === 'object';
}

/** A request of node's, or a context of Koa's. */
function isMessage(value: unknown): boolean {
  return typeof value === 'object' && value !== null && ('headers' in value || 'req' in value);
}

export const tracing: Tracing = Object.assign(createMiddleware, {
  handler: createHandler,
  upgrade: createUpgrade,
  errors: createErrors,
  error: reportError,
  route: nameRoute,
  layer: createLayer,
  metaTag,
  metrics: createMetrics,
});
