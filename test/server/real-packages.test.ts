import assert from 'node:assert/strict';
import { createServer, request as httpRequest, type RequestListener, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { after, afterEach, describe, test } from 'node:test';
import express from 'express';
import express4 from 'express4';
import fastify from 'fastify';
import Koa from 'koa';
import mount from 'koa-mount';
import { current, type SpanRecord, span, start, type Throughline, tracing } from 'throughline';
import { memory } from 'throughline/exporters';
import WebSocket, { WebSocketServer } from 'ws';
import { assertCounterLaw } from '../contract/checks/counter-law.ts';

// Packages of others as they are used, each with the one line. Those without types are taken by `require`.
const require = createRequire(import.meta.url);
type Middleware = express.RequestHandler;

const exporter = memory();
const tl: Throughline = start({ service: 'packages', exporters: exporter });
afterEach(async () => {
  await settled();
  exporter.reset();
  assertCounterLaw(tl.stats());
});
after(() => tl.shutdown());

async function settled(): Promise<void> {
  while (tl.openSpans().length > 0) await new Promise((resolve) => setImmediate(resolve));
  await tl.flush();
}

async function spans(): Promise<readonly SpanRecord[]> {
  await settled();
  const ended = exporter.spans;
  exporter.reset();
  return ended;
}

async function serving(listener: RequestListener | Server, use: (port: number) => Promise<void>): Promise<void> {
  const server = typeof listener === 'function' ? createServer(listener) : listener;
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    await use((server.address() as AddressInfo).port);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

interface Answer {
  readonly status: number | undefined;
  readonly text: string;
}

function send(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = httpRequest({ port, method, path, headers: { connection: 'close', ...headers } }, (res) => {
      let text = '';
      res.on('data', (chunk) => {
        text += chunk;
      });
      res.on('end', () => resolve({ status: res.statusCode, text }));
    });
    req.on('error', reject).end(body);
  });
}

const BOUNDARY = 'xyzzy';
const UPLOAD = [
  `--${BOUNDARY}`,
  'Content-Disposition: form-data; name="file"; filename="a.txt"',
  'Content-Type: text/plain',
  '',
  'content',
  `--${BOUNDARY}--`,
  '',
].join('\r\n');
const AS_UPLOAD = {
  'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
  'content-length': String(UPLOAD.length),
};

function only(records: readonly SpanRecord[], kind: string): SpanRecord {
  const found = records.filter((record) => record.kind === kind);
  assert.equal(found.length, 1, records.map(({ name }) => name).join());
  return found[0] as SpanRecord;
}

