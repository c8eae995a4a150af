import { createServer } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { answer } from '../processes.js';

// An OTLP/HTTP JSON receiver that keeps only what is needed to tell whether the traces are right.
// Its own process, never counted.
const SERVER = 2;
let spans = [];

const server = createServer((req, res) => {
  const chunks = [];
  req.on('data', (chunk) => chunks.push(chunk));
  req.on('end', () => {
    const body = Buffer.concat(chunks);
    receive(JSON.parse(req.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body));
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': 2 });
    res.end('{}');
  });
});

function receive({ resourceSpans }) {
  for (const { scopeSpans } of resourceSpans) {
    for (const scope of scopeSpans) {
      for (const { traceId, spanId, parentSpanId, kind } of scope.spans) {
        spans.push({ traceId, own: traceId + spanId, parent: traceId + parentSpanId, parentSpanId, kind });
      }
    }
  }
}

/**
 * Spans and traces since the last call. `misplaced` counts the spans whose parent is neither the
 * caller's span (for the server span: it starts with `callerMark`) nor a span of the same trace.
 */
function take(callerMark) {
  const known = new Set(spans.map((span) => span.own));
  const fits = (span) => (span.kind === SERVER ? span.parentSpanId?.startsWith(callerMark) : known.has(span.parent));
  const taken = {
    spans: spans.length,
    traces: new Set(spans.map((span) => span.traceId)).size,
    misplaced: spans.filter((span) => !fits(span)).length,
  };
  spans = [];
  return taken;
}

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => answer({ take }, `http://127.0.0.1:${server.address().port}`));
