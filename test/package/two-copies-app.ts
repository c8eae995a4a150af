/**
 * A service that loads the package twice, from the two modules named on the command line: the first serves and
 * starts, the second traces functions and calls another service. It prints what came of one request.
 */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import axios from 'axios';
import { listening } from '../support/listening.ts';

type Package = typeof import('throughline');
type Exporters = typeof import('throughline/exporters');

const [oneFile = '', otherFile = ''] = process.argv.slice(2);

async function load<Module>(index: string, entry: string): Promise<Module> {
  const file = index.replace('index.js', entry);
  if (file.includes('/cjs/')) return createRequire(import.meta.url)(file);
  return (await import(pathToFileURL(file).href)) as Module;
}

const one = await load<Package>(oneFile, 'index.js');
const other = await load<Package>(otherFile, 'index.js');
const kept = (await load<Exporters>(oneFile, 'exporters.js')).memory();

const received: IncomingHttpHeaders[] = [];
const neighbour = createServer((req, res) => {
  received.push(req.headers);
  res.end('ok');
});
const neighbourUrl = await listening(neighbour);

const fetchOfOther = other.traceFetch();
const api = other.traceAxios(one.traceAxios(axios.create({ baseURL: neighbourUrl })));
const sameSpan: boolean[] = [];

const server = createServer(
  one.tracing.handler(
    other.tracing.handler(async (req, res) => {
      sameSpan.push(one.current() === other.current(), one.current(req) === other.current(req));
      one.baggage.set('tenant', 'acme');
      await other.span('work', async (work) => {
        sameSpan.push(one.current() === work, other.baggage.get('tenant') === 'acme');
        other.baggage.set('tier', 'gold');
        await one.span('inner', () => fetchOfOther(neighbourUrl));
        {
          const scope = one.span('scope');
          const deeper = other.span('deeper');
          sameSpan.push(one.current() === deeper);
          deeper.end();
          sameSpan.push(other.current() === scope);
          scope.end();
          sameSpan.push(other.current() === work);
        }
        await api.get('/axios');
      });
      res.end('done');
    }),
  ),
);

const first = one.start({ service: 'first', exporters: 'none' });
const running = other.start({ service: 'second', exporters: kept, instrument: { fetch: true, http: true } });
await (
  await fetch(await listening(server), { headers: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` } })
).text();
await running.flush();
const { message, state } = (await running.doctor()).checks.find(({ name }) => name === 'copies') ?? {};
const names = new Map(kept.spans.map((span) => [span.spanId, span.name]));
console.log(
  JSON.stringify({
    sameSpan: sameSpan.every(Boolean),
    spans: kept.spans
      .map(({ name, kind, parentSpanId }) => `${kind} ${name} < ${names.get(parentSpanId ?? '') ?? ''}`)
      .sort(),
    traces: [...new Set(kept.spans.map(({ traceId }) => traceId))],
    services: [...new Set(kept.spans.map(({ resource }) => resource.attributes['service.name']))],
    sent: received.map(({ traceparent, baggage }) => ({ trace: String(traceparent).slice(3, 35), baggage })),
    started: [first.stats().started, running.stats().started],
    copies: { message, state },
  }),
);
server.close();
neighbour.close();
server.closeAllConnections();
neighbour.closeAllConnections();
