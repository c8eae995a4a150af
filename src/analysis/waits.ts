import { isCall } from './calls.ts';
import { isSkewed, type Times } from './times.ts';
import type { TreeNode } from './types.ts';

/** Time that passes before work begins. */
export interface Wait {
  /** `request`: client start to server start. `handler`: server start to its handler. `connection`: before a call has one. */
  readonly what: 'request' | 'handler' | 'connection';
  /** The span that waits. */
  readonly node: TreeNode;
  /** The span that begins after it, where there is one. */
  readonly next: TreeNode | undefined;
  readonly fromMs: number;
  readonly toMs: number;
}

/** The waits that a span shows. Between clocks that disagree there are none. */
export function waitsOf(node: TreeNode, times: Times): Wait[] {
  return [requestWait(node, times), handlerWait(node, times), connectionWait(node, times)].filter(
    (wait): wait is Wait => wait !== undefined && wait.toMs >= wait.fromMs,
  );
}

/** From the client's start to the server's: connecting, the network, and the server's queue. */
function requestWait(call: TreeNode, times: Times): Wait | undefined {
  if (call.span.kind !== 'client') return undefined;
  const server = call.children.find(({ span, transit }) => transit && span.kind === 'server');
  if (!server || isSkewed(server)) return undefined;
  return { what: 'request', node: call, next: server, fromMs: times.startOf(call), toMs: times.startOf(server) };
}

/** Handlers show as spans named so: `request handler - /orders` (OpenTelemetry's Express), `handler`. */
const HANDLER = /\bhandler\b/i;

function handlerWait(server: TreeNode, times: Times): Wait | undefined {
  if (server.span.kind !== 'server') return undefined;
  const handler = server.children.find(({ span }) => span.kind === 'internal' && HANDLER.test(span.name));
  if (!handler) return undefined;
  return { what: 'handler', node: server, next: handler, fromMs: times.startOf(server), toMs: times.startOf(handler) };
}

/** Events of a call that say: from here on it has its connection. */
const CONNECTED: ReadonlySet<string> = new Set(['connect', 'connected', 'connection.acquired', 'socket']);

function connectionWait(call: TreeNode, times: Times): Wait | undefined {
  if (!isCall(call.span)) return undefined;
  const event = call.span.events.find(({ name }) => CONNECTED.has(name));
  if (!event) return undefined;
  const toMs = Math.min(event.timeMs + times.shiftOf(call), times.endOf(call));
  return { what: 'connection', node: call, next: undefined, fromMs: times.startOf(call), toMs };
}
