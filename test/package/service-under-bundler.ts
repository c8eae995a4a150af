/** A service as its user writes it; answers one request to itself and prints what was traced. */
export const SERVICE = `
import { createServer } from 'node:http';
import { start, traceAxios, tracing } from 'throughline';
import { memory } from 'throughline/exporters';

const exporter = memory();
const throughline = start({ service: 'bundled', exporters: exporter });
const server = createServer(tracing.handler((req, res) => res.end('hello')));

server.listen(0, '127.0.0.1', () => {
  fetch('http://127.0.0.1:' + server.address().port + '/hello', { headers: { connection: 'close' } })
    .then((response) => response.text())
    .then((body) => server.close(() => report(body)));
});

function report(body) {
  throughline.flush().then(() => {
    const names = exporter.spans.map((span) => span.name);
    console.log(JSON.stringify({ body, names, traceAxios: typeof traceAxios }));
    return throughline.shutdown();
  });
}
`;

/** The line that the service prints when tracing works in it. */
export const SERVICE_PRINTS: RegExp = /^{"body":"hello","names":\["GET"\],"traceAxios":"function"}\n$/;

/**
 * The one line in, and no `start()`. Here a bundler that takes the wiring of defaults for unused code
 * leaves a package that cannot start itself. Prints the trace id that the handler saw.
 */
export const ONE_LINE_SERVICE = `
import { createServer } from 'node:http';
import { current, tracing } from 'throughline';

const server = createServer(tracing.handler((req, res) => res.end(current()?.traceId)));

server.listen(0, '127.0.0.1', () => {
  fetch('http://127.0.0.1:' + server.address().port + '/hello', { headers: { connection: 'close' } })
    .then((response) => response.text())
    .then((body) => server.close(() => console.log(body)));
});
`;

export const ONE_LINE_SERVICE_PRINTS: RegExp = /^[0-9a-f]{32}\n$/;
