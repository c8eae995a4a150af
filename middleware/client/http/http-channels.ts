import type { ClientRequest, IncomingMessage } from 'node:http';
import { sayOnce } from '../../../src/core/diagnostics.ts';
import { activeScope, isOwnWork } from '../../../src/core/scope/scope.ts';
import { listen } from '../channel.ts';
import { NO_CLIENT_OPTIONS } from '../client-options.ts';
import { beginAttempt } from './http-attempt.ts';
import type { HttpExchange } from './http-exchange.ts';

/** Under which a watched request has its exchange: a WeakMap of all of them costs microseconds in the collector. */
const EXCHANGE: unique symbol = Symbol('throughline.exchange');

interface WatchedRequest {
  readonly [EXCHANGE]?: HttpExchange;
}
let isWatching = false;
let isWatchingCreation = false;
let tracesAll = false;
/** A traced client is calling node:http, synchronously: what is created meanwhile is its own. */
let isTakenCareOf = false;

/** Node publishes each request that is made since this version; before, nothing can be written into it. */
const FIRST_MAJOR = 22;

/** Whether requests of node:http and node:https that no `traceHttp` made are traced too. */
export function instrumentHttp(on: boolean): void {
  tracesAll = on;
  if (!on) return;
  if (Number(process.versions.node.split('.', 1)[0]) < FIRST_MAJOR) {
    sayOnce(
      `instrument.http needs Node ${FIRST_MAJOR}, this is ${process.versions.node}: requests of node:http are not traced by it; traceHttp() works here`,
    );
    return;
  }
  watchAnswers();
  if (isWatchingCreation) return;
  isWatchingCreation = true;
  listen<Message>('http.client.request.created', ({ request }) => created(request));
}

/** Runs `create`, which makes a request that is not to be traced once more. */
export function takingCareOf<Result>(create: () => Result): Result {
  const before = isTakenCareOf;
  isTakenCareOf = true;
  try {
    return create();
  } finally {
    isTakenCareOf = before;
  }
}

/** From here on `exchange` hears of the answer to `request`. */
export function follow(request: ClientRequest, exchange: HttpExchange): void {
  Object.defineProperty(request, EXCHANGE, { value: exchange });
  watchAnswers();
}

function watchAnswers(): void {
  if (isWatching) return;
  isWatching = true;
  // Published for the head of the answer, before the app sees it.
  listen<Message>('http.client.response.finish', ({ request, response }) =>
    (request as WatchedRequest)[EXCHANGE]?.answered(response),
  );
}

interface Message {
  readonly request: ClientRequest;
  readonly response: IncomingMessage;
}

function created(request: ClientRequest): void {
  if (!tracesAll || isTakenCareOf) return;
  const scope = activeScope();
  if (isOwnWork(scope)) return;
  const exchange = beginAttempt(request, NO_CLIENT_OPTIONS, scope);
  if (exchange !== undefined) follow(request, exchange);
}
