import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import Router from '@koa/router';
import type Koa from 'koa';
import mount from 'koa-mount';
import { tracing } from 'throughline';
import type { KoaClass } from '../apps/koa-app.ts';
import { dial, requestText, type ServerBench, withListener } from './bench.ts';

/** An app, what is asked of it, and the route that the span must show. */
interface RouteCase {
  readonly claim: string;
  build(app: Koa, KoaApp: KoaClass): void;
  /** By path: the route; undefined where none matches. */
  readonly routes: Readonly<Record<string, string | undefined>>;
}

function answer(ctx: { body: unknown }): void {
  ctx.body = 'answered';
}

function usersRouter(options: { prefix?: string } = {}): Router {
  return new Router(options).get('/', answer).get('/users/:id', answer);
}

const CASES: readonly RouteCase[] = [
  {
    claim: 'shows the prefix of a router',
    build: (app) => app.use(usersRouter({ prefix: '/api/:version' }).routes()),
    routes: { '/api/v1/users/7': '/api/:version/users/:id', '/api/v1': '/api/:version', '/api/v1/none': undefined },
  },
  {
    claim: 'shows nested routers',
    build(app) {
      const orders = new Router().use('/orders/:order', new Router().get('/lines/:id', answer).routes());
      app.use(new Router({ prefix: '/shops/:shop' }).use(orders.routes()).routes());
    },
    routes: { '/shops/1/orders/2/lines/3': '/shops/:shop/orders/:order/lines/:id', '/shops/1/orders/2': undefined },
  },
  {
    claim: 'shows an app that koa-mount mounted',
    build: (app, KoaApp) => app.use(mount('/mounted', new KoaApp().use(usersRouter().routes()))),
    routes: { '/mounted/users/7': '/mounted/users/:id', '/mounted': '/mounted', '/mounted/none': undefined },
  },
  {
    claim: 'shows an app that was mounted twice over',
    build(app, KoaApp) {
      const inner = new KoaApp().use(mount('/inner', new KoaApp().use(usersRouter().routes())));
      app.use(mount('/outer', inner));
    },
    routes: { '/outer/inner/users/7': '/outer/inner/users/:id', '/outer/users/7': undefined },
  },
  {
    claim: 'shows no mount that was left again',
    build(app, KoaApp) {
      app.use(
        mount(
          '/users',
          new KoaApp().use((_ctx, next) => next()),
        ),
      );
      app.use(usersRouter().routes());
    },
    routes: { '/users/7': '/users/:id' },
  },
  {
    claim: 'shows a mounted router whose prefix has parameters',
    build: (app, KoaApp) => app.use(mount('/m', new KoaApp().use(usersRouter({ prefix: '/:tenant' }).routes()))),
    routes: { '/m/acme/users/7': '/m/:tenant/users/:id' },
  },
  {
    claim: 'shows the expression of a route that is one',
    build: (app) => app.use(new Router().get(/^\/files\/(\d+)$/, answer).routes()),
    routes: { '/files/12': '/^\\/files\\/(\\d+)$/', '/files/x': undefined },
  },
  {
    claim: 'shows the path that matched, of a route that has several',
    build: (app) => app.use(new Router().get(['/a/:id', '/b/:id'], answer).routes()),
    routes: { '/a/7': '/a/:id', '/b/7': '/b/:id' },
  },
];

/** The cases that Koa alone has. */
export function koaRouteCases(bench: ServerBench, KoaApp: KoaClass): void {
  for (const { claim, build, routes } of CASES) {
    test(claim, async () => {
      const app = new KoaApp().use(tracing());
      build(app, KoaApp);
      await withListener(app.callback(), async (site) => {
        for (const [path, route] of Object.entries(routes)) {
          await bench.get(path, {}, site).expect(route === undefined ? 404 : 200);
          const { name, attributes } = await bench.span();
          assert.equal(attributes['http.route'], route, path);
          assert.equal(name, route === undefined ? 'GET' : `GET ${route}`);
        }
      });
    });
  }

  test('has the 404 that is sent where a middleware swallows the error', async () => {
    const app = new KoaApp().use(tracing());
    app.use((_ctx, next) => next().catch(() => undefined));
    app.use(new Router().get('/swallowed', (ctx) => ctx.throw(500, 'swallowed')).routes());
    await withListener(app.callback(), async (site) => {
      await bench.get('/swallowed', {}, site).expect(404);
      const { attributes, status, events } = await bench.span();
      assert.equal(attributes['http.response.status_code'], 404);
      assert.deepEqual(status, { code: 'unset' });
      assert.deepEqual(events, []);
    });
  });

  for (const thrown of [
    Object.assign(new Error('no file'), { code: 'ENOENT' }), // 404 in Koa 2, 500 in Koa 3
    Object.assign(new Error('odd'), { status: 'none' }),
    Object.assign(new Error('by statusCode'), { statusCode: 503 }),
    'a text',
  ]) {
    test(`has the status that Koa sends for a thrown ${JSON.stringify(thrown)}`, async () => {
      const app = new KoaApp().use(tracing());
      app.silent = true;
      app.use(async () => {
        throw thrown;
      });
      await withListener(app.callback(), async (site) => {
        const { status: sent } = await bench.get('/', {}, site);
        const { attributes, status } = await bench.span();
        assert.equal(attributes['http.response.status_code'], sent);
        assert.equal(status.code, sent >= 500 ? 'error' : 'unset');
      });
    });
  }

  test('hands an error on as the same object', async () => {
    const thrown = new Error('mine');
    let caught: unknown;
    const app = new KoaApp();
    app.use((_ctx, next) =>
      next().catch((error: unknown) => {
        caught = error;
      }),
    );
    app.use(tracing()).use(() => Promise.reject(thrown));
    await withListener(app.callback(), async (site) => void (await bench.get('/', {}, site).expect(404)));
    assert.equal(caught, thrown);
    await bench.span();
  });

  test('ends once when a streamed body fails on its way', async () => {
    const app = new KoaApp();
    app.use(tracing());
    app.use((ctx) => {
      ctx.body = failingBody();
    });
    app.on('error', () => undefined); // more than one comes
    const failed = once(app, 'error');
    await withListener(app.callback(), async (site) => {
      const socket = await dial(site);
      socket.write(requestText('GET /'));
      await failed;
      socket.destroy(); // Koa 2 leaves the connection to the client, Koa 3 has closed it
      const { attributes } = await bench.span();
      assert.match(String(attributes['throughline.ending']), /^(aborted|destroyed)$/);
      assert.equal(attributes['http.response.status_code'], 200);
    });
  });
}

/** A body whose second chunk never comes: the stream fails instead. */
function failingBody(): Readable {
  async function* chunks(): AsyncGenerator<string> {
    yield 'first';
    await new Promise((resolve) => setImmediate(resolve));
    throw new Error('the source failed');
  }
  return Readable.from(chunks());
}
