import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
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
import { streamSlowly } from './express-app.ts';

type Handler = (req: IncomingMessage, res: ServerResponse, last: string) => unknown;

/** The app of the server contract with node:http alone. What it throws is answered around the traced listener. */
export function httpApp(options: AppOptions): AppUnderTest {
  const app = tracedApp(options);
  async function answeringListener(req: IncomingMessage, res: ServerResponse): Promise<void> {
    try {
      await beforeTracing(req, res);
      await app(req, res);
    } catch (error) {
      if (!res.writableEnded) answer(res, statusOf(error), messageOf(error));
    }
  }
  const listener: RequestListener = (req, res) => void answeringListener(req, res);
  return { listener, knowsRoutes: false, showsErrors: true, knowsProxies: false };
}

type Listener = (req: IncomingMessage, res: ServerResponse) => unknown;

function tracedApp(options: AppOptions): Listener {
  const app: Listener = (req, res) => route(req, res, options);
  const traced = tracing.handler(app, tracingOptions(options));
  switch (options.tracing) {
    case 'off':
      return app;
    case 'once':
      return traced;
    case 'twice':
      return tracing.handler(traced);
    case 'router':
      return (req, res) => (req.url?.startsWith('/part') ? traced(req, res) : app(req, res));
  }
}

async function beforeTracing(req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (req.url === '/before') throw errorWithStatus('too early', 503);
  if (req.url === '/early') res.end('early');
  if (req.url === '/late') {
    res.end('late');
    await once(res, 'close');
  }
}

function route(req: IncomingMessage, res: ServerResponse, options: AppOptions): unknown {
  if (res.writableEnded) return undefined;
  const path = (req.url ?? '').replace(/^http:\/\/[^/]*/, '').split('?', 1)[0] ?? '';
  const name = /^\/[^/]*/.exec(path)?.[0] ?? '';
  const handler = path.split('/').length > 2 ? nested[name] : (plain[name] ?? staged(options)[name]);
  if (handler === undefined) return answer(res, 404, 'no such thing');
  return handler(req, res, path.slice(path.lastIndexOf('/') + 1));
}

function answer(res: ServerResponse, status: number, body: string): void {
  res.writeHead(status, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body) });
  res.end(body);
}

function answerJson(res: ServerResponse, body: unknown): void {
  res.writeHead(200, { 'content-type': 'application/json' });
  res.end(JSON.stringify(body));
}

const nested: Readonly<Record<string, Handler>> = {
  '/users': (_req, res, id) => answer(res, 200, id),
  '/part': (_req, res, id) => answer(res, 200, id),
  '/bytes': (_req, res, count) => answer(res, 200, 'x'.repeat(Number(count))),
  '/api': (req, res, pid) => (req.url?.split('/').length === 6 ? answer(res, 200, pid) : answer(res, 404, 'none')),
};

const plain: Readonly<Record<string, Handler>> = {
  '/ok': (_req, res) => answer(res, 200, 'ok'),
  '/any': (_req, res) => answer(res, 200, 'any'),
  '/context': (_req, res) => answerJson(res, contextHere()),
  '/deep': async (_req, res) => answerJson(res, await traceparentsBelow()),
  '/echo': echo,
  '/created': (_req, res) => answer(res, 201, 'made'),
  '/empty': (_req, res) => res.writeHead(204).end(),
  '/unchanged': (_req, res) => res.writeHead(304).end(),
  '/unavailable': (_req, res) => answer(res, 503, 'later'),
  '/teapot': () => fail(errorWithStatus('short and stout', 418)),
  '/throws': () => fail(new RangeError('thrown')),
  '/rejects': async () => fail(new RangeError('rejected')),
  '/fails': () => fail(new RangeError('failed')),
  '/handler-throws': () => fail(new TypeError('the error handler fails')),
  '/recovered': (_req, res) => forgive(res),
  '/destroyed': (_req, res) => res.destroy(),
};

function staged({ stage }: AppOptions): Readonly<Record<string, Handler>> {
  return {
    '/stream': (_req, res) => streamSlowly(res, stage),
    '/hang': () => stage.emit('arrived'),
    '/raw': (req, res) => stage.emit('raw', req, res),
  };
}

async function echo(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  answerJson(res, { length: Buffer.concat(chunks).length, traceparent: traceparentHere() });
}

function fail(error: Error): never {
  throw error;
}

function forgive(res: ServerResponse): void {
  try {
    fail(new RangeError('forgiven'));
  } catch {
    answer(res, 200, 'recovered');
  }
}
