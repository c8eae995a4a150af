import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

const CONNECTION: unique symbol = Symbol('throughline.connection');

interface Connected {
  [CONNECTION]?: Connection;
}

/**
 * A connection of HTTP/1, for what only it can tell. One listener a connection, not one a request:
 * a `timeout` listener on the response would keep node from closing the connection (http.Server,
 * `server.setTimeout`), one on the socket changes nothing.
 */
export class Connection {
  /** Nothing moved on it for as long as the app allows, since the newest request began. */
  timedOut = false;
  readonly #socket: Socket;
  #queued: Set<() => void> | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#queued = undefined;
    socket.on('timeout', () => {
      this.timedOut = true;
    });
  }

  /** Bytes that were written to it so far; undefined while answers wait in it, whose bytes those may be. */
  get bytesWritten(): number | undefined {
    return this.#queued === undefined || this.#queued.size === 0 ? this.#socket.bytesWritten : undefined;
  }

  /**
   * Calls `lost` when the connection closes. For the response of a pipelined request that waits for its
   * turn: nobody closes that one (Node 20 and 22). Returns how to forget it.
   */
  onLost(lost: () => void): () => void {
    this.#queued ??= this.#watch();
    const queued = this.#queued;
    queued.add(lost);
    return () => void queued.delete(lost);
  }

  #watch(): Set<() => void> {
    const queued = new Set<() => void>();
    this.#socket.on('close', () => {
      for (const lost of [...queued]) lost();
    });
    return queued;
  }
}

/** The connection of a request that a server of HTTP/1 has accepted. */
export function connectionOf(req: IncomingMessage): Connection | undefined {
  const socket = req.socket as (Socket & Connected & { server?: object | null }) | null | undefined;
  if (!socket?.server || req.httpVersionMajor !== 1) return undefined;
  let connection = socket[CONNECTION];
  if (connection === undefined) {
    connection = new Connection(socket);
    socket[CONNECTION] = connection;
  }
  return connection;
}

/** A response that waits for those of earlier requests on its connection. */
export function isQueued(res: ServerResponse): boolean {
  return res.socket === null && !res.closed && !res.writableFinished;
}
