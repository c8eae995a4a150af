import { createServer } from 'node:http';
import { answer } from '../processes.js';

// The server that /call asks. It counts what context reached it, so that a rung cannot skip propagation.
const body = JSON.stringify({ stock: 7, reserved: 2 });
let seen = { calls: 0, traceparents: 0, baggage: 0 };

const server = createServer((req, res) => {
  seen.calls += 1;
  if (req.headers.traceparent) seen.traceparents += 1;
  if (req.headers.baggage) seen.baggage += 1;
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  res.end(body);
});

function take() {
  const taken = seen;
  seen = { calls: 0, traceparents: 0, baggage: 0 };
  return taken;
}

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => answer({ take }, `http://127.0.0.1:${server.address().port}/stock`));
