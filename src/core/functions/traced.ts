import { optionError, showValue } from '../errors.ts';
import { type AnyFunction, type WrapOptions, wrapFunction } from './wrap.ts';

/** A standard decorator of methods and getters: static, private and inherited ones too. */
export type TracedDecorator = <F extends AnyFunction>(
  value: F,
  context: ClassMethodDecoratorContext | ClassGetterDecoratorContext,
) => F;

/**
 * Makes a method or getter a traced function: a span a call, named `name` (default: the member's own
 * name). Needs standard decorators, not TypeScript's `experimentalDecorators`.
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION` on anything but a method or getter
 *
 * @example
 * class Orders {
 *   @traced('orders.find', { attributes: (id) => ({ 'order.id': id }) })
 *   async find(id: string) { … }
 * }
 */
export function traced(name?: string, options?: WrapOptions): TracedDecorator {
  return function decorate<F extends AnyFunction>(
    value: F,
    context: ClassMethodDecoratorContext | ClassGetterDecoratorContext,
  ): F {
    const kind: unknown = context?.kind;
    if (kind !== 'method' && kind !== 'getter') throw wrongTarget(context);
    return wrapFunction<F>(name ?? String(context.name), value, options as WrapOptions<F>);
  };
}

function wrongTarget(context: unknown): TypeError {
  if (typeof context === 'string' || typeof context === 'symbol') {
    return optionError('@traced(): needs standard decorators; "experimentalDecorators" must be off in tsconfig.json');
  }
  const kind = (context as { kind?: unknown } | undefined)?.kind;
  return optionError(`@traced(): works on methods and getters, got ${kind === undefined ? 'none' : showValue(kind)}`);
}
