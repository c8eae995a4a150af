// Compiled with the build: good calls type-check, bad ones carry their reason.
import { createServer } from 'node:http';
import Router from '@koa/router';
import express from 'express';
import express4 from 'express4';
import Koa from 'koa';
import mount from 'koa-mount';
import Koa2 from 'koa2';
import { type Tracing, type TracingMiddleware, tracing } from 'throughline';

/** Only compiled, never called. */
export function goodCalls(): void {
  express().use(tracing());
  express().use('/api', tracing({ trustProxy: true }), (_req, res) => void res.end());
  express.Router().use(tracing({}));
  express4().use(tracing());

  express().use(tracing({ incoming: 'link' }));
  express().use(tracing({ incoming: (req) => (req.headers.host === 'inner' ? 'trust' : 'link') }));

  new Koa().use(tracing());
  new Koa2().use(tracing());
  new Router().use(tracing());
  new Router().get('/users/:id', tracing(), (ctx) => {
    const { id } = ctx.params;
    ctx.body = id;
  });
  // The app keeps its type, so that it goes on where a plain one goes.
  const mounted: Koa = new Koa().use(tracing());
  new Koa().use(mount('/inner', mounted));
  new Koa<{ user: string }, { log(line: string): void }>().use(tracing()).use((ctx) => ctx.log(ctx.state.user));

  createServer(tracing.handler((req, res) => res.end(req.url)));
  createServer(tracing.handler(async (_req, res) => void res.end(), { trustProxy: false }));
  createServer(tracing.handler(express()));
  createServer(tracing.handler(new Koa().callback()));

  express().get('/metrics', tracing.metrics());
  new Router().get('/metrics', tracing.metrics());
  createServer(tracing.metrics());

  express().use(
    tracing({ ignore: ['/healthz', /\.map$/], responseHeader: 'server-timing', attributes: () => ({ a: 1 }) }),
  );
  express().use(tracing.layer('auth', ((_req, _res, next) => next()) as express.RequestHandler), tracing.errors());
  new Koa().use(tracing.layer('auth', async (_ctx: Koa.Context, next: Koa.Next) => next()));
  createServer().on(
    'upgrade',
    tracing.upgrade((_req, socket) => socket.destroy()),
  );
  const tag: string = tracing.metaTag();
  void tag;

  const settled: Promise<number> = tracing.handler(async () => 7)(...listenerArguments);
  const made: TracingMiddleware = tracing();
  const whole: Tracing = tracing;
  void [settled, made, whole];
}

declare const listenerArguments: Parameters<Parameters<typeof tracing.handler>[0]>;

/** Only compiled, never called. */
export function badCalls(): void {
  // @ts-expect-error options are an object
  tracing(true);
  // @ts-expect-error no such option
  tracing({ trustproxy: true });
  // @ts-expect-error true or false: Express's hop counts and subnets are Express's own setting
  tracing({ trustProxy: 'loopback' });
  // @ts-expect-error no such mode
  tracing({ incoming: 'distrust' });
  // @ts-expect-error the answer is a mode, and is needed at once
  tracing({ incoming: async () => 'link' as const });
  // @ts-expect-error a path, a RegExp, a list of them or a function
  tracing({ ignore: 7 });
  // @ts-expect-error no such header
  tracing({ responseHeader: 'traceparent' });
  // @ts-expect-error a name comes first
  tracing.layer(() => undefined);
  // @ts-expect-error a listener is asked for
  tracing.handler();
  // @ts-expect-error a listener is a function
  tracing.handler({ trustProxy: true });
  // @ts-expect-error a middleware is no listener: it needs a next
  createServer(tracing());
}
