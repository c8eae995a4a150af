import { activeScope, runInScope } from '../scope/scope.ts';
import { type AnyFunction, likeOriginal } from './wrap.ts';

/**
 * A function that runs in the scope that is active now, whoever calls it and when: for callbacks that
 * lose their context, such as those of pools and event emitters. `this`, arguments and result pass
 * through; name and length are kept. What it holds on to is the scope, not what spans recorded.
 *
 * @example
 * emitter.on('message', bind((message) => handle(message)));
 */
export function bind<F extends AnyFunction>(fn: F): F {
  const scope = activeScope();
  function bound(this: unknown, ...args: unknown[]): unknown {
    return runInScope(scope, () => fn.apply(this, args));
  }
  return likeOriginal(bound, fn);
}
