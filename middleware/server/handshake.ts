import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { connectionOf } from './connection.ts';
import type { ResponseEnd } from './response-end.ts';
import { closedBy } from './response-state.ts';

/** The end of a handshake: its status, where it was answered. */
export interface HandshakeEnd extends ResponseEnd {
  readonly status: number | undefined;
}

/**
 * Calls `onEnd` once, when the handshake of an upgrade is over: at the first bytes of its answer, or as its
 * socket closes. Returns how to stop.
 */
export function awaitHandshake(req: IncomingMessage, socket: Duplex, onEnd: (end: HandshakeEnd) => void): () => void {
  const unwatch = watchAnswer(socket, (chunk) => {
    unwatch();
    const status = chunk === undefined ? undefined : statusIn(chunk);
    const ending = chunk === undefined ? closedBy(req, connectionOf(req)?.timedOut === true) : undefined;
    onEnd({ status, ending, bytesWritten: undefined });
  });
  return unwatch;
}

/** Has a WebSocket server taken over the socket? It reads it then, and has answered by itself. */
export function isTakenOver({ socket }: IncomingMessage): boolean {
  return socket.bytesWritten > 0 && socket.listenerCount('data') > 0;
}

/** `HTTP/1.1 101 Switching Protocols`, as the app writes it itself. */
function statusIn(chunk: unknown): number | undefined {
  const text = typeof chunk === 'string' ? chunk.slice(0, 16) : chunk instanceof Uint8Array ? latin1(chunk) : '';
  const code = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1];
  return code === undefined ? undefined : Number(code);
}

function latin1(chunk: Uint8Array): string {
  return Buffer.from(chunk.buffer, chunk.byteOffset, Math.min(16, chunk.byteLength)).toString('latin1');
}

/**
 * Calls `onAnswer` once, with the first bytes that are written to the socket or with nothing when it
 * closes before. There is no event for a write, so `write` and `end` of this one socket stand behind
 * ours until then; afterwards the socket is as it was.
 */
function watchAnswer(socket: Duplex, onAnswer: (chunk: unknown) => void): () => void {
  const { write, end } = socket;
  const onClose = (): void => onAnswer(undefined);
  function unwatch(): void {
    socket.off('close', onClose);
    for (const [name, original] of [['write', write] as const, ['end', end] as const]) {
      if (!Object.hasOwn(socket, name)) continue;
      Reflect.deleteProperty(socket, name);
      if (socket[name] !== original)
        Object.defineProperty(socket, name, { value: original, configurable: true, writable: true });
    }
  }
  function watched(original: typeof write | typeof end): (...args: unknown[]) => unknown {
    return function write(this: Duplex, ...args: unknown[]): unknown {
      const [chunk] = args;
      if (typeof chunk === 'string' || chunk instanceof Uint8Array) onAnswer(chunk);
      return Reflect.apply(original, this, args);
    };
  }
  Object.defineProperty(socket, 'write', { value: watched(write), configurable: true, writable: true });
  Object.defineProperty(socket, 'end', { value: watched(end), configurable: true, writable: true });
  socket.on('close', onClose);
  return unwatch;
}
