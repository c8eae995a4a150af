import { connect } from 'node:net';

/**
 * One keep-alive connection, one request at a time on it, over a plain socket: the generator then needs a
 * fraction of the server's CPU and the two do not fight for the machine. `next` gives the text of the next
 * request, or `undefined` at the end. Rejects on the first answer that is not a 200.
 */
export function converse(port, next) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    const ask = () => {
      const request = next();
      if (request !== undefined) return socket.write(request, 'latin1');
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
