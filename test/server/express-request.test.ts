import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { after, afterEach, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import express5, { type Request, type RequestHandler } from 'express';
import express4 from 'express4';
import Koa from 'koa';
import { tracing } from 'throughline';
import type { Express } from '../contract/apps/express-app.ts';
import { Recorder } from '../contract/checks/recorder.ts';
import { exchange, requestText, withListener } from '../contract/server/bench.ts';

const recorder = new Recorder('express-request');
afterEach(() => recorder.assertTidy());
after(() => recorder.shutdown());

/** All that `look` sees on the request, in a mounted router and behind it, in an app that is traced or not. */
async function seenBy(express: Express, traced: boolean, look: (req: Request) => unknown): Promise<unknown[]> {
  const seen: unknown[] = [];
  const looking: RequestHandler = (req, _res, next) => {
    seen.push(look(req));
    next();
  };
  const router = express.Router({ mergeParams: true });
  router.get('/:id', looking);
  const app = express();
  if (traced) app.use(tracing());
  app.use(looking);
  app.use('/:shop', router);
  app.get('/a/:id', looking, (_req, res) => void res.end());
  await withListener(app, async (site) => void (await exchange(site, requestText('GET /a/7?x=1'))));
  return seen;
}

/** Ways in which apps and their libraries look at a request. */
const LOOKS: Readonly<Record<string, (req: Request) => unknown>> = {
  baseUrl: (req) => req.baseUrl,
  'the path of route': (req) => (req.route as { path?: string } | undefined)?.path,
  'a spread copy': (req) => {
    const { baseUrl, originalUrl, url } = { ...req };
    return { baseUrl, originalUrl, url };
  },
  'Object.assign to a fresh object': (req) => Object.assign({}, req).baseUrl,
  'JSON of what a logger picks': (req) => JSON.stringify({ base: req.baseUrl, url: req.url, params: req.params }),
  'an object that inherits and is written to': (req) => {
    const heir = Object.create(req) as Request;
    const inherited = heir.baseUrl;
    heir.baseUrl = '/other';
    heir.route = { path: '/other' };
    return [inherited, heir.baseUrl, heir.route, req.baseUrl, (req.route as { path?: string } | undefined)?.path];
  },
  'a write of its own': (req) => {
    const before = req.baseUrl;
    req.baseUrl = '/moved';
    const moved = req.baseUrl;
    req.baseUrl = before;
    return [moved, req.baseUrl];
  },
  'a property defined anew': (req) => {
    const { baseUrl } = req;
    Object.defineProperty(req, 'baseUrl', { value: '/fixed', configurable: true, writable: true, enumerable: true });
    const fixed = req.baseUrl;
    req.baseUrl = baseUrl;
    return fixed;
  },
};

for (const [name, express] of Object.entries({ express4, express5 })) {
  describe(name, () => {
    for (const [what, look] of Object.entries(LOOKS)) {
      test(`shows ${what} as without tracing`, async () => {
        assert.deepEqual(await seenBy(express, true, look), await seenBy(express, false, look));
      });
    }

    test('shows the same keys, but for a route that has not matched yet', async () => {
      const keys = (req: Request): string[] => Object.keys(req).filter((key) => key !== 'route');
      const [traced, untraced] = [await seenBy(express, true, keys), await seenBy(express, false, keys)];
      assert.deepEqual(new Set(traced.flat()), new Set(untraced.flat()));
    });

    test('a Koa app inside sees the request, and Express routes on behind it', async () => {
      const koa = new Koa().use(tracing());
      koa.use((ctx) => {
        ctx.respond = false;
      });
      const app = express().use(tracing());
      app.use(
        '/koa',
        (req, res, next) =>
          void koa
            .callback()(req, res)
            .then(() => next()),
      );
      app.use('/koa', (req, res) => void res.end(`${req.baseUrl} ${req.url}`));
      await withListener(app, async (site) => {
        assert.match(await exchange(site, requestText('GET /koa/x')), /\/koa \/x$/);
      });
      await recorder.span();
    });

    test('a traced listener around the app makes one span, which has the route', async () => {
      const app = express().use(tracing());
      app.get('/users/:id', (req, res) => void res.end(req.params.id));
      await withListener(
        tracing.handler(app),
        async (site) => void (await exchange(site, requestText('GET /users/7'))),
      );
      assert.equal((await recorder.span()).name, 'GET /users/:id');
    });

    test('two copies of the package make one span, and the request stays as it is', async () => {
      await withSecondCopy(async (secondTracing) => {
        const router = express.Router();
        router.use(secondTracing());
        router.get('/posts/:id', (req, res) => void res.end(`${req.baseUrl} ${(req.route as { path: string }).path}`));
        const app = express().use(tracing()).use('/:user', router);
        await withListener(app, async (site) => {
          assert.match(await exchange(site, requestText('GET /ann/posts/7')), /\/ann \/posts\/:id$/);
        });
        assert.equal((await recorder.span()).name, 'GET /:user/posts/:id');
      });
    });
  });
}

/** The package a second time, as two versions in one node_modules tree have it. */
async function withSecondCopy(use: (tracingOfCopy: typeof tracing) => Promise<void>): Promise<void> {
  const dist = path.resolve(import.meta.dirname, '../..');
  const copy = await mkdtemp(path.join(dist, 'second-copy-'));
  try {
    for (const room of ['src', 'middleware', 'propagation']) {
      await cp(path.join(dist, room), path.join(copy, room), { recursive: true });
    }
    const module = (await import(pathToFileURL(path.join(copy, 'src/index.js')).href)) as { tracing: typeof tracing };
    assert.notEqual(module.tracing, tracing);
    await use(module.tracing);
  } finally {
    await rm(copy, { recursive: true });
  }
}
