import { callInSpan, startGuarded } from './call-in-span.ts';
import { contained } from './diagnostics.ts';
import { optionError, showValue } from './errors.ts';
import type { Attributes } from './record.ts';
import { activeScope, runInScope, type Scope } from './scope.ts';
import type { Span, SpanOptions } from './span.ts';

// biome-ignore lint/suspicious/noExplicitAny: the one type that every function is assignable to, whatever its parameters
export type AnyFunction = (...args: any[]) => any;

/** How the spans of a wrapped function are started. */
export interface WrapOptions<F extends AnyFunction = AnyFunction> extends Omit<SpanOptions, 'attributes'> {
  /** Attributes, or a function of the call's arguments that gives them. What it throws is kept from the caller. */
  readonly attributes?: Attributes | ((...args: Parameters<F>) => Attributes);
}

/** A traced function, as `span.wrap` and `@traced` make it. See `SpanFunction.wrap`. */
export function wrapFunction<F extends AnyFunction>(name: string, fn: F, options: WrapOptions<F> = {}): F {
  if (typeof fn !== 'function') throw optionError(`span.wrap(): expected a function, got ${showValue(fn)}`);
  const wrapped = isGenerator(fn) ? wrapGenerator(name, fn, options) : wrapPlain(name, fn, options);
  const { name: fnName, length } = fn;
  Object.defineProperties(wrapped, {
    name: { value: fnName, configurable: true },
    length: { value: length, configurable: true },
  });
  return wrapped as F;
}

function wrapPlain(name: string, fn: AnyFunction, options: WrapOptions): AnyFunction {
  return function traced(this: unknown, ...args: unknown[]): unknown {
    return callInSpan(name, spanOptions(options, args), () => fn.apply(this, args));
  };
}

function spanOptions(options: WrapOptions, args: unknown[]): SpanOptions {
  const { attributes } = options;
  if (typeof attributes !== 'function') return options as SpanOptions;
  try {
    return { ...options, attributes: attributes(...args) };
  } catch (error) {
    contained('attributes of a wrapped function', error);
    return { ...options, attributes: {} };
  }
}

const GENERATORS: readonly object[] = [
  Object.getPrototypeOf(function* () {}),
  Object.getPrototypeOf(async function* () {}),
];

function isGenerator(fn: AnyFunction): boolean {
  return GENERATORS.includes(Object.getPrototypeOf(fn));
}

/** Both kinds, as far as we use them: an async one answers promises of results. */
type AnyGenerator = Generator<unknown, unknown, unknown> & { next(value?: unknown): unknown };

function wrapGenerator(name: string, fn: AnyFunction, options: WrapOptions): AnyFunction {
  return function tracedGenerator(this: unknown, ...args: unknown[]): unknown {
    return traceGenerator(fn.apply(this, args), () => startGuarded(name, spanOptions(options, args)));
  };
}

/**
 * The same generator to its consumer, with each step run in the span's scope. The span starts with the
 * first step, since a generator does nothing before; one that is dropped half-way stays open.
 */
function traceGenerator(generator: AnyGenerator, start: () => Span): AnyGenerator {
  let span: Span | undefined;
  let scope: Scope | undefined;

  function step(advance: () => unknown): unknown {
    span ??= start();
    scope ??= activeScope().withSpan(span);
    try {
      const result = runInScope(scope, advance);
      return result instanceof Promise ? result.then(note, fail) : note(result);
    } catch (error) {
      return fail(error);
    }
  }

  function note(result: unknown): unknown {
    if ((result as IteratorResult<unknown>)?.done === true) span?.end();
    return result;
  }

  function fail(error: unknown): never {
    span?.fail(error);
    span?.end();
    throw error;
  }

  return Object.create(Object.getPrototypeOf(generator), {
    next: { value: (...args: [unknown?]) => step(() => generator.next(...args)) },
    return: { value: (value: unknown) => step(() => generator.return(value)) },
    throw: { value: (error: unknown) => step(() => generator.throw(error)) },
  });
}
