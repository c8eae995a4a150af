import { type AnyFunction, likeOriginal } from '../../leaves/like-original.ts';
import { noteFault } from '../diagnostics.ts';
import { wrongArgument } from '../options/errors.ts';
import { checked, isText, type Readers, readOptions } from '../options/options.ts';
import type { Attributes } from '../record.ts';
import { activeScope, runInScope, type Scope } from '../scope/scope.ts';
import type { Span, SpanOptions, SpanParent } from '../span.ts';
import type { Caller } from '../spans/location.ts';
import { NO_SPAN } from '../spans/recording-span.ts';
import { SPAN_KINDS } from '../spans/span-options.ts';
import { callInSpan, startGuarded } from './call-in-span.ts';
import { isNativePromise } from './promise.ts';

/** Options for the spans of a wrapped function, one a call. */
export interface WrapOptions<F extends AnyFunction = AnyFunction>
  extends Omit<SpanOptions, 'attributes' | 'startTime'> {
  /** Attributes, or a function of the call's arguments that gives them. What it throws is kept from the caller. */
  readonly attributes?: Attributes | ((...args: Parameters<F>) => Attributes) | undefined;
}

const READERS = {
  kind: checked(`one of ${SPAN_KINDS.join(', ')}, or 0 to 4`, isKind),
  attributes: checked('an object of attributes, or a function of the arguments', isAttributesOption),
  parent: checked('a span, a span context or null', isParent),
  links: checked('a list of links', isList),
} satisfies Readers<WrapOptions>;

function isKind(given: unknown): given is NonNullable<SpanOptions['kind']> {
  return typeof given === 'number' ? given in SPAN_KINDS : SPAN_KINDS.some((kind) => kind === given);
}

function isAttributesOption(given: unknown): given is NonNullable<WrapOptions['attributes']> {
  return typeof given === 'function' || (typeof given === 'object' && given !== null && !Array.isArray(given));
}

function isParent(given: unknown): given is SpanParent {
  return typeof given === 'object' && !Array.isArray(given);
}

function isList(given: unknown): given is NonNullable<SpanOptions['links']> {
  return Array.isArray(given);
}

/** @throws TypeError with code `ERR_THROUGHLINE_OPTION` for a wrong option */
export function readWrapOptions(caller: string, options: unknown): WrapOptions {
  return readOptions(caller, options, READERS);
}

/** `span.wrap`: see `SpanFunction`. */
export function wrapFunction<F extends AnyFunction>(name: string, fn: F, options: WrapOptions<F> = {}): F {
  return wrapFor('span.wrap', name, fn, options);
}

/**
 * A traced function, made for `caller`, which the app called.
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION` for a wrong argument
 */
export function wrapFor<F extends AnyFunction>(caller: string, name: string, fn: F, options: WrapOptions<F>): F {
  if (!isText(name)) throw wrongArgument(caller, 'a name', name);
  if (typeof fn !== 'function') throw wrongArgument(caller, 'a function', fn);
  const how = readWrapOptions(caller, options);
  return likeOriginal(isGenerator(fn) ? wrapGenerator(name, fn, how) : wrapPlain(name, fn, how), fn);
}

function wrapPlain(name: string, fn: AnyFunction, options: WrapOptions): AnyFunction {
  return function traced(this: unknown, ...args: unknown[]): unknown {
    const target = new.target;
    const call = target
      ? () => Reflect.construct(fn, args, target === traced ? fn : target)
      : () => Reflect.apply(fn, this, args);
    return callInSpan(name, spanOptions(options, args), traced, call);
  };
}

function spanOptions(options: WrapOptions, args: unknown[]): SpanOptions {
  const { attributes } = options;
  if (typeof attributes !== 'function') return options as SpanOptions;
  try {
    return { ...options, attributes: attributes(...args) };
  } catch (error) {
    noteFault('attributes of a wrapped function', error);
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
    return traceGenerator(fn.apply(this, args), (caller, outer) =>
      startGuarded(name, spanOptions(options, args), caller, outer),
    );
  };
}

/**
 * The same generator to its consumer, with each step run in the span's scope. The span starts with the
 * first `next`, since a generator does nothing before; one that is dropped half-way stays open.
 */
function traceGenerator(generator: AnyGenerator, start: (caller: Caller, outer: Scope) => Span): AnyGenerator {
  let span: Span | undefined;
  let scope: Scope | undefined;

  function begin(): void {
    const outer = activeScope();
    span = start(steps.next, outer);
    if (span !== NO_SPAN) scope = outer.withSpan(span);
  }

  function step(advance: () => unknown): unknown {
    span ??= NO_SPAN; // `return` or `throw` before the first `next`: its body never runs
    if (scope === undefined) return advance();
    try {
      const result = runInScope(scope, advance);
      return isNativePromise(result) ? result.then(note, fail) : note(result);
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

  const steps = {
    next(...args: [unknown?]): unknown {
      if (span === undefined) begin();
      return step(() => generator.next(...args));
    },
    return: (value: unknown) => step(() => generator.return(value)),
    throw: (error: unknown) => step(() => generator.throw(error)),
  };
  return Object.assign(Object.create(Object.getPrototypeOf(generator)), steps);
}
