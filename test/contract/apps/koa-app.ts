import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import Router, { type RouterContext } from '@koa/router';
import type Koa from 'koa';
import { tracing } from 'throughline';
import {
  type AppOptions,
  type AppUnderTest,
  contextHere,
  errorWithStatus,
  traceparentHere,
  traceparentsBelow,
  tracingOptions,
} from '../server/app.ts';

export type KoaClass = typeof Koa;

/** The app of the server contract in Koa, with @koa/router. */
export function koaApp(KoaApp: KoaClass, options: AppOptions): AppUnderTest {
  const app = new KoaApp();
  app.silent = true;
  if (options.frameworkTrustsProxy !== undefined) app.proxy = options.frameworkTrustsProxy;
  app.use(beforeTracing);
  for (const middleware of tracingFor(options, 'once')) app.use(middleware);
  if (options.tracing === 'twice') app.use(tracing());
  app.use(afterEarlyAnswer);
  app.use(forgive);
  for (const router of [answers(), failures(), endings(options), mountedApi(), partRouter(options)]) {
    app.use(router.routes());
  }
  return { listener: app.callback(), knowsRoutes: true, showsErrors: true, knowsProxies: true };
}

function tracingFor(options: AppOptions, place: 'once' | 'router'): Koa.Middleware[] {
  const wanted = options.tracing === 'twice' ? 'once' : options.tracing;
  if (wanted !== place) return [];
  return [tracing(tracingOptions(options))];
}

async function beforeTracing(ctx: Koa.Context, next: Koa.Next): Promise<void> {
  if (ctx.path === '/before') throw errorWithStatus('too early', 503);
  if (ctx.path === '/early' || ctx.path === '/late') ctx.respond = false;
  if (ctx.path === '/early') ctx.res.writeHead(200).end('early');
  if (ctx.path === '/late') {
    ctx.res.writeHead(200).end('late');
    await once(ctx.res, 'close');
  }
  await next();
}

async function afterEarlyAnswer(ctx: Koa.Context, next: Koa.Next): Promise<void> {
  if (!ctx.res.writableEnded) await next();
}

/** An error handler of the app's own, with its own way to fail. */
async function forgive(ctx: Koa.Context, next: Koa.Next): Promise<void> {
  try {
    await next();
  } catch (error) {
    if (ctx.path === '/handler-throws') throw new TypeError('the error handler fails');
    if (ctx.path !== '/recovered') throw error;
    ctx.status = 200;
    ctx.body = 'recovered';
  }
}

function answers(): Router {
  const router = new Router();
  answer(router, '/ok', () => 'ok');
  answer(router, '/context', contextHere);
  answer(router, '/deep', traceparentsBelow);
  answer(router, '/bytes/:count', (ctx) => 'x'.repeat(Number(ctx.params.count)));
  answer(router, '/users/:id', (ctx) => ctx.params.id);
  router.all('/any', (ctx) => {
    ctx.body = 'any';
  });
  router.post('/echo', async (ctx) => {
    const chunks: Buffer[] = [];
    for await (const chunk of ctx.req) chunks.push(chunk as Buffer);
    ctx.body = { length: Buffer.concat(chunks).length, traceparent: traceparentHere() };
  });
  for (const [path, status] of STATUSES) {
    router.get(path, (ctx) => {
      ctx.status = status;
      if (status === 201 || status === 503) ctx.body = 'with a body';
    });
  }
  return router;
}

const STATUSES: readonly (readonly [string, number])[] = [
  ['/created', 201],
  ['/empty', 204],
  ['/unchanged', 304],
  ['/unavailable', 503],
];

function answer(router: Router, path: string, body: (ctx: RouterContext) => unknown): void {
  router.get(path, async (ctx) => {
    ctx.body = await body(ctx);
  });
}

function failures(): Router {
  const router = new Router();
  router.get('/teapot', () => {
    throw errorWithStatus('short and stout', 418);
  });
  router.get('/throws', () => {
    throw new RangeError('thrown');
  });
  router.get('/rejects', async () => {
    await Promise.resolve();
    throw new RangeError('rejected');
  });
  router.get('/fails', (ctx) => ctx.throw(500, 'failed'));
  router.get('/handler-throws', (ctx) => ctx.throw(500, 'failed'));
  router.get('/recovered', (ctx) => ctx.throw(500, 'forgiven'));
  return router;
}

function endings({ stage }: AppOptions): Router {
  const router = new Router();
  router.get('/stream', (ctx) => {
    const body = new PassThrough();
    body.write('first');
    ctx.type = 'text';
    ctx.body = body;
    void Promise.race([once(stage, 'go'), once(ctx.res, 'close')]).then(() => body.end('last'));
    setImmediate(() => stage.emit('arrived'));
  });
  router.get('/hang', async (ctx) => {
    stage.emit('arrived');
    await once(ctx.res, 'close');
  });
  router.all('/raw', (ctx) => {
    ctx.respond = false;
    ctx.res.statusCode = 200; // Koa presets 404
    stage.emit('raw', ctx.req, ctx.res);
  });
  router.get('/destroyed', (ctx) => {
    ctx.respond = false;
    ctx.res.destroy();
  });
  return router;
}

function mountedApi(): Router {
  const posts = new Router();
  answer(posts, '/:pid', (ctx) => ctx.params.pid);
  const api = new Router({ prefix: '/api/:version' });
  api.use('/:user/posts', posts.routes());
  return api;
}

function partRouter(options: AppOptions): Router {
  const part = new Router({ prefix: '/part' });
  for (const middleware of tracingFor(options, 'router')) part.use(middleware);
  answer(part, '/:id', (ctx) => ctx.params.id);
  return part;
}
