import { tracingChannel } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { isDevelopment, noteFault, sayOnce } from '../../src/core/diagnostics.ts';
import { activeScope } from '../../src/core/scope/scope.ts';
import type { RecordingSpan } from '../../src/core/spans/recording-span.ts';

// A middleware that hands `next` to the callback of a pool or an emitter made outside of the request loses
// the context, and the trace breaks somewhere below it without a word. While an app is developed, each
// layer that is reached is asked whether the context is still there; of the first that lacks it, the layer
// before is to blame.

/** A layer of Express's router, as far as it is needed. */
interface Layer {
  readonly name?: unknown;
  readonly params?: unknown;
  readonly handle?: { readonly stack?: readonly Layer[] } | undefined;
}

const MAX_DEPTH = 8;

/** The requests that are followed; only while an app is developed. */
const followed = new WeakMap<object, ContextCheck>();

/** Follows one request from layer to layer, and says once for each middleware that it loses the context. */
export class ContextCheck {
  readonly #span: RecordingSpan;
  #last: string | undefined;
  #hasReported = false;

  constructor(span: RecordingSpan) {
    this.#span = span;
    this.#last = undefined;
  }

  /** The router goes on with `layer`. */
  reached(layer: string | undefined): void {
    this.#ask();
    if (layer !== undefined) this.#last = layer;
  }

  /** The answer begins: the last layer had its turn. */
  answers(): void {
    this.#ask();
  }

  #ask(): void {
    if (this.#hasReported || activeScope().span?.traceId === this.#span.traceId) return;
    this.#hasReported = true; // everything further down only inherits the loss
    const where = this.#last === undefined ? 'after tracing()' : `in the middleware "${this.#last}"`;
    sayOnce(
      `context was lost ${where}: spans below it are in no trace; wrap the callback that it waits for with bind(), or take current(req)`,
    );
  }
}

/** Begins to follow a request, where the app is being developed (`NODE_ENV=development`, `NODE_DEBUG=throughline`). */
export function followContext(req: IncomingMessage, span: RecordingSpan): ContextCheck | undefined {
  if (!isDevelopment) return undefined;
  const check = new ContextCheck(span);
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
      followed.get(req)?.reached(nameOf(handler));
    } catch (error) {
      noteFault('context check', error);
    }
  });
}

/** Older routers set `params` before they run a layer, to the very object that the layer matched. */
export function layerOf(app: unknown, params: unknown): string | undefined {
  try {
    const owner = app as { readonly _router?: Layer['handle']; readonly router?: Layer['handle'] } | undefined;
    // Express 4 keeps it in `_router`, and throws at whoever asks for `router`.
    return nameOf(findLayer((owner?._router ?? owner?.router)?.stack, params, 0));
  } catch {
    return undefined;
  }
}

function findLayer(stack: readonly Layer[] | undefined, params: unknown, depth: number): Layer | undefined {
  if (!Array.isArray(stack) || depth > MAX_DEPTH) return undefined;
  for (const layer of stack as readonly Layer[]) {
    if (layer.params === params) return layer;
    const inner = findLayer(layer.handle?.stack, params, depth + 1);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

function nameOf(layer: { readonly name?: unknown } | undefined): string | undefined {
  return typeof layer?.name === 'string' ? layer.name.slice(0, 100) || '<anonymous>' : undefined;
}
