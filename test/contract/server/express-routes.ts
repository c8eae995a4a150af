import assert from 'node:assert/strict';
import { test } from 'node:test';
import type express from 'express';
import { tracing } from 'throughline';
import type { Express } from '../apps/express-app.ts';
import { type ServerBench, withListener } from './bench.ts';

/** An app, what is asked of it, and the route that the span must show. */
interface RouteCase {
  readonly claim: string;
  build(app: express.Express, makeExpress: Express): void;
  /** By path: the route; undefined where none matches. */
  readonly routes: Readonly<Record<string, string | undefined>>;
}

const answer: express.RequestHandler = (_req, res) => void res.type('text').send('answered');
const pass: express.RequestHandler = (_req, _res, next) => next();

const CASES: readonly RouteCase[] = [
  {
    claim: 'shows the mounts of nested express() apps',
    build(app, makeExpress) {
      const inner = makeExpress().get('/items/:id', answer);
      app.use('/shops/:shop', makeExpress().use('/stock', inner));
    },
    routes: { '/shops/7/stock/items/9': '/shops/:shop/stock/items/:id', '/shops/7/stock': undefined },
  },
  {
    claim: 'shows the mount for the root of a mounted router',
    build(app, makeExpress) {
      app.use('/shops/', makeExpress.Router().get('/', answer));
    },
    routes: { '/shops': '/shops', '/shops/': '/shops', '/shops?a=/b': '/shops' },
  },
  {
    claim: 'takes the mount of a function that answers for the route',
    build(app, makeExpress) {
      app.use('/static', makeExpress.static(import.meta.dirname));
      app.use('/static', answer);
    },
    routes: { '/static/server.js': '/static', '/static/missing.js': '/static', '/elsewhere': undefined },
  },
  {
    claim: 'takes no mount that was left again for the route',
    build(app, makeExpress) {
      app.use('/api', pass, makeExpress.Router().get('/x', answer));
    },
    routes: { '/api/missing': undefined, '/api/x': '/api/x' },
  },
  {
    claim: 'shows an expression as a mount by itself, and a parameter that is a part of a segment',
    build(app, makeExpress) {
      app.use(/^\/tenant-\d+/, makeExpress.Router().get('/users/:id', answer));
      app.use('/v:version', makeExpress.Router().get('/users/:id', answer));
      app.use('/shop-:shop/:part', makeExpress.Router().get('/', answer));
    },
    routes: {
      '/tenant-1/users/7': '/^\\/tenant-\\d+/users/:id',
      '/tenant-2/users/7': '/^\\/tenant-\\d+/users/:id',
      '/v1/users/7': '/v:version/users/:id',
      '/v22/users/7': '/v:version/users/:id',
      '/shop-a/b': '/shop-:shop/:part',
    },
  },
  {
    claim: 'shows a mount in the letters that the app wrote',
    build(app, makeExpress) {
      app.use('/cAsed', makeExpress.Router().get('/x', answer));
    },
    routes: { '/cased/x': '/cAsed/x', '/CASED/x': '/cAsed/x' },
  },
  {
    claim: 'looks for the parameters of a mount in that mount alone, when they are merged',
    build(app, makeExpress) {
      const users = makeExpress.Router({ mergeParams: true }).get('/users', answer);
      const team = makeExpress.Router({ mergeParams: true }).use('/admin', users);
      app.use('/:team', team);
    },
    routes: { '/red/admin/users': '/:team/admin/users', '/admin/admin/users': '/:team/admin/users' },
  },
  {
    claim: 'shows all paths of a route that has several',
    build: (app) => app.get(['/a/:id', '/b/:id'], answer),
    routes: { '/b/7': '/a/:id,/b/:id' },
  },
  {
    claim: 'shows the expression of a route that is one',
    build: (app) => app.get(/^\/files\/(\d+)$/, answer),
    routes: { '/files/12': '/^\\/files\\/(\\d+)$/', '/files/x': undefined },
  },
  {
    claim: 'shows one of several mount paths by its parameters',
    build: (app, makeExpress) => app.use(['/a/:x', '/b/:y'], makeExpress.Router().get('/c', answer)),
    routes: { '/a/7/c': '/a/:x/c', '/b/7/c': '/b/:y/c' },
  },
  {
    claim: 'shows encoded parameters of a mount by their names',
    build: (app, makeExpress) => app.use('/:city', makeExpress.Router().get('/map', answer)),
    routes: { '/K%C3%B6ln/map': '/:city/map', '/a%2Fb/map': '/:city/map' },
  },
  {
    claim: 'shows the parameters of outer mounts with mergeParams, too',
    build(app, makeExpress) {
      const posts = makeExpress.Router({ mergeParams: true }).get('/:id', answer);
      app.use('/:user', makeExpress.Router({ mergeParams: true }).use('/posts', posts));
    },
    routes: { '/ann/posts/7': '/:user/posts/:id' },
  },
  {
    claim: 'shows an expression in a mount as a wildcard',
    build: (app, makeExpress) => app.use(/^\/r\/(\d+)/, makeExpress.Router().get('/x', answer)),
    routes: { '/r/12/x': '/r/*/x' },
  },
  {
    claim: 'tells a parameter from an equal text beside it',
    build(app, makeExpress) {
      app.use('/users/:name', makeExpress.Router().get('/x', answer));
      app.use('/:name/admins', makeExpress.Router().get('/x', answer));
    },
    routes: { '/users/users/x': '/users/:name/x', '/admins/admins/x': '/:name/admins/x' },
  },
  {
    claim: 'shows the last route that matched, of those that pass on',
    build(app) {
      app.get('/:any', pass, (_req, _res, next) => next('route'));
      app.get('/orders', answer);
    },
    routes: { '/orders': '/orders' },
  },
  {
    claim: 'keeps the route that failed, whatever answers the error',
    build(app, makeExpress) {
      const failing = makeExpress.Router().get('/:id', (_req, _res, next) => next(new Error('failed')));
      app.use('/orders/:shop', failing);
      app.use((_error: unknown, _req: express.Request, res: express.Response, _next: express.NextFunction) => {
        res.status(500).end();
      });
    },
    routes: { '/orders/a/7': '/orders/:shop/:id' },
  },
  {
    claim: 'forgets a mounted router that had no answer',
    build(app, makeExpress) {
      app.use('/orders', makeExpress.Router().use(pass).get('/other', answer));
      app.use('/orders/:id', makeExpress.Router().get('/lines', answer));
    },
    routes: { '/orders/7/lines': '/orders/:id/lines', '/orders/7': undefined },
  },
  {
    claim: 'waits for param callbacks that take their time',
    build(app, makeExpress) {
      const router = makeExpress.Router().param('id', (_req, _res, next) => setImmediate(next));
      app.use('/orders', router.get('/:id', answer));
    },
    routes: { '/orders/7': '/orders/:id' },
  },
  {
    claim: 'sees the routes of several middlewares in one use()',
    build: (app, makeExpress) => app.use('/a', pass, pass, makeExpress.Router().get('/b', answer)),
    routes: { '/a/b': '/a/b' },
  },
  {
    claim: 'shows a route behind a middleware that rewrote the target',
    build(app) {
      app.use((req, _res, next) => {
        req.url = '/new';
        next();
      });
      app.get('/new', answer);
    },
    routes: { '/old': '/new' },
  },
];

