import type { Baggage } from '../../../propagation/baggage.ts';
import { noteFault } from '../diagnostics.ts';
import { activeScope, runInScope, type Scope } from '../scope/scope.ts';
import type { Span, SpanOptions } from '../span.ts';
import { baggageOf } from '../spans/given-context.ts';
import type { Caller } from '../spans/location.ts';
import { NO_SPAN, type RecordingSpan } from '../spans/recording-span.ts';
import { tracerFor } from '../spans/runtime.ts';
import { isNativePromise, isThenable } from './promise.ts';
import { noteThenable } from './thenable.ts';

/**
 * Runs `fn` in a new active span, which ends when its result is there: the callback form of `span`,
 * and all wrappers. `caller` is the public function that the app called: what is above it on the stack
 * is the span's location.
 */
export function callInSpan<Result>(
  name: string,
  options: SpanOptions | undefined,
  caller: Caller,
  fn: (span: Span) => Result,
): Result {
  const outer = activeScope();
  const span = startGuarded(name, options, caller, outer);
  const baggage = baggageFor(options, outer);
  if (span === NO_SPAN) return baggage === outer.baggage ? fn(span) : runWithBaggage(outer, baggage, fn);
  let result: Result;
  try {
    result = runInScope(outer.withSpanAndBaggage(span, baggage), fn, span);
  } catch (error) {
    span.fail(error);
    span.end();
    throw error;
  }
  return endWith(name, span, result);
}

/** No span, but a message's baggage: it goes on, and whatever span is active stays so. */
function runWithBaggage<Result>(outer: Scope, baggage: Baggage | undefined, fn: (span: Span) => Result): Result {
  return runInScope(outer.withSpanAndBaggage(outer.span, baggage), fn, NO_SPAN);
}

/**
 * Starts a span under the one that is active in `scope`. That may fail on hostile options (a throwing
 * Proxy): then there is no span, and the app's function runs all the same.
 */
export function startGuarded(
  name: string,
  options: SpanOptions | undefined,
  caller: Caller,
  scope: Scope,
): RecordingSpan {
  try {
    const parent = options?.parent === undefined ? scope.span : options.parent;
    return tracerFor(scope).startSpan(name, options, caller, parent, scope);
  } catch (error) {
    noteFault('span()', error);
    return NO_SPAN;
  }
}

/** The baggage that is active with a span that was started like this. */
export function baggageFor(options: SpanOptions | undefined, scope: Scope): Baggage | undefined {
  try {
    return baggageOf(options?.parent, scope);
  } catch {
    return scope.baggage; // hostile options: there is no span either
  }
}

/** Ends `span` when `result` is there, and hands it back. */
function endWith<Result>(name: string, span: Span, result: Result): Result {
  if (!isNativePromise(result)) {
    if (isThenable(result)) noteThenable(name, span);
    span.end();
    return result;
  }
  return result.then(
    (value: unknown) => {
      span.end();
      return value;
    },
    (reason: unknown) => {
      span.fail(reason);
      span.end();
      throw reason;
    },
  ) as Result;
}
