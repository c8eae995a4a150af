import { type AnyFunction, likeOriginal } from '../../leaves/like-original.ts';
import { type EmitterLike, emitIn } from '../scope/emitter.ts';
import { activeScope, runInScope, type Scope } from '../scope/scope.ts';

/**
 * Keeps the scope that is active now for what would lose it, such as callbacks of pools. Of
 *
 * - a function: one that runs in this scope, whoever calls it and when. `this`, arguments and result pass
 *   through; name and length are kept;
 * - an emitter: the same object, whose listeners all run in this scope, in their order;
 * - any other object: one like it, whose methods run in this scope.
 *
 * It holds on to the scope, not to what spans recorded. Anything else is handed back as it is.
 *
 * @example
 * pool.take(bind((connection) => handle(connection)));
 * bind(job).on('done', () => report());
 */
export function bind<Target extends object>(target: Target): Target {
  const scope = activeScope();
  if (typeof target === 'function') return boundFunction(scope, target as AnyFunction) as Target;
  if (typeof target !== 'object' || target === null) return target;
  if (!isEmitter(target)) return boundObject(scope, target);
  if (!Object.isExtensible(target)) return target;
  return emitIn(target, (fn, ...args) => runInScope(scope, fn, ...args));
}

function isEmitter(target: object): target is EmitterLike {
  const { emit, on } = target as Partial<Record<'emit' | 'on', unknown>>;
  return typeof emit === 'function' && typeof on === 'function';
}

function boundFunction<F extends AnyFunction>(scope: Scope, fn: F): F {
  function bound(this: unknown, ...args: unknown[]): unknown {
    return runInScope(scope, () => fn.apply(this, args));
  }
  return likeOriginal(bound, fn);
}

/** Methods are called on the object itself, whose private fields a proxy does not have. */
function boundObject<Target extends object>(scope: Scope, target: Target): Target {
  const methods = new WeakMap<object, AnyFunction>();
  return new Proxy(target, {
    get(object, key) {
      const value: unknown = Reflect.get(object, key);
      if (typeof value !== 'function' || key === 'constructor' || isFixed(object, key)) return value;
      const known = methods.get(value);
      if (known !== undefined) return known;
      const method = boundFunction(scope, (...args: unknown[]) => Reflect.apply(value, object, args));
      methods.set(value, method);
      return method;
    },
  });
}

/** A proxy must show such a property as it is. */
function isFixed(object: object, key: PropertyKey): boolean {
  const own = Object.getOwnPropertyDescriptor(object, key);
  return own !== undefined && own.configurable === false && own.writable === false;
}
