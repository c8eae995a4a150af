import { tracingChannel } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { isDevelopment, noteFault, sayOnce } from '../../src/core/diagnostics.ts';
import type { ScopedRequest } from '../../src/core/scope/request-scope.ts';
import { activeScope, type Scope } from '../../src/core/scope/scope.ts';

// A middleware that hands `next` to the callback of a pool or an emitter made outside of the request loses
// the context, and the trace breaks somewhere below it without a word. While an app is developed, each
// layer that is reached is asked whether the context is still there; of the first that lacks it, the layer
// before is to blame.

/** The requests that are followed; only while an app is developed. */
const followed = new WeakMap<object, ContextCheck>();

/** Follows one request from layer to layer, and says once for each place that it loses the context. */
export class ContextCheck {
  readonly #req: IncomingMessage;
  readonly #request: ScopedRequest;
  #last: string | undefined;
  #route: string | undefined;
  #hasReported = false;

  constructor(req: IncomingMessage, request: ScopedRequest) {
    this.#req = req;
    this.#request = request;
    this.#last = undefined;
    this.#route = undefined;
  }

  /** The router goes on with a layer: of that route, or a middleware. */
  reached(nameOfLayer: () => unknown, route: string | undefined): void {
    this.#ask();
    this.#route = route;
    this.called(nameOfLayer());
  }

  /** A layer of this name is called, as newer routers say themselves. */
  called(name: unknown): void {
    if (typeof name === 'string') this.#last = name.slice(0, 100) || '<anonymous>';
  }

  /** The answer begins: the last layer had its turn. */
  answers(): void {
    this.#ask();
  }

  #ask(): void {
    const here = activeScope();
    if (this.#hasReported || this.#request.owns(here)) return;
    this.#hasReported = true; // everything further down only inherits the loss
    sayOnce(
      `context was lost ${this.#where()}: spans below it are in ${whose(here)}; wrap the callback that it waits for with bind(), or take current(req)`,
    );
  }

  #where(): string {
    if (this.#route !== undefined) return `in the route "${this.#req.method} ${this.#route}"`;
    return this.#last === undefined ? 'after tracing()' : `in the middleware "${this.#last}"`;
  }
}

/** The trace that code in `scope` adds to. */
function whose({ span }: Scope): string {
  return span === undefined ? 'no trace' : `the trace of another request, ${span.traceId}`;
}

/** Begins to follow a request, where the app is being developed (`NODE_ENV=development`, `NODE_DEBUG=throughline`). */
export function followContext(req: IncomingMessage, request: ScopedRequest): ContextCheck | undefined {
  if (!isDevelopment) return undefined;
  const check = new ContextCheck(req, request);
  followed.set(req, check);
  watchLayers();
  return check;
}

let isWatching = false;

/**
 * Express 5's newer routers publish each layer before they run it. A subscriber costs every request of the
 * process microseconds: good enough while an app is developed, and not otherwise.
 */
function watchLayers(): void {
  if (isWatching) return;
  isWatching = true;
  tracingChannel('express.router.request').start.subscribe((message) => {
    try {
      const { req, handler } = message as { req: object; handler?: { readonly name?: unknown } };
      followed.get(req)?.called(handler?.name);
    } catch (error) {
      noteFault('context check', error);
    }
  });
}
