import { sayOnce } from '../diagnostics.ts';
import { optionError, showValue } from '../options/errors.ts';
import { activeScope, enterScope, leaveScope } from '../scope/scope.ts';
import type { Span, SpanOptions } from '../span.ts';
import { baggageFor, callInSpan, startGuarded } from './call-in-span.ts';
import { type WrapOptions, wrapFunction } from './wrap.ts';

/** `span` in its forms. */
export interface SpanFunction {
  /**
   * Starts a span and makes it active until it is disposed, ended, or the scope around it is:
   * `{ using s = span('load'); … }`. Exact for sequential code, sync and async. For callees that run
   * concurrently (`Promise.all` of functions that open scopes before their first `await`) use the
   * callback form or `child`: their scopes share one flow of control, and the last one opened wins.
   */
  (name: string, options?: SpanOptions): Span;
  /**
   * Runs `fn` in a new active span, which ends when `fn` returns or throws, or when the native promise
   * it returns settles. An error is recorded and rethrown, the same object.
   *
   * What is handed back: for a native promise one derived from it, with the same settlement;
   * everything else the very same value. A lazy thenable (a query builder) is not run: the span ends
   * when it is returned; `await` it inside `fn` to measure it.
   *
   * @example
   * const rows = await span('load', async (s) => { s.tag('table', 'orders'); return db.load(); });
   */
  <Result>(name: string, fn: (span: Span) => Result): Result;
  <Result>(name: string, options: SpanOptions, fn: (span: Span) => Result): Result;
  /**
   * A traced function: the same name, length and `this`, a span a call. Functions, async functions,
   * generators and async generators (one span from the first `next` to the end).
   *
   * @throws TypeError with code `ERR_THROUGHLINE_OPTION` when `fn` is no function
   *
   * @example
   * const find = span.wrap('repo.find', findById, { attributes: (id) => ({ 'user.id': id }) });
   */
  wrap<F extends (...args: never[]) => unknown>(name: string, fn: F, options?: WrapOptions<F>): F;
}

type Callback<Result> = (span: Span) => Result;

function createSpan<Result>(
  name: string,
  optionsOrFn?: SpanOptions | Callback<Result>,
  fn?: Callback<Result>,
): Span | Result {
  const callback = fn ?? optionsOrFn;
  if (typeof callback === 'function')
    return callInSpan(name, fn === undefined ? undefined : (optionsOrFn as SpanOptions), createSpan, callback);
  if (fn !== undefined) throw optionError(`span(): expected a function to run, got ${showValue(fn)}`);
  return openScope(name, optionsOrFn as SpanOptions | undefined);
}

/** The scope form: the span is active from here on, until it ends. */
function openScope(name: string, options: SpanOptions | undefined): Span {
  const outer = activeScope();
  const span = startGuarded(name, options, createSpan, outer);
  if (span.localTrace === undefined) return span; // not ours to end, so nothing would leave its scope
  const scope = enterScope(outer.withSpanAndBaggage(span, baggageFor(options, outer), outer));
  span.onEnd(() => {
    if (!leaveScope(scope)) warnOutOfOrder(name);
  });
  return span;
}

/** Said in development only: in production nobody reads it, and the spans are right but for their parents. */
function warnOutOfOrder(name: string): void {
  if (process.env.NODE_ENV === 'production') return;
  sayOnce(
    `scope ${JSON.stringify(name)} was closed while a scope inside it was open: one was not disposed, or they ran ` +
      'concurrently. Spans may hang under the wrong parent; use span(name, fn) or parent.child(name) for concurrent work',
  );
}

/** Function tracing: see {@link SpanFunction}. */
export const span: SpanFunction = Object.assign(createSpan, { wrap: wrapFunction }) as SpanFunction;
