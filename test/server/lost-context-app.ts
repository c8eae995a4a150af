import { EventEmitter, once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type express from 'express';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { bind, start, tracing } from 'throughline';

// Apps, one after another, each with a middleware that waits for an emitter outside of the request. Run by lost-context.test.ts.
const [kind, places] = process.argv.slice(2);
start({ service: 'lossy', exporters: 'none' });

const pool = new EventEmitter();
setInterval(() => pool.emit('free'), 5).unref();

/** Each is named by the place that it stands in: what was said of one is not said again. */
function losing(where: string): RequestHandler {
  const session: RequestHandler = (_req, _res, next) => {
    pool.once('free', where === 'mended' ? bind(() => next()) : () => next());
  };
  return Object.defineProperty(session, 'name', { value: `${where}Session` });
}
function plain(_req: Request, _res: Response, next: NextFunction): void {
  next();
}
function answer(_req: Request, res: Response): void {
  res.json({ answered: true });
}

// The one that is asked for: either takes a tenth of a second to load.
const { default: create } = (await import(kind === 'express4' ? 'express4' : 'express')) as { default: typeof express };
for (const where of (places ?? '').split(',')) await askThrice(makeApp(where));

function makeApp(where: string): express.Express {
  const session = losing(where);
  const app = create();
  app.use(tracing());
  app.use(plain);
  if (where === 'nested') {
    const api = create.Router();
    api.use(plain);
    api.use(session);
    api.get('/orders/:id', answer);
    app.use('/api', api);
  } else if (where === 'route') {
    app.get('/api/orders/:id', session, answer);
  } else {
    if (where !== 'nowhere') app.use(session);
    app.get('/api/orders/:id', plain, answer);
  }
  return app;
}

async function askThrice(app: express.Express): Promise<void> {
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/orders/7`;
  for (let i = 0; i < 3; i++) {
    const [response] = (await once(get(url), 'response')) as [IncomingMessage];
    console.log(await text(response));
  }
  server.close();
  server.closeAllConnections();
}
