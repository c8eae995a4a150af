import { EventEmitter } from 'node:events';
import type { AddressInfo } from 'node:net';
import express, { type NextFunction, type Request, type Response } from 'express';
import express4 from 'express4';
import { bind, start, tracing } from 'throughline';

// An app with a middleware that waits for an emitter outside of the request. Run by lost-context.test.ts.
const [kind, where] = process.argv.slice(2);
start({ service: 'lossy', exporters: 'none' });

const pool = new EventEmitter();
setInterval(() => pool.emit('free'), 5).unref();

function session(_req: Request, _res: Response, next: NextFunction): void {
  pool.once('free', where === 'mended' ? bind(() => next()) : () => next());
}
function plain(_req: Request, _res: Response, next: NextFunction): void {
  next();
}
function answer(_req: Request, res: Response): void {
  res.json({ answered: true });
}

const create = (kind === 'express4' ? express4 : express) as typeof express;
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

const server = app.listen(0, '127.0.0.1', async () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/orders/7`;
  for (let i = 0; i < 3; i++) console.log(await (await fetch(url)).text());
  server.close();
  server.closeAllConnections();
});
