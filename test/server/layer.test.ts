import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { after, afterEach, test } from 'node:test';
import express from 'express';
import express4 from 'express4';
import Koa from 'koa';
import Koa2 from 'koa2';
import { baggage, current, type SpanRecord, span, tracing } from 'throughline';
import { Recorder } from '../contract/checks/recorder.ts';
import { exchange, requestText, withListener } from '../contract/server/bench.ts';

const recorder = new Recorder('layer');
afterEach(() => recorder.assertTidy());
after(() => recorder.shutdown());

type Handler = express.RequestHandler;
type Listener = Parameters<typeof withListener>[0];

/** The answer to one request, and the spans that it made, by name. */
async function ask(listener: Listener): Promise<{ text: string; spans: Map<string, SpanRecord> }> {
  let text = '';
  await withListener(listener, async (site) => {
    text = await exchange(site, requestText('GET /'));
  });
  return { text, spans: new Map((await recorder.spans()).map((record) => [record.name, record])) };
}

const answer: Handler = (_req, res) => void res.end(current()?.spanId ?? 'none');

for (const [name, makeExpress] of [
  ['Express 4', express4],
  ['Express 5', express],
] as const) {
  const makeApp = (): express.Express => makeExpress().use(tracing()).set('env', 'test');

  test(`${name}: a layer lasts until it calls next, however late, and what follows is not under it`, async () => {
    const gate = new EventEmitter();
    const slow: Handler = (_req, _res, next) => void gate.once('go', next);
    const app = makeApp().use((_req, _res, next) => {
      next();
      setImmediate(() => gate.emit('go'));
    });
    app.use(tracing.layer('slow', slow));
    app.get('/', (_req, res) => span('work', () => res.end('done')));
    const { spans } = await ask(app);
    const [request, layer, work] = ['GET /', 'slow', 'work'].map((key) => spans.get(key));
    assert.equal(layer?.parentSpanId, request?.spanId);
    assert.equal(work?.parentSpanId, request?.spanId);
    assert.ok((layer?.startTimeMs ?? 0) + (layer?.durationMs ?? 0) <= (work?.startTimeMs ?? 0));
  });

  test(`${name}: a layer that answers lasts until the response closes`, async () => {
    const { text, spans } = await ask(makeApp().get('/', tracing.layer('handler', answer)));
    assert.ok(text.endsWith(spans.get('handler')?.spanId ?? 'none'), 'its own span is active in it');
    assert.equal(spans.get('handler')?.status.code, 'unset');
  });

  for (const [what, failing] of [
    ['passes an error on', (_req, _res, next) => next(new RangeError('failed'))],
    [
      'throws',
      () => {
        throw new RangeError('failed');
      },
    ],
  ] as readonly (readonly [string, Handler])[]) {
    test(`${name}: a layer that ${what} has failed, and so has the request`, async () => {
      const app = makeApp().use(tracing.layer('failing', failing)).use(tracing.errors());
      const { text, spans } = await ask(app);
      assert.match(text, /^HTTP\/1.1 500 /);
      for (const key of ['failing', 'GET']) {
        assert.equal(spans.get(key)?.status.code, 'error', key);
        assert.deepEqual(
          spans.get(key)?.events.map((event) => event.attributes['exception.message']),
          ['failed'],
        );
      }
    });
  }

  test(`${name}: leaving a route is no error of a layer`, async () => {
    const app = makeApp().get('/', tracing.layer('skip', ((_req, _res, next) => next('route')) as Handler));
    const { spans } = await ask(app.get('/', answer));
    assert.equal(spans.get('skip')?.status.code, 'unset');
  });

  test(`${name}: an error handler can be a layer`, async () => {
    const handle: express.ErrorRequestHandler = (_error, _req, res, _next) => void res.status(503).end();
    const app = makeApp().get('/', (_req, _res, next) => next(new Error('failed')));
    const { text, spans } = await ask(app.use(tracing.layer('rescue', handle)));
    assert.match(text, /^HTTP\/1.1 503 /);
    assert.equal(spans.get('rescue')?.status.code, 'unset');
  });

  test(`${name}: baggage that a layer sets goes on, and a lost context is found again`, async () => {
    const outside = new EventEmitter();
    const listening = once(outside, 'next').then(([next]) => next());
    const app = makeApp();
    app.use(
      tracing.layer('tenant', ((_req, _res, next) => {
        baggage.set('tenant', 'acme');
        next();
      }) as Handler),
    );
    app.use(tracing.layer('pool', ((_req, _res, next) => void outside.emit('next', next)) as Handler));
    app.get('/', (_req, res) => void res.end(`${baggage.get('tenant')} ${current()?.spanId}`));
    const { text, spans } = await ask(app);
    await listening;
    assert.ok(text.endsWith(`acme ${spans.get('GET /')?.spanId}`), text);
  });

  test(`${name}: next called twice ends one span`, async () => {
    const app = makeApp().use(
      tracing.layer('twice', ((_req, _res, next) => {
        next();
        next();
      }) as Handler),
    );
    assert.deepEqual([...(await ask(app.get('/', answer))).spans.keys()].sort(), ['GET /', 'twice']);
  });
}