function metricRoutes(): string[] {
  return [...new Set([...tl.metrics().matchAll(/http_route="([^"]*)"/g)].map(([, route]) => String(route)))];
}

for (const [version, makeExpress] of [
  ['Express 4', express4 as unknown as typeof express],
  ['Express 5', express],
] as const) {
  describe(version, () => {
    for (const [name, upload] of [
      ['multer 1', () => require('multer1')().single('file')],
      ['express-fileupload', () => require('express-fileupload')()],
    ] as const) {
      test(`${name}: the handler runs in its request`, async () => {
        const app = makeExpress();
        app.use(tracing());
        app.post('/upload', upload() as Middleware, (_req, res) => {
          span('handler', () => undefined);
          res.send(String(current()?.traceId));
        });
        await serving(app, async (port) => {
          const { text, status } = await send(port, 'POST', '/upload', AS_UPLOAD, UPLOAD);
          const records = await spans();
          const server = only(records, 'server');
          assert.deepEqual([status, text], [200, server.traceId]);
          assert.equal(only(records, 'internal').parentSpanId, server.spanId);
        });
      });
    }

    test('method-override: span, metrics and rules have the method that came', async () => {
      const app = makeExpress();
      app.use(tracing(), require('method-override')() as Middleware);
      app.put('/overridden/:id', (_req, res) => void res.send('put'));
      await serving(app, async (port) => {
        const { text } = await send(port, 'POST', '/overridden/7', { 'x-http-method-override': 'PUT' });
        assert.equal(text, 'put');
        assert.equal(only(await spans(), 'server').name, 'POST /overridden/:id');
        assert.match(
          tl.metrics(),
          /http_request_method="POST"[^\n]*http_route="\/overridden\/:id"|http_route="\/overridden\/:id"[^\n]*http_request_method="POST"/,
        );
      });
    });

    test('a route that matched before tracing() names the span, inside of mounts too', async () => {
      const app = makeExpress();
      const api = makeExpress.Router().get('/orders/:id', tracing(), (_req, res) => void res.send('ok'));
      app.get('/own/:id', tracing(), (_req, res) => void res.send('ok'));
      app.use('/api/:version', api);
      app.use('/late/:version', tracing(), (_req, res) => void res.send('ok'));
      await serving(app, async (port) => {
        for (const [path, name] of [
          ['/own/7', 'GET /own/:id'],
          ['/api/v1/orders/7', 'GET /api/:version/orders/:id'],
          ['/late/v1', 'GET /late/:version'],
        ] as const) {
          await send(port, 'GET', path);
          assert.equal(only(await spans(), 'server').name, name);
        }
      });
    });

    test('tracing.handler knows the routes of an app', async () => {
      const app = makeExpress();
      app.use(
        '/api/:version',
        makeExpress.Router().get('/orders/:id', (_req, res) => void res.send('ok')),
      );
      await serving(tracing.handler(app as unknown as RequestListener), async (port) => {
        await send(port, 'GET', '/api/v1/orders/7');
        assert.equal(only(await spans(), 'server').name, 'GET /api/:version/orders/:id');
      });
    });

    test('spellings of a mount are one route', async () => {
      const app = makeExpress();
      app.use(tracing());
      app.use(
        '/cAsed',
        makeExpress.Router().get('/spelled', (_req, res) => void res.send('ok')),
      );
      await serving(app, async (port) => {
        for (const path of ['/cased', '/CASED', '/CaSeD', '/cAsed']) await send(port, 'GET', `${path}/spelled`);
      });
      assert.deepEqual(new Set((await spans()).map(({ name }) => name)), new Set(['GET /cAsed/spelled']));
      assert.deepEqual(
        metricRoutes().filter((route) => /spelled/.test(route)),
        ['/cAsed/spelled'],
      );
    });

    test('a name and a route that the app gives hold, in span and metrics', async () => {
      const app = makeExpress();
      app.use(tracing());
      app.use('/early', (_req, _res, next) => {
        current()?.updateName('early');
        next();
      });
      app.use(
        '/early',
        makeExpress.Router().get('/x/:id', (_req, res) => void res.send('ok')),
      );
      app.get('/named/:id', (_req, res) => {
        current()?.updateName('query GetUser');
        res.send('ok');
      });
      app.get('/attribute/:id', (_req, res) => {
        current()?.setAttribute('http.route', '/by-attribute');
        res.send('ok');
      });
      app.get('/hand/:id', (req, res) => {
        tracing.route(req, '/by-hand');
        res.send('ok');
      });
      await serving(app, async (port) => {
        for (const [path, name, route] of [
          ['/early/x/7', 'early', '/early/x/:id'],
          ['/named/7', 'query GetUser', '/named/:id'],
          ['/attribute/7', 'GET /by-attribute', '/by-attribute'],
          ['/hand/7', 'GET /by-hand', '/by-hand'],
        ] as const) {
          await send(port, 'GET', path);
          const server = only(await spans(), 'server');
          assert.deepEqual([server.name, server.attributes['http.route']], [name, route]);
          assert.ok(metricRoutes().includes(route), route);
        }
      });
    });

    test('express-ws: the span is the handshake, and named by its route', async () => {
      const app = makeExpress();
      const server = createServer(app);
      require('express-ws')(app, server);
      app.use(tracing());
      const talks = app as unknown as { ws(path: string, talk: (socket: WebSocket) => void): void };
      talks.ws('/chat/:room', (socket) => void socket.on('message', () => socket.send('heard')));
      await serving(server, async (port) => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/chat/7`);
        await new Promise((resolve) => socket.once('open', resolve));
        const answered = new Promise((resolve) => socket.once('message', resolve));
        socket.send('hello');
        await answered;
        const record = only(await spans(), 'server');
        assert.equal(record.name, 'GET /chat/:room');
        assert.equal(record.attributes['url.path'], '/chat/7');
        assert.equal(record.attributes['http.response.status_code'], 101);
        assert.equal(record.attributes['throughline.ending'], undefined);
        assert.deepEqual(record.status, { code: 'unset' });
        assert.doesNotMatch(tl.metrics(), /duration_seconds[^\n]*\/chat\/:room/);
        socket.terminate();
      });
    });

    test('an error says why, with the one line alone', async () => {
      const app = makeExpress();
      app.set('env', 'test');
      app.use(tracing());
      app.get('/throws', () => {
        throw new RangeError('no database');
      });
      app.get('/passes', (_req, _res, next) => next(new RangeError('no database')));
      app.get('/handled', (_req, _res, next) => next(new RangeError('not so bad')));
      app.use((error: Error, _req: express.Request, res: express.Response, next: express.NextFunction) => {
        if (error.message === 'not so bad') res.status(400).send('bad');
        else next(error);
      });
      await serving(app, async (port) => {
        for (const path of ['/throws', '/passes']) {
          await send(port, 'GET', path);
          const { events, status } = only(await spans(), 'server');
          assert.deepEqual(
            events.map(({ name, attributes }) => [name, attributes['exception.message']]),
            [['exception', 'no database']],
          );
          assert.equal(status.code, 'error');
        }
        await send(port, 'GET', '/handled');
        assert.deepEqual(only(await spans(), 'server').events, []);
      });
    });
  });
}

describe('Koa', () => {
  for (const router of ['koa-router7', 'koa-router8', '@koa/router']) {
    test(`${router}: the route that ran, whatever else matches`, async () => {
      const loaded = require(router) as { Router?: unknown };
      const Router = (loaded.Router ?? loaded) as new () => {
        get(path: string | RegExp, handler: Koa.Middleware): void;
        routes(): Koa.Middleware;
      };
      const api = new Router();
      const answer: Koa.Middleware = (ctx) => {
        ctx.body = 'ok';
      };
      api.get('/passing/:id', (_ctx, next) => next());
      api.get('/articles/feed', answer);
      api.get('/articles/:slug', answer);
      api.get(router === '@koa/router' ? '/{*rest}' : '(.*)', answer);
      const app = new Koa().use(tracing()).use(api.routes());
      await serving(app.callback(), async (port) => {
        for (const [path, route] of [
          ['/articles/feed', '/articles/feed'],
          ['/articles/7', '/articles/:slug'],
        ] as const) {
          await send(port, 'GET', path);
          assert.equal(only(await spans(), 'server').name, `GET ${route}`);
        }
      });
    });
  }

  test('koa-route, and koa-mount with a function', async () => {
    const route = require('koa-route') as { get(path: string, handler: (ctx: Koa.Context) => void): Koa.Middleware };
    const app = new Koa().use(tracing());
    const answer = (ctx: Koa.Context): void => {
      ctx.body = 'ok';
    };
    app.use(route.get('/pets/:name', answer));
    app.use(mount('/gql', async (ctx, next) => (ctx.path === '/pass' ? next() : answer(ctx))));
    app.use((ctx, next) => (ctx.path === '/gql/pass' ? answer(ctx) : next()));
    await serving(app.callback(), async (port) => {
      for (const [path, name] of [
        ['/pets/rex', 'GET /pets/:name'],
        ['/gql', 'GET /gql'],
        ['/gql/pass', 'GET'],
        ['/elsewhere', 'GET'],
      ] as const) {
        await send(port, 'GET', path);
        assert.equal(only(await spans(), 'server').name, name, path);
      }
    });
  });

  test('an error that the app answers itself is on the span, by its event or on its way', async () => {
    const app = new Koa().use(tracing());
    app.on('error', () => undefined);
    app.use(async (ctx, next) => {
      try {
        await next();
      } catch (error) {
        ctx.status = (error as Error).message === 'not so bad' ? 400 : 500;
        ctx.body = 'failed';
        if (ctx.path === '/emits') ctx.app.emit('error', new Error('emitted'), ctx);
      }
    });
    app.use((ctx) => {
      throw new Error(ctx.path === '/fine' ? 'not so bad' : 'no database');
    });
    await serving(app.callback(), async (port) => {
      for (const [path, messages] of [
        ['/caught', ['no database']],
        ['/emits', ['emitted']],
        ['/fine', []],
      ] as const) {
        await send(port, 'GET', path);
        const { events } = only(await spans(), 'server');
        assert.deepEqual(
          events.map(({ attributes }) => attributes['exception.message']),
          messages,
        );
      }
    });
  });
});

test('Fastify: route and error, by the channel that it has', async () => {
  const app = fastify({ serverFactory: (handle) => createServer(tracing.handler(handle)) });
  app.get('/orders/:id', async () => 'ok');
  app.get('/fails', async () => {
    throw new Error('no database');
  });
  app.get('/fine', async () => {
    throw Object.assign(new Error('no such thing'), { statusCode: 404 });
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  for (const [path, name, messages] of [
    ['/orders/7', 'GET /orders/:id', []],
    ['/fails', 'GET /fails', ['no database']],
    ['/fine', 'GET /fine', []],
    ['/missing', 'GET', []],
  ] as const) {
    await send(port, 'GET', path);
    const server = only(await spans(), 'server');
    assert.equal(server.name, name);
    assert.deepEqual(
      server.events.map(({ attributes }) => attributes['exception.message']),
      messages,
    );
  }
  await app.close();
});

describe('roots that begin while a request is served', () => {
  test('are counted, in stats() and doctor()', async () => {
    const before = tl.stats().rootsWhileServing;
    const pool: (() => void)[] = [];
    const timer = setInterval(() => pool.shift()?.(), 1);
    const listener = tracing.handler((_req, res) => {
      pool.push(() => {
        span('lost', () => undefined);
        res.end();
      });
    });
    await serving(listener, async (port) => void (await send(port, 'GET', '/')));
    clearInterval(timer);
    span('background', () => undefined);
    assert.equal(tl.stats().rootsWhileServing - before, 1);
    const { checks } = await tl.doctor();
    assert.match(checks.find(({ name }) => name === 'context')?.message ?? '', /^\d+ traces? began while/);
  });
});

describe('tracing.error', () => {
  test('is on the span when the answer is a 5xx, and nowhere when it is not', async () => {
    const listener = tracing.handler((req, res) => {
      tracing.error(req, new Error('reported'));
      res.statusCode = req.url === '/bad' ? 503 : 404;
      res.end();
    });
    await serving(listener, async (port) => {
      await send(port, 'GET', '/bad');
      const [event] = only(await spans(), 'server').events;
      assert.equal(event?.attributes['exception.message'], 'reported');
      await send(port, 'GET', '/fine');
      const { events, status } = only(await spans(), 'server');
      assert.deepEqual([events, status], [[], { code: 'unset' }]);
    });
  });
});

describe('an ignored request', () => {
  test('leaves no traces of its own, and its context passes through', async () => {
    const seen: (string | undefined)[] = [];
    const listener = tracing.handler(
      (_req, res) => {
        span('ping db', () => undefined);
        span('root', { parent: null }, () => undefined);
        seen.push(current()?.traceId);
        res.end();
      },
      { ignore: '/healthz' },
    );
    const { started } = tl.stats();
    await serving(listener, async (port) => {
      await send(port, 'GET', '/healthz');
      await send(port, 'GET', '/healthz', { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` });
    });
    assert.deepEqual(await spans(), []);
    assert.deepEqual([tl.stats().started - started, seen], [0, [undefined, 'a'.repeat(32)]]);
  });
});

