import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerEnding } from '../http-attributes.ts';

/** A stream, which a response of node:http2's compatibility API has in place of a socket. */
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
 * True when a response that is over ran to its end. `writableFinished` alone does not say so (measured on
 * Node 20): HTTP/2 sets it on a stream that the client reset, and HTTP/1 after a write that failed,
 * where only the socket knows of the error.
 */
export function isComplete(req: IncomingMessage, res: ServerResponse): boolean {
  if (!res.writableEnded) return false;
  const stream = http2StreamOf(res);
  if (stream !== undefined) return stream.rstCode === 0;
  return !isServed(req) || (res.writableFinished && !req.socket.errored);
}

/**
 * The ending of a response that did not run to its end. The connection tells who closed it (measured on
 * Node 20 to 26): the client's end of it is an `end` or a reset, or bytes that are no HTTP; otherwise it
 * was us, because nothing moved any more or because the app, or a framework, gave the answer up.
 *
 * HTTP/2 closes streams, not connections. CANCEL is what clients send; node sends it too when the app
 * lets a stream time out, and nothing tells the two apart.
 */
export function endingOf(req: IncomingMessage, res: ServerResponse, timedOut: boolean): ServerEnding {
  const stream = http2StreamOf(res);
  if (stream !== undefined) return stream.rstCode === HTTP2_CANCEL ? 'aborted' : 'destroyed';
  return isServed(req) ? closedBy(req, timedOut) : 'aborted';
}

/** The ending of an HTTP/1 request, by who closed its connection. */
export function closedBy(req: IncomingMessage, timedOut: boolean): ServerEnding {
  const code = (req.socket.errored as { code?: unknown } | null)?.code;
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'timeout';
  if (req.socket.readableEnded || isClientsDoing(code)) return 'aborted';
  return timedOut ? 'timeout' : 'destroyed';
}

/** RFC 9113, 7. */
const HTTP2_CANCEL = 8;

/** A reset, a write into one, or bytes that node's parser refuses (`HPE_…`). */
function isClientsDoing(code: unknown): boolean {
  if (typeof code !== 'string') return false;
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'ETIMEDOUT' || code.startsWith('HPE_');
}