test('Express 5: a layer whose promise rejects has failed', async () => {
  const failing: Handler = async () => {
    await Promise.resolve();
    throw new RangeError('rejected');
  };
  const app = express().use(tracing()).set('env', 'test').use(tracing.layer('failing', failing));
  const { text, spans } = await ask(app);
  assert.match(text, /^HTTP\/1.1 500 /);
  assert.equal(spans.get('failing')?.attributes['error.type'], 'RangeError');
});

for (const [name, KoaApp] of [
  ['Koa 2', Koa2],
  ['Koa 3', Koa],
] as const) {
  test(`${name}: a layer lasts until its promise settles, with what follows under it`, async () => {
    const app = new KoaApp().use(tracing()).use(
      tracing.layer('outer', async (ctx: Koa.Context, next: Koa.Next) => {
        await next();
        ctx.body = `${ctx.body} and more`;
      }),
    );
    app.use(
      tracing.layer('inner', (ctx: Koa.Context) => {
        ctx.body = current()?.spanId;
      }),
    );
    const { text, spans } = await ask(app.callback());
    assert.ok(text.endsWith(`${spans.get('inner')?.spanId} and more`), text);
    assert.equal(spans.get('inner')?.parentSpanId, spans.get('outer')?.spanId);
    assert.equal(spans.get('outer')?.parentSpanId, spans.get('GET')?.spanId);
  });

  test(`${name}: a layer that throws has failed, and the error goes on as the same object`, async () => {
    const thrown = new RangeError('thrown');
    let caught: unknown;
    const app = new KoaApp().use(tracing()).use((_ctx, next) =>
      next().catch((error: unknown) => {
        caught = error;
      }),
    );
    app.use(tracing.layer('failing', async () => Promise.reject(thrown)));
    const { spans } = await ask(app.callback());
    assert.equal(caught, thrown);
    assert.equal(spans.get('failing')?.status.code, 'error');
    assert.equal(spans.get('GET')?.status.code, 'unset', 'the app made up for it');
  });
}

test('a layer outside of a traced request, or of an unsampled one, runs as it is', async () => {
  const app = express()
    .use(tracing.layer('layer', ((_req, _res, next) => next()) as Handler))
    .get('/', answer);
  const { text, spans } = await ask(app);
  assert.match(text, /none$/);
  assert.equal(spans.size, 0);
});

test('a layer has the number of parameters and the name of its middleware', () => {
  const four = (_error: unknown, _req: object, _res: object, _next: () => void): void => undefined;
  function three(_req: object, _res: object, _next: () => void): void {}
  assert.deepEqual([tracing.layer('a', four).length, tracing.layer('a', three).length], [4, 3]);
  assert.equal(tracing.layer('a', three).name, 'three');
});

for (const [layer, message] of [
  [['', answer], /^tracing\.layer\(\): expected a name, got ""$/],
  [[undefined, answer], /^tracing\.layer\(\): expected a name, got undefined$/],
  [['a', undefined], /^tracing\.layer\(\): expected a middleware, got undefined$/],
  [['a', {}], /^tracing\.layer\(\): expected a middleware, got an object$/],
] as const) {
  test(`tracing.layer() refuses ${String(layer[0])}, ${typeof layer[1]}`, () => {
    assert.throws(() => tracing.layer(...(layer as unknown as ['a', () => void])), { name: 'TypeError', message });
  });
}
