import type { AnyFunction } from '../../leaves/like-original.ts';
import { optionError, showValue, wrongArgument } from '../options/errors.ts';
import { isText } from '../options/options.ts';
import { readWrapOptions, type WrapOptions, wrapFor } from './wrap.ts';

/** A decorator of methods and getters, static and inherited ones too; with standard decorators private ones as well. */
export interface TracedDecorator {
  /** As the standard has it. */
  <F extends AnyFunction>(value: F, context: ClassMethodDecoratorContext | ClassGetterDecoratorContext): F;
  /** As TypeScript's `experimentalDecorators` has it, which NestJS and TypeORM need. */
  <T>(target: object, key: string | symbol, descriptor: TypedPropertyDescriptor<T>): TypedPropertyDescriptor<T>;
}

/**
 * Makes a method or getter a traced function: a span a call, named `name` (default: the member's own name). It is a
 * standard decorator, and one of TypeScript's `experimentalDecorators`.
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION` on anything but a method or getter, and for a wrong option
 *
 * @example
 * class Orders {
 *   @traced('orders.find', { attributes: (id) => ({ 'order.id': id }) })
 *   async find(id: string) { … }
 * }
 */
export function traced(name?: string, options: WrapOptions = {}): TracedDecorator {
  if (name !== undefined && !isText(name)) throw wrongArgument(CALLER, 'a name', name, hintFor(name));
  const read = readWrapOptions(CALLER, options); // here, where the mistake is; not at each use
  function wrap<F extends AnyFunction>(fn: F, member: string | symbol): F {
    return wrapFor(CALLER, name ?? String(member), fn, read as WrapOptions<F>);
  }
  return function decorate(value: unknown, context: unknown, descriptor?: unknown): unknown {
    if (typeof context === 'string' || typeof context === 'symbol') return legacyMember(context, descriptor, wrap);
    const { kind, name: member } = (context ?? {}) as Partial<
      ClassMethodDecoratorContext | ClassGetterDecoratorContext
    >;
    if (kind !== 'method' && kind !== 'getter') throw wrongTarget(kind === undefined ? 'none' : showValue(kind));
    return wrap(value as AnyFunction, member ?? kind);
  } as TracedDecorator;
}

const CALLER = '@traced';

/** `@traced` without its parentheses is called with what it decorates. */
function hintFor(name: unknown): string {
  return typeof name === 'function' || typeof name === 'object' ? 'did you mean @traced()?' : '';
}

type Wrap = <F extends AnyFunction>(fn: F, member: string | symbol) => F;

function legacyMember(member: string | symbol, descriptor: unknown, wrap: Wrap): PropertyDescriptor {
  const { value, get } = (descriptor ?? {}) as PropertyDescriptor;
  if (typeof value === 'function')
    return { ...(descriptor as object), value: withMetadata(wrap(value, member), value) };
  if (typeof get === 'function') return { ...(descriptor as object), get: wrap(get, member) };
  throw wrongTarget(typeof descriptor === 'number' ? 'a parameter' : 'a field');
}

/**
 * Metadata that the package reflect-metadata keeps of a function: decorators that ran before (NestJS's `@Get()` below ours) put
 * their own there, by the function that they saw.
 */
interface MetadataReflect {
  getOwnMetadataKeys?(target: object): readonly unknown[];
  getOwnMetadata?(key: unknown, target: object): unknown;
  defineMetadata?(key: unknown, value: unknown, target: object): void;
}

function withMetadata<F extends AnyFunction>(wrapped: F, original: AnyFunction): F {
  const reflect = Reflect as MetadataReflect;
  for (const key of reflect.getOwnMetadataKeys?.(original) ?? []) {
    reflect.defineMetadata?.(key, reflect.getOwnMetadata?.(key, original), wrapped);
  }
  return wrapped;
}

function wrongTarget(got: string): TypeError {
  return optionError(`${CALLER}(): works on methods and getters, got ${got}`);
}