describe('WebSockets', () => {
  test('ws behind the middlewares of an app: the span ends with the answer', async () => {
    const app = express().use(tracing());
    const sockets = new WebSocketServer({ noServer: true });
    const server = createServer(app);
    server.on('upgrade', (req, socket, head) => {
      const res = {} as express.Response;
      tracing()(req, res, () => sockets.handleUpgrade(req, socket, head, (ws) => ws.send('welcome')));
    });
    await serving(server, async (port) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/talk`);
      await new Promise((resolve) => socket.once('message', resolve));
      const { attributes, name } = only(await spans(), 'server');
      assert.deepEqual([name, attributes['http.response.status_code']], ['GET', 101]);
      socket.terminate();
    });
    sockets.close();
  });

  test('socket.io with engine.use: handshakes alone', async () => {
    const { Server: SocketServer } = require('socket.io');
    const { io } = require('socket.io-client');
    const server = createServer();
    const sockets = new SocketServer(server);
    sockets.engine.use(tracing());
    await serving(server, async (port) => {
      const client = io(`http://127.0.0.1:${port}`, { transports: ['websocket'] });
      await new Promise((resolve) => client.once('connect', resolve));
      const { attributes } = only(await spans(), 'server');
      assert.equal(attributes['http.response.status_code'], 101);
      client.close();
      await new Promise((resolve) => sockets.close(resolve));
      server.listen(0); // `serving` closes it once more
    });
  });
});

