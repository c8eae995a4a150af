import type { IncomingMessage, ServerResponse } from 'node:http';
import { callInSpan, startGuarded } from '../../src/core/functions/call-in-span.ts';
import { observeRejection } from '../../src/core/functions/promise.ts';
import { optionError, showValue } from '../../src/core/options/errors.ts';
import { requestOf } from '../../src/core/scope/request-scope.ts';
import { activeScope, ROOT_SCOPE, runInScope, type Scope } from '../../src/core/scope/scope.ts';
import type { RecordingSpan } from '../../src/core/spans/recording-span.ts';
import { isError } from './express-layers.ts';
import { exchangeOf, scopedRequestOf } from './server-exchange.ts';

/** A middleware of Express, Connect or Koa, or an error handler of Express. */
type Middleware = (...args: never[]) => unknown;
type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

/**
 * `middleware` with a span of its own, under the span of its request. The span lasts
 *
 * - in Express and Connect until `next` is called, or else until the response closes: the time of this
 *   middleware alone, whatever it awaits. What comes after `next` belongs to the request again.
 * - in Koa until the promise of the middleware settles, what comes after `next` included: there a
 *   middleware is around what follows, and its children in the trace show how much of it that was.
 *
 * Outside of a traced request the middleware runs as it is.
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION` for a name or a middleware that is none
 */
export function tracedLayer<Layer extends Middleware>(name: string, middleware: Layer): Layer {
  if (typeof name !== 'string' || name === '') {
    throw optionError(`tracing.layer(): expected a name, got ${showValue(name)}`);
  }
  if (typeof middleware !== 'function') {
    throw optionError(`tracing.layer(): expected a middleware, got ${showValue(middleware)}`);
  }
  const layer = middleware as unknown as AnyFunction;
  return named(layer, layer.length === 4 ? errorLayer(name, layer) : plainLayer(name, layer)) as unknown as Layer;
}

/** Express tells an error handler by its number of parameters, and shows a middleware by its name. */
function named(original: AnyFunction, traced: AnyFunction): AnyFunction {
  return Object.defineProperty(traced, 'name', { value: original.name, configurable: true });
}

function plainLayer(name: string, layer: AnyFunction): AnyFunction {
  return function tracedMiddleware(this: unknown, first: unknown, second: unknown, third: unknown): unknown {
    if (third === undefined) {
      const run = (): unknown => Reflect.apply(layer, this, [first, second]);
      return inRequest((first as { req?: unknown } | undefined)?.req, () => koaLayer(name, run));
    }
    const run = (next: unknown): unknown => Reflect.apply(layer, this, [first, second, next]);
    return inRequest(first, () => expressLayer(name, first, second, third, run));
  } as AnyFunction;
}

function errorLayer(name: string, layer: AnyFunction): AnyFunction {
  return function tracedErrorHandler(
    this: unknown,
    error: unknown,
    req: unknown,
    res: unknown,
    next: unknown,
  ): unknown {
    const run = (passOn: unknown): unknown => Reflect.apply(layer, this, [error, req, res, passOn]);
    return inRequest(req, () => expressLayer(name, req, res, next, run));
  } as AnyFunction;
}

/** Runs `fn` in the scope of its request, where that was lost. */
function inRequest(req: unknown, fn: () => unknown): unknown {
  const request = scopedRequestOf(req as IncomingMessage | undefined);
  return request === undefined ? fn() : request.enter(fn);
}

function koaLayer(name: string, run: () => unknown): unknown {
  if (activeScope().span === undefined) return run();
  return callInSpan(name, undefined, koaLayer, run);
}

function expressLayer(
  name: string,
  req: unknown,
  res: unknown,
  next: unknown,
  run: (next: unknown) => unknown,
): unknown {
  const outer = activeScope();
  if (outer.span === undefined || typeof next !== 'function') return run(next);
  const span = startGuarded(name, undefined, expressLayer, outer);
  const stop = span.isRecording() ? endWithResponse(span, res) : () => span.end();
  function note(error: unknown): void {
    span.fail(error); // nothing, where it has ended already: the error is then of what came after
    exchangeOf(req as IncomingMessage)?.passError(error);
    stop();
  }
  function passOn(this: unknown, ...args: unknown[]): unknown {
    if (isError(args[0])) note(args[0]);
    stop();
    return runInScope(afterLayer(span, outer), () => Reflect.apply(next as AnyFunction, this, args));
  }
  try {
    return observeRejection(runInScope(outer.withSpan(span), run, passOn), note);
  } catch (error) {
    note(error);
    throw error;
  }
}

/** Ends the span when the response closes; the function returned ends it before. */
function endWithResponse(span: RecordingSpan, res: unknown): () => void {
  const { on, off } = (res ?? {}) as Partial<ServerResponse>;
  const end = (): void => span.end();
  if (typeof on !== 'function' || typeof off !== 'function') return end;
  on.call(res, 'close', end);
  return () => {
    off.call(res, 'close', end);
    end();
  };
}

/**
 * The scope for what comes after the layer: that in which the layer called `next`, so that baggage it set goes on,
 * but no longer under its span. A layer whose callback lost the context gets back that of the request.
 */
function afterLayer(span: RecordingSpan, outer: Scope): Scope {
  const here = activeScope();
  if (here.span === span) return outer.span === undefined ? outer : here.withSpan(outer.span);
  const request = requestOf(outer);
  if (request === undefined) return here === ROOT_SCOPE ? outer : here;
  return request.owns(here) ? here : outer.withSpanAndBaggage(outer.span, request.scope.baggage);
}
