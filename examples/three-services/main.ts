// The launcher: starts a collector and the three services, sends requests, shows, checks and keeps the traces they become.
import type { SpanStore } from 'throughline/store';
import { type Collector, collector } from 'throughline/test';
import { problemOf, type SentRequest, send, strayProblem, tracesOf } from './check.ts';
import { type Service, startService } from './launch.ts';
import { readOptions } from './options.ts';
import { printReport, printTrace, printTracesAsTheyCome } from './print.ts';
import { requests } from './requests.ts';
import { keep, openStore } from './store.ts';

/** Spans leave their services within 100 ms; on a busy machine it takes longer until they are here. */
const TRACE_TIMEOUT_MS = 5000;

const options = readOptions();
process.exitCode = await main();

async function main(): Promise<number> {
  const backend = await collector();
  const store = await openStore(options.store);
  const services: Service[] = [];
  try {
    const shop = await startServices(backend, services);
    const sent = await sendRequests(shop);
    await untilComplete(sent, backend);
    // What the services still held arrives as they stop: it must not be too much either.
    if (options.once) await stopServices(services);
    const isComplete = await showTraces(sent, backend, store);
    if (!options.once) await serveUntilCtrlC(shop, backend, store);
    return isComplete ? 0 : 1;
  } catch (error) {
    console.error(`✗ ${(error as Error).message}`);
    return 1;
  } finally {
    await stopServices(services);
    await backend.close();
    await store.close();
  }
}

/** Starts them in the order in which they need each other; returns where the shop is. */
async function startServices(backend: Collector, services: Service[]): Promise<string> {
  const environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT: backend.url,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: undefined, // would win over the one above
    NO_PROXY: '127.0.0.1', // axios asks the proxy that HTTP_PROXY names
    PORT: undefined,
  };
  async function add(name: string, more: NodeJS.ProcessEnv): Promise<string> {
    const service = await startService(name, { ...environment, ...more });
    services.push(service);
    return service.url;
  }
  const STOCK_URL = await add('stock', {});
  const PRICING_URL = await add('pricing', { STOCK_URL });
  return add('shop', { STOCK_URL, PRICING_URL, PORT: process.env.SHOP_PORT });
}

async function stopServices(services: readonly Service[]): Promise<void> {
  await Promise.all(services.map((service) => service.stop()));
}

/** One kind after the other, so that a trace shows its own waiting only; those of a kind all at once: each must find its own trace. */
async function sendRequests(shop: string): Promise<SentRequest[]> {
  const rounds = Array.from({ length: options.requests }, (_, i) => i + 1);
  const sent: SentRequest[] = [];
  for (const [i, request] of requests.entries()) {
    sent.push(...(await Promise.all(rounds.map((round) => send(shop, request, `customer-${round}-${i + 1}`)))));
  }
  return sent;
}

/** Waits until nothing is missing any more. When the time is up, the report says what is. */
async function untilComplete(sent: readonly SentRequest[], backend: Collector): Promise<void> {
  const isComplete = () => sent.every((one) => problemOf(one, backend) === undefined);
  await backend.waitFor(isComplete, TRACE_TIMEOUT_MS).catch(() => {});
}

/** Shows the traces, and what they say together; true when they are what they should be. */
async function showTraces(sent: readonly SentRequest[], backend: Collector, store: SpanStore): Promise<boolean> {
  let complete = 0;
  for (const one of sent) {
    const { method, path, title } = one.request;
    for (const spans of tracesOf(one, backend)) printTrace(`${method} ${path}: ${title}`, spans);
    const problem = problemOf(one, backend);
    if (problem === undefined) complete++;
    else console.error(`✗ ${method} ${path}: ${problem}\n`);
  }
  const stray = strayProblem(sent, backend);
  if (stray !== undefined) console.error(`✗ ${stray}\n`);
  printReport(await keep(backend, store));
  console.log(`${sent.length} requests, ${complete} complete traces, ${backend.spans.length} spans`);
  if (options.store !== undefined) console.log(`kept: npx throughline report --store ${store.destination}`);
  return complete === sent.length && stray === undefined;
}

async function serveUntilCtrlC(shop: string, backend: Collector, store: SpanStore): Promise<void> {
  console.log(`
Serving until Ctrl-C. Try, in another terminal:
  curl ${shop}/order/lamp
  curl -X POST ${shop}/order/lamp
  curl -X POST ${shop}/order/ghost
`);
  const ctrlC = new Promise((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
  await Promise.race([ctrlC, printTracesAsTheyCome(backend, store)]);
}
