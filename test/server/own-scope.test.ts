import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, describe, test } from 'node:test';
import async from 'async';
import express from 'express';
import express4 from 'express4';
import Koa from 'koa';
import Koa2 from 'koa2';
import { baggage, bind, current, span, tracing } from 'throughline';
import { Recorder } from '../contract/checks/recorder.ts';

const recorder = new Recorder('own-scope');
afterEach(() => recorder.assertTidy());
after(() => recorder.shutdown());

/** The context that a handler sees: the trace, and the tenant that its own headers named. */
interface Seen {
  readonly trace: string | undefined;
  readonly tenant: string | undefined;
  readonly mark: string | undefined;
}

function seen(): Seen {
  return { trace: current()?.traceId, tenant: baggage.get('tenant'), mark: baggage.get('mark') };
}

/** A worker of all requests: what it calls runs where it was made, or where the first request made it. */
function sharedQueue(): (job: () => void) => void {
  const queue = async.queue<() => void>((job, done) => {
    setImmediate(() => {
      job();
      done();
    });
  }, 3);
  return (job) => void queue.push(job);
}

/** A store whose callbacks all come from one timer, as those of a connection come from its socket. */
function sharedStore(): (get: () => void) => void {
  const answers = new EventEmitter();
  answers.setMaxListeners(0);
  setInterval(() => answers.emit('data'), 1).unref();
  return (get) => void answers.once('data', get);
}

function traceOf(i: number): string {
  return i.toString(16).padStart(32, 'a');
}

