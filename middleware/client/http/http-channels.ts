import type { ClientRequest } from 'node:http';
import { sayOnce } from '../../../src/core/diagnostics.ts';
import { activeScope, isOwnWork } from '../../../src/core/scope/scope.ts';
import { shared } from '../../../src/core/shared.ts';
import { listen } from '../channel.ts';
import { NO_CLIENT_OPTIONS } from '../client-options.ts';
import { attach } from './http-exchange.ts';
import { portInAgent, requestAsMade } from './http-request.ts';

/**
 * One for all copies of the package: each request is shown to one of them. `isMuted` while a traced client calls
 * node:http, synchronously: the request that is created meanwhile is its own.
 */
const channels = shared('http', () => ({ isWatched: false, traceAll: false, isMuted: false }));

/** Node publishes each request that is made since this version; before, nothing can be written into it. */
const FIRST_MAJOR = 22;

/** Traces requests of node:http and node:https that no `traceHttp` made, or no longer. */
export function instrumentHttp(on: boolean): void {
  channels.traceAll = on;
  if (!on) return;
  if (Number(process.versions.node.split('.', 1)[0]) < FIRST_MAJOR) {
    sayOnce(
      `instrument.http needs Node ${FIRST_MAJOR}, this is ${process.versions.node}: requests of node:http are not traced by it; traceHttp() works here`,
    );
    return;
  }
  if (channels.isWatched) return;
  channels.isWatched = true;
  listen<Message>('http.client.request.created', ({ request }) => created(request));
}

/** Runs `create`, which makes a request that its caller traces. */
export function withChannelMuted<Result>(create: () => Result): Result {
  const before = channels.isMuted;
  channels.isMuted = true;
  try {
    return create();
  } finally {
    channels.isMuted = before;
  }
}

interface Message {
  readonly request: ClientRequest;
}

function created(request: ClientRequest): void {
  if (!channels.traceAll || channels.isMuted) return;
  const scope = activeScope();
  if (isOwnWork(scope)) return;
  attach(request, requestAsMade(request, portInAgent(request)), NO_CLIENT_OPTIONS, scope);
}
