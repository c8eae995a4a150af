import { observeRejection } from '../../src/core/functions/promise.ts';
import type { ScopedRequest } from '../../src/core/scope/request-scope.ts';

/** A middleware of Koa. */
export type KoaMiddleware = (ctx: object, next: () => Promise<unknown>) => unknown;

/** The listener of a chain of middlewares: the next one is entered, one has failed. */
export interface ChainListener {
  entered(): void;
  failed(error: unknown): void;
}

/**
 * The middlewares after `self` in an app's own list, called as koa-compose calls them, but each in the scope of
 * the request: after one that lost the context (a queue that calls `next`, a callback) that is nowhere, or in
 * another request. Undefined where the list is not run by koa-compose, or not all of it: then `next` is to be
 * called.
 */
export function restOfChain(
  app: { readonly middleware?: unknown } | undefined,
  self: unknown,
  next: () => Promise<unknown>,
): readonly KoaMiddleware[] | undefined {
  const list = app?.middleware;
  if (!Array.isArray(list) || next.name !== 'bound dispatch') return undefined;
  const at = list.indexOf(self);
  return at === -1 || list.lastIndexOf(self) !== at ? undefined : (list as KoaMiddleware[]).slice(at + 1);
}

/** Runs a chain to its end, as koa-compose would. */
export function runChain(
  chain: readonly KoaMiddleware[],
  ctx: object,
  request: ScopedRequest,
  listener: ChainListener,
): Promise<unknown> {
  let index = -1;
  function dispatch(at: number): Promise<unknown> {
    if (at <= index) return Promise.reject(new Error('next() called multiple times'));
    index = at;
    const layer = chain[at];
    if (layer === undefined) return Promise.resolve();
    listener.entered();
    try {
      const result = request.enter(layer, ctx, dispatch.bind(null, at + 1));
      return observeRejection(Promise.resolve(result), (error) => listener.failed(error));
    } catch (error) {
      listener.failed(error);
      return Promise.reject(error);
    }
  }
  return dispatch(0);
}
