import { tracingChannel } from 'node:diagnostics_channel';
import { observeRejection } from '../../src/core/functions/promise.ts';
import type { ScopedRequest } from '../../src/core/scope/request-scope.ts';
import { activeScope, bindChannel, type Scope } from '../../src/core/scope/scope.ts';

// Express calls each middleware and handler where its predecessor called `next`: after one that lost the
// context (a queue, a callback of a pool) that is nowhere, or in another request. There is no event for it,
// so what is about to be called is put into the scope of its request in one of three ways, each for the
// moment of one call: nothing of the app's routers is changed for longer, and nothing of Express is patched.
//
//   handlers of a route         `dispatch` reads `route.stack` between two writes of `req.route`
//   a middleware of router 2.3  announced by a channel, which says in what scope it runs
//   an older middleware         known by its `params`, which the router sets on the request before the call

/** A layer of Express's router, as far as it is needed. */
export interface Layer {
  readonly name?: unknown;
  readonly params?: unknown;
  /** The matched text, while that request is routed. Express 4 and router 2.0 to 2.2. */
  readonly path?: unknown;
  readonly regexp?: unknown;
  readonly keys?: unknown;
  /** As written. Router 2.3 and later. */
  readonly rawPath?: unknown;
  readonly route?: unknown;
  handle?: Handle | undefined;
}

type Handle = ((...args: unknown[]) => unknown) & { readonly stack?: readonly Layer[] };

/** A route of Express's router. */
export interface Route {
  readonly path?: unknown;
  stack?: Layer[];
}

/** The request that a call of a handler is about, and who wants to hear of its error. */
export interface Entered {
  readonly request: ScopedRequest;
  /** A handler of a route is about to be called, in whatever scope. */
  arrived(): void;
  noteError(error: unknown): void;
}

/** Finds what is known of the request in the arguments of a handler. */
export type EnteredOf = (req: unknown) => Entered | undefined;

const MAX_DEPTH = 8;

/** The layer of this stack, or of a router below it, that matched with this very object. */
export function layerWith(params: unknown, stack: readonly Layer[] | undefined): Layer | undefined {
  try {
    return findLayer(stack, params, 0);
  } catch {
    return undefined;
  }
}

/** The layers of an app. Express 4 keeps them in `_router`, and throws at whoever asks for `router`. */
export function stackOf(app: unknown): readonly Layer[] | undefined {
  const owner = app as { readonly _router?: Handle; readonly router?: Handle } | undefined;
  return (owner?._router ?? owner?.router)?.stack;
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

/** The layer whose next call is to enter a scope, and the handle it has otherwise. */
let awaited: { readonly layer: Layer; readonly handle: Handle } | undefined;

/** Has the call of a layer that is about to come run in the scope of the request that it is called for. */
export function enterOnce(layer: Layer, enteredOf: EnteredOf): void {
  giveBack();
  const { handle } = layer;
  if (typeof handle !== 'function') return;
  awaited = { layer, handle };
  layer.handle = likeHandle(handle, function enterLayer(this: unknown, ...args: unknown[]): unknown {
    giveBack();
    const entered = enteredOf(args[args.length === 4 ? 1 : 0]);
    if (entered === undefined) return Reflect.apply(handle, this, args);
    return entered.request.enter(Reflect.apply, handle, this, args);
  });
  queueMicrotask(giveBack); // Express passes an error handler by without calling it
}

/** The layer that was to be called has the app's handle again. */
function giveBack(): void {
  if (awaited !== undefined) awaited.layer.handle = awaited.handle;
  awaited = undefined;
}

let isBound = false;

/** Has all middlewares of newer routers run in the scope of their request: for an app that was seen to lose one. */
export function enterByChannel(enteredOf: EnteredOf): void {
  if (isBound) return;
  isBound = true;
  bindChannel(tracingChannel('express.router.request').start, (message) => scopeFor(message, enteredOf));
}

function scopeFor(message: unknown, enteredOf: EnteredOf): Scope {
  const here = activeScope();
  const request = enteredOf((message as { readonly req?: unknown }).req)?.request;
  return request === undefined || request.owns(here) ? here : request.scope;
}

/** Handlers that enter the scope of their request, by the handlers of the app's that they call. */
const entering = new WeakMap<readonly Layer[], Layer[]>();
/** And the other way. */
const entered = new WeakMap<readonly Layer[], Layer[]>();

/**
 * Has the handlers of a route enter the scope of their request, until `leaveHandlers`. Those of newer routers
 * need it only where the context may be lost between them, or was: their errors are known otherwise.
 */
export function enterHandlers(route: Route, isInScope: boolean, enteredOf: EnteredOf): void {
  const { stack } = route;
  if (!Array.isArray(stack) || entered.has(stack)) return;
  if (isInScope && stack.length === 1 && stack[0]?.rawPath !== undefined) return;
  let made = entering.get(stack);
  if (made?.length !== stack.length) {
    made = stack.map((layer) => enteringLayer(layer, enteredOf));
    entering.set(stack, made);
    entered.set(made, stack);
  }
  route.stack = made;
}

/** The route has the handlers of the app again. */
export function leaveHandlers(route: Route): void {
  const original = route.stack && entered.get(route.stack);
  if (original !== undefined) route.stack = original;
}

function enteringLayer(layer: Layer, enteredOf: EnteredOf): Layer {
  const { handle } = layer;
  if (typeof handle !== 'function') return layer;
  const entersScope = likeHandle(handle, function enterHandler(this: unknown, ...args: unknown[]): unknown {
    return call(handle, this, args, enteredOf(args[args.length === 4 ? 1 : 0]));
  });
  return Object.create(layer, { handle: { value: entersScope } }) as Layer;
}

function call(handle: Handle, self: unknown, args: unknown[], by: Entered | undefined): unknown {
  if (by === undefined) return Reflect.apply(handle, self, args);
  by.arrived();
  const last = args.length - 1;
  const next = args[last];
  if (typeof next === 'function') {
    args[last] = (error?: unknown): unknown => {
      if (isError(error)) by.noteError(error);
      return (next as Handle)(error);
    };
  }
  const note = (error: unknown): void => {
    if (isError(error)) by.noteError(error);
  };
  try {
    return observeRejection(by.request.enter(Reflect.apply, handle, self, args), note);
  } catch (error) {
    note(error);
    throw error;
  }
}

/** True for whatever Express takes for an error; these two words skip handlers. */
export function isError(value: unknown): boolean {
  return value !== undefined && value !== null && value !== 'route' && value !== 'router';
}

/** Express tells an error handler by its number of parameters. */
function likeHandle(handle: Handle, made: Handle): Handle {
  const { name, length } = handle;
  return Object.defineProperties(made, { name: { value: name }, length: { value: length } });
}
