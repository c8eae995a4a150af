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

/** What the service prints when tracing works in it. */
export const EXPECTED: { readonly body: string; readonly names: readonly string[]; readonly traceAxios: string } = {
  body: 'hello',
  names: ['GET'],
  traceAxios: 'function',
};
