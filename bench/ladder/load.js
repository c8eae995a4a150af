import { converse } from '../conversation.js';
import { answer } from '../processes.js';

/**
 * Sends GETs over `connections` sockets, for `forMs` milliseconds or `requests` in number, whichever is given, and gives
 * how many were answered. Rejects on the first answer that is not a 200.
 */
async function fire({ port, path, requests, forMs, connections, callerMark, callerFlags, baggage }) {
  const head = `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nuser-agent: bench\r\naccept: application/json\r\n`;
  const tail = baggage ? `baggage: ${baggage}\r\n\r\n` : '\r\n';
  const endsAt = forMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + forMs;
  const most = requests ?? Number.POSITIVE_INFINITY;
  let sent = 0;
  const next = () => {
    if (sent >= most || performance.now() >= endsAt) return undefined;
    sent += 1;
    const traceparent = `00-${hex()}${hex()}${hex()}${hex()}-${callerMark}${hex()}-${callerFlags}`;
    return `${head}traceparent: ${traceparent}\r\n${tail}`;
  };
  await Promise.all(Array.from({ length: connections }, () => converse(port, next)));
  return sent;
}

/** 8 hex digits, at random, never all zero. */
function hex() {
  return ((Math.random() * 0xffffffff) | 1).toString(16).replace('-', '').padStart(8, '0');
}

answer({ fire });
