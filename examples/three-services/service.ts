// What the three services share: they listen, say where, and end with the launcher. Nothing here is about tracing.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The message of a service to the launcher once it can be called. */
export interface Ready {
  readonly url: string;
}

/** The time that requests may still run once the launcher has gone. */
const LAST_REQUESTS_MS = 1000;

/** Serves `listener` on `PORT`, or on a free port. */
export function serve(listener: RequestListener): void {
  const server = createServer(listener);
  server.once('error', (error) => {
    console.error(error.message);
    process.exit(1);
  });
  server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    announce({ url: `http://127.0.0.1:${port}` });
  });
  if (process.send === undefined) return;
  // Ctrl-C in a terminal reaches the launcher and us alike. The launcher decides: its end closes the channel between us.
  process.on('SIGINT', () => {});
  process.once('disconnect', () => {
    server.close();
    setTimeout(() => server.closeAllConnections(), LAST_REQUESTS_MS).unref();
  });
}

function announce(ready: Ready): void {
  if (process.send === undefined) console.log(`listening on ${ready.url}`);
  else process.send(ready);
}

/** The address of another service: `STOCK_URL`, `PRICING_URL`. */
export function addressOf(service: string): string {
  const variable = `${service.toUpperCase()}_URL`;
  const url = process.env[variable];
  if (url === undefined) throw new Error(`${variable} is not set: start the services with main.js`);
  return url;
}
