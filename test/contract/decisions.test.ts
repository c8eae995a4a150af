import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import { after, before, describe, it } from 'node:test';
import Router from '@koa/router';
import axios from 'axios';
import express from 'express';
import Koa from 'koa';
import { current, logFields, span, start, traceAxios, tracing } from 'throughline';
import { memory } from 'throughline/exporters';
import { type Captured, type CaptureOptions, capture } from 'throughline/test';
import { listening } from '../support/listening.ts';
import { assertCounterLaw } from './checks/counter-law.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const DENIED = { traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-02` };
const SAMPLED = { traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-03` };
const NO_HEALTH = {
  sample: [
    { route: '/health/:id', rate: 0 },
    { method: 'POST', rate: 0 },
  ],
} satisfies CaptureOptions;

const NOTHING_SENT = 'sent nothing';

const api = traceAxios(axios.create({ proxy: false }));
const plain = axios.create({ proxy: false, validateStatus: () => true });
let echo: Server;
let echoUrl: string;

/** The headers that reached the next service. */
async function callNext(): Promise<IncomingHttpHeaders> {
  return (await api.get<IncomingHttpHeaders>(echoUrl)).data;
}

/** Each app calls on before its routes for /early, in a route for all others, and fails on /…/fails. */
const apps: readonly [name: string, makeApp: () => RequestListener][] = [
  [
    'Express',
    () => {
      const app = express();
      app.use(tracing());
      app.use('/early', (req, _res, next) => {
        callNext().then((sent) => {
          Object.assign(req, { sent });
          next();
        }, next);
      });
      for (const path of ['/health/:id', '/:name/:id']) {
        app.get(path, (req, res, next) => {
          const status = req.params.id === 'fails' ? 503 : 200;
          if (req.params.id === 'calm') res.json({});
          else if ('sent' in req) res.json(req.sent);
          else callNext().then((sent) => res.status(status).json(sent), next);
        });
      }
      app.post('/:name/:id', (_req, res) => res.json({}));
      return app;
    },
  ],
  [
    'Koa',
    () => {
      const app = new Koa();
      const router = new Router();
      app.use(tracing());
      app.use(async (ctx, next) => {
        if (ctx.path.startsWith('/early')) ctx.state.sent = await callNext();
        await next();
      });
      for (const path of ['/health/:id', '/:name/:id']) {
        router.get(path, async (ctx) => {
          if (ctx.params.id === 'fails') ctx.status = 503;
          ctx.body = ctx.params.id === 'calm' ? {} : (ctx.state.sent ?? (await callNext()));
        });
      }
      router.post('/:name/:id', (ctx) => {
        ctx.body = {};
      });
      app.use(router.routes());
      return app.callback();
    },
  ],
];

/** Runs the requests against one app in a capture, and hands back what was kept with what went out. */
async function serve(
  makeApp: () => RequestListener,
  options: CaptureOptions,
  requests: (url: string) => Promise<IncomingHttpHeaders>,
): Promise<{ captured: Captured; sent: IncomingHttpHeaders }> {
  let sent: IncomingHttpHeaders = {};
  const captured = await capture(options, async (running) => {
    const server = createServer(makeApp());
    const url = await listening(server);
    // Outside: the request of a test has no trace of its own.
    sent = await requests(url);
    server.close();
    server.closeAllConnections();
    await running.settled();
  });
  assertCounterLaw(captured.stats());
  return { captured, sent };
}

function get(path: string, headers: Record<string, string> = {}) {
  return async (url: string): Promise<IncomingHttpHeaders> => (await plain.get(url + path, { headers })).data;
}

function summary({ captured, sent }: { captured: Captured; sent: IncomingHttpHeaders }): string[] {
  const names = captured.spans.map(({ kind, attributes }) => `${kind}${attributes['throughline.partial'] ? '!' : ''}`);
  return [`sent ${sent.traceparent === undefined ? 'nothing' : String(sent.traceparent).slice(-2)}`, ...names.sort()];
}

describe('decisions about real requests', () => {
  before(async () => {
    echo = createServer((req, res) =>
      res.setHeader('content-type', 'application/json').end(JSON.stringify(req.headers)),
    );
    echoUrl = await listening(echo);
  });
  after(() => echo.close());

  for (const [name, makeApp] of apps) {
    const run = (options: CaptureOptions, path: string, headers?: Record<string, string>) =>
      serve(makeApp, options, get(path, headers)).then(summary);

    it(`see the route that has matched when context goes out: ${name}`, async () => {
      const rule = { sample: [{ route: '/:name/:id', rate: 0 }] };
      assert.deepEqual(await run(rule, '/shop/1'), ['sent 00']);
      assert.deepEqual(await run({ sample: [{ route: '/other', rate: 0 }] }, '/shop/1'), [
        'sent 01',
        'client',
        'server',
      ]);
    });

    it(`see no route before one has matched, and stay as they went out: ${name}`, async () => {
      const rule = { sample: [{ route: '/:name/:id', rate: 0 }] };
      assert.deepEqual(await run(rule, '/early/1'), ['sent 01', 'client', 'server']);
    });

    it(`see the method, and at the end the route, when nothing goes out: ${name}`, async () => {
      assert.deepEqual(await run(NO_HEALTH, '/health/calm'), [NOTHING_SENT]);
      const post = async (url: string) => (await plain.post(`${url}/shop/calm`)).data;
      assert.deepEqual(summary(await serve(makeApp, NO_HEALTH, post)), [NOTHING_SENT]);
    });

    it(`keep what failed, and mark what others were told to leave out: ${name}`, async () => {
      const keep = { sample: 0, keep: { status: '5xx' } } as const;
      assert.deepEqual(await run(keep, '/shop/fails'), ['sent 00', 'client!', 'server!']);
      assert.deepEqual(await run(keep, '/shop/1'), ['sent 00']);
      assert.deepEqual(await run({ keep: { status: '5xx' } }, '/shop/fails', DENIED), [
        'sent 02',
        'client!',
        'server!',
      ]);
      assert.deepEqual(await run({ keep: { status: '5xx' } }, '/shop/1', DENIED), ['sent 02']);
      assert.deepEqual(await run(keep, '/shop/1', SAMPLED), ['sent 03', 'client', 'server']);
    });
  }

  it('keep B3’s deny a deny, and its debug a debug', async () => {
    const [, makeApp] = apps[0] as (typeof apps)[number];
    const options = { propagators: ['b3'], sample: 0, keep: { status: '5xx' } } satisfies CaptureOptions;
    const send = async (path: string, b3: string) => {
      const { captured, sent } = await serve(makeApp, options, get(path, { b3 }));
      return [String(sent.b3).split('-').slice(2).join('-'), captured.spans.length];
    };
    assert.deepEqual(await send('/shop/1', '0'), ['0', 0]);
    assert.deepEqual(await send('/shop/fails', '0'), ['0', 2]);
    assert.deepEqual(await send('/shop/1', 'd'), ['d', 2]);
  });

  it('are taken by what is known when tracing stops', async () => {
    const exporter = memory();
    const running = start({ service: 'test', exporters: exporter, sample: 0, keep: { errors: true } });
    const failing = span('failing', { parent: null });
    failing.child('query').fail(new Error('gone')).end();
    failing[Symbol.dispose]();
    const open = span('open', { parent: null });
    open.child('query of open').fail(new Error('gone')).end();
    const calm = span('calm', { parent: null });
    calm.child('query of calm').end();
    assert.equal(running.stats().queued, 4); // two are decided and wait for the exporter
    await running.shutdown();
    const names = exporter.spans.map(({ name }) => name).sort();
    assert.deepEqual(names, ['failing', 'open', 'query', 'query of open']);
    assert.equal(running.stats().sampledOut, 2);
    assertCounterLaw(running.stats());
  });

  it('are not taken by a log line, nor by reading ids', async () => {
    let logged: unknown;
    const captured = await capture({ sample: [{ route: '/a', rate: 0 }] }, async () => {
      const app = express();
      app.use(tracing(), (_req, _res, next) => {
        logged = { ...logFields(), id: current()?.traceId };
        next();
      });
      app.get('/a', (_req, res) => res.end());
      const server = createServer(app);
      await plain.get(`${await listening(server)}/a`);
      server.close();
      server.closeAllConnections();
    });
    assert.equal((logged as { trace_flags: string }).trace_flags, '00');
    assert.deepEqual([captured.spans.length, captured.stats().sampledOut], [0, 1]);
  });
});
