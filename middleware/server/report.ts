import { noteFault } from '../../src/core/diagnostics.ts';
import type { RequestLike } from './current.ts';
import { exchangeIn } from './current.ts';

/** Names the route of a request: for its span, its metrics and sampling rules alike. */
export function nameRoute(request: RequestLike, template: string): void {
  try {
    if (typeof template === 'string' && template !== '') exchangeIn(request)?.routeBy(template);
  } catch (error) {
    noteFault('tracing.route()', error);
  }
}

/** Notes the error of a request, which counts when its answer is a failure. */
export function reportError(request: RequestLike, error: unknown): void {
  try {
    exchangeIn(request)?.reportError(error);
  } catch (fault) {
    noteFault('tracing.error()', fault);
  }
}