describe('serverless adapters', () => {
  const app = express().use(tracing());
  app.get('/items/:id', (_req, res) => void res.json({ ok: true }));
  const koa = new Koa().use(tracing()).use((ctx) => {
    ctx.body = 'ok';
  });
  const event = {
    version: '2.0',
    rawPath: '/items/7',
    rawQueryString: '',
    headers: { host: 'shop' },
    requestContext: { http: { method: 'GET', path: '/items/7', sourceIp: '127.0.0.1' } },
    isBase64Encoded: false,
  };
  for (const [name, make] of [
    ['serverless-http over Express', () => require('serverless-http')(app)],
    ['serverless-http over Koa', () => require('serverless-http')(koa)],
    ['@codegenie/serverless-express', () => require('@codegenie/serverless-express')({ app })],
  ] as const) {
    test(`${name}: a complete answer has no ending`, async () => {
      const handler = make() as (event: object, context: object) => Promise<{ statusCode: number }>;
      assert.equal((await handler(event, {})).statusCode, 200);
      const { attributes } = only(await spans(), 'server');
      assert.deepEqual([attributes['http.response.status_code'], attributes['throughline.ending']], [200, undefined]);
    });
  }
});

test('a stream is known by the type that went to writeHead', async () => {
  const listener = tracing.handler((_req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
    res.end('data: x\n\n');
  });
  await serving(listener, async (port) => {
    await send(port, 'GET', '/events');
    await spans();
  });
  assert.match(tl.metrics(), /event-stream/);
});

