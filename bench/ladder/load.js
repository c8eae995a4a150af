import { connect } from 'node:net';
import { answer } from '../processes.js';

// Keep-alive connections, one request at a time on each, over plain sockets: the generator then
// needs a fraction of the server's CPU and the two do not fight for the machine.

/** Sends `requests` GETs over `connections` sockets. Rejects on the first answer that is not a 200. */
async function fire({ port, path, requests, connections, callerMark, callerFlags, baggage }) {
  const head = `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nuser-agent: bench\r\naccept: application/json\r\n`;
  const tail = baggage ? `baggage: ${baggage}\r\n\r\n` : '\r\n';
  let left = requests;
  const next = () => {
    if (left === 0) return undefined;
    left -= 1;
    const traceparent = `00-${hex()}${hex()}${hex()}${hex()}-${callerMark}${hex()}-${callerFlags}`;
    return `${head}traceparent: ${traceparent}\r\n${tail}`;
  };
  await Promise.all(Array.from({ length: connections }, () => converse(port, next)));
}

/** 8 hex digits, at random, never all zero. */
function hex() {
  return ((Math.random() * 0xffffffff) | 1).toString(16).replace('-', '').padStart(8, '0');
}

function converse(port, next) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    const ask = () => {
      const request = next();
      if (request !== undefined) return socket.write(request);
      socket.end();
      return resolve();
    };
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the server closed the connection')));
    socket.once('connect', ask);
    socket.on('data', (chunk) => {
      received += chunk;
      if (!isComplete(received)) return;
      if (!received.startsWith('HTTP/1.1 200')) reject(new Error(`unexpected answer: ${received.slice(0, 200)}`));
      received = '';
      ask();
    });
  });
}

/** All of our routes answer with a Content-Length. */
function isComplete(received) {
  const bodyAt = received.indexOf('\r\n\r\n') + 4;
  if (bodyAt === 3) return false;
  const length = /content-length: (\d+)/i.exec(received);
  return length !== null && received.length >= bodyAt + Number(length[1]);
}

answer({ fire });
