import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import express, { type Express } from 'express';
import request from 'supertest';
import { span, start, tracing } from 'throughline';
import { memory } from 'throughline/exporters';
import { assertTree, capture, noOpenSpans, outline, withTrace } from 'throughline/test';
import { endsClean } from '../contract/checks/no-leaks.ts';
import { rejectionOf } from './messages.ts';

function shop(): Express {
  const app = express();
  app.use(tracing());
  app.get('/orders/:id', async (req, res) => {
    await span('load order', async (active) => {
      active.tag('order.id', req.params.id);
      await new Promise((resolve) => setImmediate(resolve));
      span('query', () => {});
    });
    res.json({ id: req.params.id });
  });
  app.get('/broken', (_req, res) => {
    span('pay', (active) => active.fail(new RangeError('no money')));
    res.sendStatus(503);
  });
  return app;
}

describe('an Express app over supertest', () => {
  it(
    'is captured as it is',
    endsClean(async () => {
      const captured = await capture(async () => {
        await request(shop()).get('/orders/7').expect(200);
      });
      assertTree(
        captured,
        `
        GET /orders/:id {kind: server, http.response.status_code: 200}
          load order {order.id: "7"}
            query
        `,
      );
      noOpenSpans(captured);
    }),
  );

  it(
    'is captured also where the request is handed back unsent',
    endsClean(async () => {
      const captured = await capture(() => request(shop()).get('/orders/7'));
      assertTree(captured, 'GET /orders/:id\n  ...');
    }),
  );

  it(
    'gives each request its own trace by withTrace()',
    endsClean(async () => {
      const captured = capture();
      const app = shop();
      const [seven, broken] = await Promise.all([
        withTrace(request(app).get('/orders/7').expect(200)),
        withTrace(request(app).get('/broken')),
      ]);
      captured.stop();
      assert.deepEqual(seven.response.body, { id: '7' });
      assert.equal(seven.trace.single({ route: '/orders/:id' }).status.code, 'unset');
      assert.equal(seven.trace.spans.length, 3);
      assert.equal(broken.response.status, 503);
      assertTree(broken.trace, '✗ GET /broken\n  ✗ pay {error.type: RangeError}');
      assert.equal(outline(seven.trace), 'GET /orders/:id\n  load order\n    query');
      assert.equal(captured.traces().length, 2);
      assert.match(seven.trace.drawn(), /^trace [0-9a-f]{32} · 3 spans · test\nGET/);
    }),
  );

  it(
    'sends the trace in the formats of the capture, whatever the share that is sampled',
    endsClean(async () => {
      const captured = capture({ sample: 0 });
      const { trace } = await withTrace(request(shop()).get('/orders/7'));
      captured.stop();
      assert.equal(trace.single({ kind: 'server' }).parentIsRemote, true);
    }),
  );

  it(
    'fails as supertest fails',
    endsClean(async () => {
      const captured = capture();
      await assert.rejects(
        withTrace(request(shop()).get('/orders/7').expect(404)),
        /expected 404 "Not Found", got 200/,
      );
      await captured.settled();
      captured.stop();
    }),
  );

  it(
    'is told when its server listened before the capture',
    endsClean(async ({ watch }) => {
      const own = watch(start({ exporters: memory() }));
      const server = shop().listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      const captured = capture();
      const { message } = await rejectionOf(withTrace(request(server).get('/orders/7')));
      captured.stop();
      await new Promise((resolve) => server.close(resolve));
      await own.shutdown();
      assert.match(message, /^withTrace\(\): the request was answered, but no span of its trace is in this capture/);
      assert.equal(own.stats().ended, 3);
    }),
  );
});

describe('withTrace()', () => {
  it('needs a capture and a request', async () => {
    const refused = { code: 'ERR_THROUGHLINE_OPTION' };
    await assert.rejects(withTrace(request(shop()).get('/')), {
      ...refused,
      message: 'withTrace(): there is no capture here; call capture() first',
    });
    const captured = capture();
    await assert.rejects(withTrace(fetch as never), {
      ...refused,
      message: 'withTrace(): expected a request of supertest, got a function',
    });
    captured.stop();
  });
});
