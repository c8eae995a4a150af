import type { EventEmitter } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import express from 'express';
import express4 from 'express4';
import Koa from 'koa';
import Koa2 from 'koa2';
import { type TracingOptions, tracing } from 'throughline';
import { BEHAVIOURS, type Behaviour, type BodyKind, type Handled } from './differential-scenarios.ts';
import type { Express } from './express-app.ts';
import type { KoaClass } from './koa-app.ts';

/** The book where handlers of one app write down what they see, by scenario, and say that they were reached. */
export interface Journal {
  readonly stage: EventEmitter;
  note(id: string, what: string): void;
}

/** Builds the app of one framework. `options` undefined: without tracing. */
export type MakeListener = (journal: Journal, options: TracingOptions | undefined) => RequestListener;

const BODY = 'the body, in some kind';

/** `/d/17?behaviour=chunks` */
function scenarioOf(url: string | undefined): { id: string; behaviour: Behaviour } {
  const { pathname, searchParams } = new URL(url ?? '/', 'http://shop.example');
  return {
    id: pathname.slice('/d/'.length),
    behaviour: BEHAVIOURS[searchParams.get('behaviour') ?? ''] ?? { run: () => undefined },
  };
}

/** Runs the behaviour that the request asks for, once its body is read, and notes what happens to it. */
async function handle(
  journal: Journal,
  req: IncomingMessage,
  res: ServerResponse,
  answer: Handled['answer'],
  url = req.url,
): Promise<void> {
  const { id, behaviour } = scenarioOf(url);
  const note = (what: string): void => journal.note(id, what);
  for (const event of ['aborted', 'end', 'close'] as const) req.on(event, () => note(`request ${event}`));
  req.on('error', (error: NodeJS.ErrnoException) => note(`request error ${error.code}`));
  for (const event of ['finish', 'close'] as const) res.on(event, () => note(`response ${event}`));
  res.on('error', (error) => note(`response error ${error.message}`));
  req.on('data', (chunk) => note(`data ${chunk}`));
  journal.stage.emit(id);
  await behaviour.run({ req, res, answer, note });
}

function seen(error: unknown): string {
  return `error ${error instanceof Error ? `${error.name} ${error.message}` : String(error)}`;
}

function expressListener(makeExpress: Express): MakeListener {
  return (journal, options) => {
    const app = makeExpress();
    app.set('env', 'test');
    if (options !== undefined) app.use(tracing(options));
    const handler: express.RequestHandler = (req, res, next) => {
      handle(journal, req, res, (status, kind) => answerExpress(res, status, kind)).catch(next);
    };
    app.all('/d/:id', options === undefined ? handler : tracing.layer('handler', handler));
    if (options !== undefined) app.use(tracing.errors());
    app.use((error: unknown, req: express.Request, res: express.Response, next: express.NextFunction) => {
      journal.note(scenarioOf(req.originalUrl).id, seen(error));
      const { isForgiven, isFatal, status } = error as { isForgiven?: true; isFatal?: true; status?: number };
      if (isFatal) throw error;
      if (res.headersSent) next(error);
      else res.status(isForgiven ? 200 : (status ?? 500)).send(String(error));
    });
    return app;
  };
}

function answerExpress(res: express.Response, status: number, kind: BodyKind): unknown {
  res.status(status);
  switch (kind) {
    case 'text':
      return res.type('text').send(BODY);
    case 'json':
      return res.json({ body: BODY });
    case 'bytes':
      return res.send(Buffer.from(BODY));
    case 'stream':
      return Readable.from(['a', 'b', 'c']).pipe(res);
    case 'nothing':
      return res.end();
  }
}

function koaListener(KoaApp: KoaClass): MakeListener {
  return (journal, options) => {
    const app = new KoaApp();
    app.on('error', (error: unknown, ctx?: Koa.Context) => journal.note(scenarioOf(ctx?.url).id, seen(error)));
    app.use(async (ctx, next) => {
      try {
        await next();
      } catch (error) {
        journal.note(scenarioOf(ctx.url).id, `caught ${seen(error)}`);
        if ((error as { isForgiven?: true }).isForgiven !== true) throw error;
        ctx.respond = true;
        ctx.status = 200;
        ctx.body = 'forgiven';
      }
    });
    if (options !== undefined) app.use(tracing(options));
    const handler = async (ctx: Koa.Context): Promise<void> => {
      if (scenarioOf(ctx.url).behaviour.isBare) {
        ctx.respond = false;
        ctx.res.statusCode = 200;
      }
      await handle(journal, ctx.req, ctx.res, (status, kind) => answerKoa(ctx, status, kind));
    };
    app.use(options === undefined ? handler : tracing.layer('handler', handler));
    return app.callback();
  };
}

function answerKoa(ctx: Koa.Context, status: number, kind: BodyKind): void {
  ctx.status = status;
  if (kind === 'text') ctx.body = BODY;
  if (kind === 'json') ctx.body = { body: BODY };
  if (kind === 'bytes') ctx.body = Buffer.from(BODY);
  if (kind === 'stream')
    ctx.body = Readable.from(
      ['a', 'b', 'c'].map((text) => Buffer.from(text)),
      { objectMode: false },
    );
}

const httpListener: MakeListener = (journal, options) => {
  const listener = (req: IncomingMessage, res: ServerResponse): Promise<void> =>
    handle(journal, req, res, (status, kind) => answerHttp(res, status, kind));
  const app = options === undefined ? listener : tracing.handler(listener, options);
  return (req, res) => {
    app(req, res).catch((error: unknown) => {
      journal.note(scenarioOf(req.url).id, seen(error));
      const { isForgiven, status = 500 } = error as { isForgiven?: true; status?: number };
      if (res.headersSent) res.destroy();
      else res.writeHead(isForgiven ? 200 : status, { 'content-type': 'text/plain' }).end(String(error));
    });
  };
};

function answerHttp(res: ServerResponse, status: number, kind: BodyKind): unknown {
  res.statusCode = status;
  switch (kind) {
    case 'text':
      return res.setHeader('Content-Type', 'text/plain').end(BODY);
    case 'json':
      return res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ body: BODY }));
    case 'bytes':
      return res.end(Buffer.from(BODY));
    case 'stream':
      return Readable.from(['a', 'b', 'c']).pipe(res);
    case 'nothing':
      return res.end();
  }
}

export const APPS: Readonly<Record<string, MakeListener>> = {
  http: httpListener,
  express4: expressListener(express4),
  express5: expressListener(express),
  koa2: koaListener(Koa2),
  koa3: koaListener(Koa),
};