async function listening(listener: RequestListener, use: (port: number) => Promise<void>): Promise<void> {
  const server: Server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    await use((server.address() as AddressInfo).port);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** One request of its own trace and tenant; answers with the JSON that came. */
function ask(port: number, path: string, i: number, body = ''): Promise<Seen[]> {
  return new Promise((resolve, reject) => {
    const req = httpRequest(
      {
        port,
        path,
        method: body === '' ? 'GET' : 'POST',
        headers: { traceparent: `00-${traceOf(i)}-00f067aa0ba902b7-01`, baggage: `tenant=t${i}` },
      },
      (res: IncomingMessage) => {
        let text = '';
        res.on('data', (chunk) => {
          text += chunk;
        });
        res.on('end', () => resolve(JSON.parse(text)));
      },
    );
    req.on('error', reject).end(body);
  });
}

/** Asks `count` times at once, and holds each answer to its own request. */
async function askCrowd(listener: RequestListener, path: string, count: number, mark?: string): Promise<void> {
  await listening(listener, async (port) => {
    const all = await Promise.all(Array.from({ length: count }, (_, i) => ask(port, path, i + 1, 'x'.repeat(50))));
    all.forEach((answers, i) => {
      assert.ok(answers.length > 0);
      for (const answer of answers) {
        const expected = { trace: traceOf(i + 1), tenant: `t${i + 1}`, ...(mark && { mark: `${mark}${i + 1}` }) };
        assert.deepEqual(JSON.parse(JSON.stringify(answer)), expected);
      }
    });
  });
  const spans = await recorder.spans();
  for (const { traceId, attributes } of spans) {
    if (attributes.tenant !== undefined) assert.equal(traceId, traceOf(Number(String(attributes.tenant).slice(1))));
  }
}

function work(name: string): void {
  span(name, { attributes: { tenant: String(baggage.get('tenant')) } }, () => undefined);
}

type Chain = (req: unknown) => Seen[];
const journeys = new WeakMap<object, Seen[]>();
const journeyOf: Chain = (req) => {
  const known = journeys.get(req as object) ?? [];
  journeys.set(req as object, known);
  return known;
};

for (const [name, makeExpress] of [
  ['Express 4', express4 as unknown as typeof express],
  ['Express 5', express],
] as const) {
  const queued = sharedQueue();
  const stored = sharedStore();
  const look: express.RequestHandler = (req, _res, next) => {
    work('look');
    journeyOf(req).push(seen());
    next();
  };
  const mark: express.RequestHandler = (req, _res, next) => {
    baggage.set('mark', `m${String(req.headers.baggage).slice('tenant=t'.length)}`);
    queued(next);
  };
  const answer: express.RequestHandler = (req, res) => {
    journeyOf(req).push(seen());
    res.json(journeyOf(req));
  };
  const lossy: express.RequestHandler = (_req, _res, next) => queued(next);
  const session: express.RequestHandler = (_req, _res, next) => stored(next);
  const body: express.RequestHandler = (req, _res, next) => void req.on('data', () => undefined).on('end', next);

  describe(name, () => {
    test('runs every middleware, router and handler in its own request, whatever ran before', async () => {
      const app = makeExpress();
      app.use(tracing());
      app.use(mark, look, session, look);
      const api = makeExpress.Router({ mergeParams: true });
      api.use(lossy);
      api.get('/orders/:id', lossy, look, session, answer);
      app.use('/api/:version', body, look, api);
      app.post('/plain', lossy, answer);
      api.post('/orders/:id', lossy, look, session, answer);
      await askCrowd(app, '/api/v1/orders/7', 1000, 'm');
      await askCrowd(app, '/plain', 50, 'm');
    });

    test('leaves whoever calls next where it was', async () => {
      const jobs = new EventEmitter();
      const after: (string | undefined)[] = [];
      const app = makeExpress();
      app.use(tracing());
      app.use((_req, _res, next) => void jobs.once('job', next));
      app.use(look);
      app.get('/x', lossy, answer);
      app.post('/x', answer);
      await listening(app, async (port) => {
        const answered = ask(port, '/x', 1, 'body');
        while (jobs.listenerCount('job') === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        jobs.emit('job');
        after.push(current()?.traceId);
        assert.equal((await answered)[0]?.trace, traceOf(1));
      });
      assert.deepEqual(after, [undefined]);
    });

    test('puts the handlers of a route back as the app has them', async () => {
      const app = makeExpress();
      app.use(tracing());
      const stacks: unknown[] = [];
      const handler: express.RequestHandler = (req, res) => {
        stacks.push(req.route.stack.map((layer: { handle: unknown }) => layer.handle));
        res.json([seen()]);
      };
      app.post('/x', look, handler);
      await askCrowd(app, '/x', 20);
      for (const stack of stacks) assert.deepEqual(stack, [look, handler]);
    });

    test('a layer, and a second tracing(), bring back what was lost', async () => {
      const connect = makeExpress();
      connect.use(tracing());
      connect.use(tracing.layer('gate', lossy));
      connect.use(lossy, tracing());
      connect.use(tracing.layer('look', look), answer);
      await askCrowd(connect, '/x', 60);
    });
  });
}

test('an error handler that lost requests pass by stays as the app made it', async () => {
  const queued = sharedQueue();
  const app = express4();
  app.use(tracing());
  app.use((_req, _res, next) => queued(next));
  const answerError: express.ErrorRequestHandler = (_error, _req, res, _next) => void res.status(500).end();
  app.use(answerError);
  await listening(app, async (port) => {
    for (let i = 0; i < 3; i++) await (await fetch(`http://127.0.0.1:${port}/nowhere`)).text();
  });
  const { stack } = (app as unknown as { readonly _router: { readonly stack: readonly { handle: unknown }[] } })
    ._router;
  assert.equal(stack.at(-1)?.handle, answerError);
});

for (const [name, KoaApp] of [
  ['Koa 2', Koa2 as unknown as typeof Koa],
  ['Koa 3', Koa],
] as const) {
  test(`${name} runs every middleware in its own request, whatever ran before`, async () => {
    const queued = sharedQueue();
    const stored = sharedStore();
    const app = new KoaApp();
    const lose =
      (by: (job: () => void) => void): Koa.Middleware =>
      (_ctx, next) =>
        new Promise((resolve, reject) => by(() => next().then(resolve, reject)));
    const look: Koa.Middleware = (ctx, next) => {
      work('look');
      journeyOf(ctx.req).push(seen());
      return next();
    };
    app.use(tracing());
    app.use((ctx, next) => {
      baggage.set('mark', `m${String(ctx.get('baggage')).slice('tenant=t'.length)}`);
      return next();
    });
    app.use(look).use(lose(queued)).use(look).use(lose(stored)).use(look);
    app.use((ctx) => {
      journeyOf(ctx.req).push(seen());
      ctx.body = journeyOf(ctx.req);
    });
    await askCrowd(app.callback(), '/x', 1000, 'm');
  });
}

test('node:http: listeners of request and response run in their request', async () => {
  const listener = tracing.handler((req, res) => {
    const list = journeyOf(req);
    req.once('data', () => list.push(seen()));
    req.on('end', () => {
      work('end');
      list.push(seen());
      res.end(JSON.stringify(list));
    });
    for (const event of ['finish', 'close'] as const) res.on(event, () => work(event));
    req.on('close', () => work('request close'));
  });
  await askCrowd(listener, '/x', 1000);
});

test('node:http: what a client that leaves sets off runs in the request', async () => {
  const traces: (string | undefined)[] = [];
  const gone = new EventEmitter();
  const listener = tracing.handler((req, res) => {
    req.on('aborted', () => traces.push(current()?.traceId));
    res.on('close', () => {
      traces.push(current()?.traceId);
      gone.emit('gone');
    });
    gone.emit('here');
  });
  await listening(listener, async (port) => {
    const headers = { traceparent: `00-${traceOf(7)}-00f067aa0ba902b7-01` };
    const req = httpRequest({ port, headers }).on('error', () => undefined);
    const here = new Promise((resolve) => gone.once('here', resolve));
    req.end();
    await here;
    const left = new Promise((resolve) => gone.once('gone', resolve));
    req.destroy();
    await left;
  });
  assert.deepEqual(traces, [traceOf(7), traceOf(7)]);
});

describe('bind', () => {
  test('has all listeners of an emitter run in the scope, in their order, with their this', () => {
    const emitter = new EventEmitter();
    const calls: unknown[] = [];
    emitter.on('x', function first(this: unknown, value) {
      calls.push([current()?.spanId, this === emitter, value]);
    });
    const spanId = span('outer', (outer) => {
      assert.equal(bind(emitter), emitter);
      return outer.spanId;
    });
    emitter.prependListener('x', () => calls.push(current()?.spanId));
    assert.equal(emitter.emit('x', 7), true);
    assert.equal(emitter.emit('y'), false);
    assert.deepEqual(calls, [spanId, [spanId, true, 7]]);
    assert.deepEqual(Object.keys(emitter), Object.keys(new EventEmitter()));
  });

  test('has the methods of an object run in the scope, private fields included', () => {
    class Observer {
      #count = 0;
      next(): [number, string | undefined] {
        this.#count++;
        return [this.#count, current()?.spanId];
      }
    }
    const [observer, spanId] = span('outer', (outer) => [bind(new Observer()), outer.spanId] as const);
    assert.deepEqual(observer.next(), [1, spanId]);
    assert.equal(observer.next, observer.next);
    assert.ok(observer instanceof Observer);
  });
});
