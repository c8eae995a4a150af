import { contained } from './diagnostics.ts';
import { currentTracer } from './runtime.ts';
import { activeScope, runInScope } from './scope.ts';
import { NO_SPAN, type RecordingSpan, type Span, type SpanOptions } from './span.ts';

/** Runs `fn` in a new active span, which ends when its result is there: the callback form of `span`, and all wrappers. */
export function callInSpan<Result>(name: string, options: SpanOptions | undefined, fn: (span: Span) => Result): Result {
  const span = startGuarded(name, options);
  let result: Result;
  try {
    const scope = activeScope();
    result = runInScope(span === NO_SPAN ? scope : scope.withSpan(span), fn, span);
  } catch (error) {
    span.fail(error);
    span.end();
    throw error;
  }
  return endWith(span, result);
}

/** Starting may fail on hostile options (a throwing Proxy): then the app's function runs all the same. */
export function startGuarded(name: string, options: SpanOptions | undefined): RecordingSpan {
  try {
    return currentTracer().startSpan(name, options);
  } catch (error) {
    contained('span()', error);
    return NO_SPAN;
  }
}

/** Ends `span` when `result` is there, and hands it back. */
export function endWith<Result>(span: Span, result: Result): Result {
  if (!(result instanceof Promise)) {
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
