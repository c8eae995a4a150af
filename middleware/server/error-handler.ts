import type { IncomingMessage, ServerResponse } from 'node:http';
import { noteFault } from '../../src/core/diagnostics.ts';
import { exchangeOf } from './server-exchange.ts';

/** An error handler of Express and Connect, which they know by its four parameters. */
export type ErrorHandler = (
  error: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/**
 * Notes the error that reached it on the span of the request and passes it on, the same object. Whether
 * the request failed the answer says: one that the app answers with less than 500 leaves no trace.
 */
export function tracingErrors(
  error: unknown,
  req: IncomingMessage,
  _res: ServerResponse,
  next: (error?: unknown) => void,
): void {
  try {
    exchangeOf(req)?.noteError(error);
  } catch (fault) {
    noteFault('tracing.errors()', fault);
  }
  next(error);
}
