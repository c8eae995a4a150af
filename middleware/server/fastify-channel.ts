import { tracingChannel } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { noteFault } from '../../src/core/diagnostics.ts';
import { exchangeOf, type ServerExchange } from './server-exchange.ts';

/** A message of Fastify's channel, as far as it is needed. */
interface Handling {
  readonly request?: { readonly raw?: IncomingMessage };
  readonly route?: { readonly url?: unknown };
  readonly error?: unknown;
}

let isListening = false;

/**
 * Fastify 5 says which route handles a request, and what its handler fails by. Nothing is loaded or patched
 * for it, and where Fastify is not in use the channel is silent.
 */
export function listenToFastify(): void {
  if (isListening) return;
  isListening = true;
  const { start, error } = tracingChannel('fastify.request.handler');
  start.subscribe((message) => tell(message, (exchange, { route }) => exchange.routedAs(route?.url)));
  error.subscribe((message) => tell(message, (exchange, handling) => exchange.passError(handling.error)));
}

function tell(message: unknown, note: (exchange: ServerExchange, handling: Handling) => void): void {
  try {
    const handling = message as Handling;
    const exchange = exchangeOf(handling.request?.raw);
    if (exchange !== undefined) note(exchange, handling);
  } catch (error) {
    noteFault('fastify channel', error);
  }
}
