import type { IncomingMessage, ServerResponse } from 'node:http';
import { observeRejection } from '../../src/core/functions/promise.ts';
import type { InstrumentationScope } from '../../src/core/record.ts';
import { ExpressRequestView } from './express.ts';
import type { ServerView } from './request-view.ts';
import { beginRequest, exchangeOf } from './server-exchange.ts';
import type { ServerSettings } from './server-settings.ts';

const INSTRUMENTATION: InstrumentationScope = Object.freeze({ name: 'throughline/http' });

/** A request of node:http alone: no routes, no opinion about proxies. */
class NodeRequestView implements ServerView {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly instrumentation: InstrumentationScope = INSTRUMENTATION;

  constructor(req: IncomingMessage, res: ServerResponse) {
    this.req = req;
    this.res = res;
  }

  originalUrl(): string {
    return this.req.url ?? '/';
  }

  watch(): void {}

  route(): undefined {}

  mount(): string {
    return '';
  }

  proxied(): undefined {}
}

/** An Express app is a listener too, with routes. */
function isExpressApp(listener: object): boolean {
  const { handle, set, request } = listener as Partial<Record<'handle' | 'set' | 'request', unknown>>;
  return typeof handle === 'function' && typeof set === 'function' && typeof request === 'object';
}

/** A node:http request listener. */
export type RequestListener<Result = unknown> = (req: IncomingMessage, res: ServerResponse) => Result;

/**
 * Wraps a node:http request listener: each request becomes a SERVER span, active while the listener
 * runs. What it throws is passed on untouched, and what it returns too, but that a native promise comes
 * back as one derived from it.
 *
 * @example
 * http.createServer(tracing.handler((req, res) => res.end('hello'))).listen(8080);
 */
export function tracedListener<Result>(
  listener: RequestListener<Result>,
  settings: ServerSettings,
): RequestListener<Result> {
  const View = isExpressApp(listener) ? ExpressRequestView : NodeRequestView;
  return function tracingListener(this: unknown, req: IncomingMessage, res: ServerResponse): Result {
    const request = beginRequest(new View(req, res), settings);
    if (request === undefined) return listener.call(this, req, res);
    const note = (error: unknown): void => exchangeOf(req)?.noteError(error);
    try {
      return observeRejection(
        request.enter(() => listener.call(this, req, res)),
        note,
      );
    } catch (error) {
      note(error);
      throw error;
    }
  };
}
