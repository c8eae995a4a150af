import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerEnding } from '../http-attributes.ts';
import { connectionOf, isQueued } from './connection.ts';
import { endingOf, isClosed, isComplete, isServed } from './response-state.ts';

/** The end of a response. */
export interface ResponseEnd {
  /** Undefined for one that ran to its end. */
  readonly ending: ServerEnding | undefined;
  /** Bytes that the connection took for the answer, head and all; undefined where that is not to be told. */
  readonly bytesWritten: number | undefined;
}

/**
 * Calls `onEnd` once, when the response is over: at its `close`, which comes whatever happens, or at once
 * where that has come already. Our listener comes on top of those that the app may have without a warning.
 */
export function awaitEnd(
  req: IncomingMessage,
  res: ServerResponse,
  countsBytes: boolean,
  onEnd: (end: ResponseEnd) => void,
): void {
  if (isClosed(res)) {
    onEnd({ ending: whyIncomplete(req, res, false), bytesWritten: undefined });
    return;
  }
  const allowed = res.getMaxListeners();
  if (allowed > 0) res.setMaxListeners(allowed + 1);
  const connection = connectionOf(req);
  if (connection !== undefined) connection.timedOut = false;
  const writtenBefore = countsBytes && !isQueued(res) ? connection?.bytesWritten : undefined;
  let forget: (() => void) | undefined;
  let isOver = false;
  function end(isFinished: boolean): void {
    forget?.();
    if (isOver) return; // a response without a server behind it may both finish and close
    isOver = true;
    const written = writtenBefore === undefined ? undefined : connection?.bytesWritten;
    onEnd({
      ending: isFinished ? undefined : whyIncomplete(req, res, connection?.timedOut === true),
      bytesWritten: written === undefined ? undefined : written - (writtenBefore as number),
    });
  }
  if (connection !== undefined && isQueued(res)) forget = connection.onLost(() => end(false));
  res.on('close', () => end(false));
  // Where no server stands behind the response nobody may close it, or somebody does as it finishes; and that may
  // be inside of `end()`, before node knows it for ended.
  if (!isServed(req)) res.prependListener('finish', () => end(true));
}

function whyIncomplete(req: IncomingMessage, res: ServerResponse, timedOut: boolean): ServerEnding | undefined {
  return isComplete(req, res) ? undefined : endingOf(req, res, timedOut);
}
