import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a response of node:http2's compatibility API has in place of a socket. */
interface Http2Stream {
  readonly destroyed: boolean;
  /** 0 for a stream that ran to its end, else why it was reset. */
  readonly rstCode: number;
}

function http2StreamOf(res: ServerResponse): Http2Stream | undefined {
  const { stream } = res as { stream?: Http2Stream };
  return typeof stream?.rstCode === 'number' ? stream : undefined;
}

/** True when a server stands behind the request: only then does anybody close the response. Injected requests have none. */
export function isServed(req: IncomingMessage): boolean {
  const server = (req.socket as { server?: object | null } | null | undefined)?.server;
  return server !== undefined && server !== null; // a socket that no server accepted has null
}

/** True when `close` of this response has come already, and comes no more. */
export function isClosed(res: ServerResponse): boolean {
  return res.closed === true || http2StreamOf(res)?.destroyed === true;
}

/**
 * Whether a response that is over ran to its end. `writableFinished` alone does not say so (measured on
 * Node 20): HTTP/2 sets it on a stream that the client reset, and HTTP/1 after a write that failed,
 * where only the socket knows of the error.
 */
export function isComplete(req: IncomingMessage, res: ServerResponse): boolean {
  if (!res.writableEnded) return false;
  const stream = http2StreamOf(res);
  if (stream !== undefined) return stream.rstCode === 0;
  return !isServed(req) || (res.writableFinished && !req.socket.errored);
}
