import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type express from 'express';
import type { NextFunction, Request, RequestHandler, Response, Router } from 'express';
import { tracing } from 'throughline';
import {
  type AppOptions,
  type AppUnderTest,
  contextHere,
  errorWithStatus,
  messageOf,
  statusOf,
  traceparentHere,
  traceparentsBelow,
  tracingOptions,
} from '../server/app.ts';

export type Express = typeof express;

/** Express 5 forwards rejections to `next` itself; an app on Express 4 does so by hand. */
export type AsyncHandler = (handler: (req: Request, res: Response) => Promise<unknown>) => RequestHandler;

/** The app of the server contract in Express. */
export function expressApp(makeExpress: Express, asyncHandler: AsyncHandler, options: AppOptions): AppUnderTest {
  const app = makeExpress();
  if (options.frameworkTrustsProxy !== undefined) app.set('trust proxy', options.frameworkTrustsProxy);
  app.use(beforeTracing);
  for (const middleware of tracingFor(options, 'once')) app.use(middleware);
  if (options.tracing === 'twice') app.use(tracing());
  app.use(afterEarlyAnswer);
  addAnswers(app, makeExpress, asyncHandler);
  addFailures(app, asyncHandler);
  addEndings(app, asyncHandler, options);
  app.use('/api/:version', mountedApi(makeExpress));
  app.use('/part', partRouter(makeExpress, options));
  app.use(tracing.errors());
  app.use(answerError);
  app.use(tracing.errors());
  app.set('env', 'test'); // Express's own last handler then writes no stack to the console
  return { listener: app, knowsRoutes: true, showsErrors: true, knowsProxies: true };
}

function tracingFor(options: AppOptions, place: 'once' | 'router'): RequestHandler[] {
  const wanted = options.tracing === 'twice' ? 'once' : options.tracing;
  if (wanted !== place) return [];
  return [tracing(tracingOptions(options))];
}

async function beforeTracing(req: Request, res: Response, next: NextFunction): Promise<void> {
  if (req.path === '/before') {
    next(errorWithStatus('too early', 503));
    return;
  }
  if (req.path === '/early') res.end('early');
  if (req.path === '/late') {
    res.end('late');
    await once(res, 'close');
  }
  next();
}

function afterEarlyAnswer(_req: Request, res: Response, next: NextFunction): void {
  if (!res.writableEnded) next();
}

function addAnswers(app: Router, makeExpress: Express, asyncHandler: AsyncHandler): void {
  app.get('/ok', (_req, res) => res.type('text').send('ok'));
  app.get('/context', (_req, res) => res.json(contextHere()));
  app.get(
    '/deep',
    asyncHandler(async (_req, res) => res.json(await traceparentsBelow())),
  );
  app.post('/echo', makeExpress.json({ limit: '2mb' }), (req, res) => {
    res.json({ length: JSON.stringify(req.body).length, traceparent: traceparentHere() });
  });
  app.get('/bytes/:count', (req, res) => res.type('text').send('x'.repeat(Number(req.params.count))));
  app.get('/users/:id', (req, res) => res.type('text').send(req.params.id));
  app.all('/any', (_req, res) => res.type('text').send('any'));
  app.get('/created', (_req, res) => res.status(201).send('made'));
  app.get('/empty', (_req, res) => res.status(204).end());
  app.get('/unchanged', (_req, res) => res.status(304).end());
  app.get('/unavailable', (_req, res) => res.status(503).send('later'));
}

function addFailures(app: Router, asyncHandler: AsyncHandler): void {
  app.get('/teapot', () => {
    throw errorWithStatus('short and stout', 418);
  });
  app.get('/throws', () => {
    throw new RangeError('thrown');
  });
  app.get(
    '/rejects',
    asyncHandler(async () => {
      await Promise.resolve();
      throw new RangeError('rejected');
    }),
  );
  app.get('/fails', (_req, _res, next) => next(new RangeError('failed')));
  app.get('/handler-throws', (_req, _res, next) => next(new RangeError('failed')));
  app.get('/recovered', (_req, _res, next) => next(new RangeError('forgiven')));
}

function addEndings(app: Router, asyncHandler: AsyncHandler, { stage }: AppOptions): void {
  app.get(
    '/stream',
    asyncHandler(async (_req, res) => streamSlowly(res, stage)),
  );
  app.get('/hang', () => stage.emit('arrived'));
  app.get('/destroyed', (_req, res) => res.destroy());
  app.all('/raw', (req, res) => stage.emit('raw', req, res));
}

/** Writes, waits to be told, and ends. A client that leaves meanwhile ends the wait as well. */
export async function streamSlowly(res: ServerResponse, stage: AppOptions['stage']): Promise<void> {
  res.writeHead(200, { 'content-type': 'text/plain' });
  res.write('first');
  stage.emit('arrived');
  await Promise.race([once(stage, 'go'), once(res, 'close')]);
  res.end('last');
}

function mountedApi(makeExpress: Express): Router {
  const api = makeExpress.Router();
  const posts = makeExpress.Router();
  posts.get('/:pid', (req, res) => res.type('text').send(req.params.pid));
  api.use('/:user/posts', posts);
  return api;
}

function partRouter(makeExpress: Express, options: AppOptions): Router {
  const part = makeExpress.Router();
  for (const middleware of tracingFor(options, 'router')) part.use(middleware);
  part.get('/:id', (req, res) => res.type('text').send(req.params.id));
  return part;
}

/** Four parameters make it an error handler. */
function answerError(error: unknown, req: Request, res: Response, _next: NextFunction): void {
  if (req.path === '/handler-throws') throw new TypeError('the error handler fails');
  if (req.path === '/recovered') res.status(200).send('recovered');
  else res.status(statusOf(error)).type('text').send(messageOf(error));
}