test('an open span says its route, and a stream is no alarm', async () => {
  const app = express().use(tracing());
  const reached = new Promise<express.Response>((resolve) => {
    app.get('/wait/:id', (_req, res) => resolve(res));
  });
  await serving(app, async (port) => {
    const answered = send(port, 'GET', '/wait/7');
    const res = await reached;
    assert.deepEqual(
      tl.openSpans().map((open) => (open as unknown as { record: { name: string } }).record.name),
      ['GET /wait/:id'],
    );
    res.end();
    await answered;
    assert.equal(only(await spans(), 'server').name, 'GET /wait/:id');
  });
});

describe('what is handed over uncalled', () => {
  type Called = (...args: unknown[]) => unknown;
  const req = { headers: {} };
  for (const [what, call, message] of [
    [
      'errors',
      () => (tracing.errors as Called)(req, {}, () => undefined),
      /did you mean app\.use\(tracing\.errors\(\)\)\?$/,
    ],
    [
      'metrics',
      () => (tracing.metrics as Called)(req, {}),
      /did you mean app\.get\('\/metrics', tracing\.metrics\(\)\)\?$/,
    ],
    ['metrics of Koa', () => (tracing.metrics as Called)({ req }, () => undefined), /tracing\.metrics\(\)/],
    [
      'layer',
      () => (tracing.layer as Called)(req, {}, () => undefined),
      /app\.use\(tracing\.layer\('name', middleware\)\)/,
    ],
    ['handler', () => (tracing.handler as Called)(req, {}), /createServer\(tracing\.handler\(listener\)\)/],
    ['upgrade', () => (tracing.upgrade as Called)(req, {}, Buffer.alloc(0)), /tracing\.upgrade\(listener\)/],
    [
      'the middleware as a listener',
      () => (tracing() as Called)(req, {}),
      /did you mean http\.createServer\(tracing\.handler\(listener\)\)\?$/,
    ],
  ] as const) {
    test(`${what}: says what to write`, () => {
      assert.throws(
        call,
        (error: Error & { code?: string }) => error.code === 'ERR_THROUGHLINE_OPTION' && message.test(error.message),
      );
    });
  }
});