/** The cases that Express alone has. */
export function expressRouteCases(bench: ServerBench, makeExpress: Express): void {
  for (const { claim, build, routes } of CASES) {
    test(claim, async () => {
      const app = makeExpress().use(tracing());
      app.set('env', 'test');
      build(app, makeExpress);
      await withListener(app, async (site) => {
        for (const [path, route] of Object.entries(routes)) {
          await bench.get(path, {}, site);
          const { name, attributes } = await bench.span();
          assert.equal(attributes['http.route'], route, path);
          assert.equal(name, route === undefined ? 'GET' : `GET ${route}`);
        }
      });
    });
  }

  test('has a 400 of the body parser, and the handler is not reached', async () => {
    const send = bench.post('/echo', {}).set('content-type', 'application/json');
    await send.send('{"broken').expect(400);
    const { name, attributes, status } = await bench.span();
    assert.equal(name, 'POST /echo');
    assert.equal(attributes['http.response.status_code'], 400);
    assert.deepEqual(status, { code: 'unset' });
  });

  test('stays open while an error handler takes its time', async () => {
    const app = makeExpress().use(tracing());
    app.get('/slow', (_req, _res, next) => next(new Error('failed')));
    app.use((_error: unknown, _req: express.Request, res: express.Response, _next: express.NextFunction) => {
      setImmediate(() => res.status(502).end());
    });
    await withListener(app, async (site) => {
      await bench.get('/slow', {}, site).expect(502);
      assert.equal((await bench.span()).attributes['error.type'], '502');
    });
  });
}
