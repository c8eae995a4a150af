import assert from 'node:assert/strict';
import { AsyncResource } from 'node:async_hooks';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import express from 'express';
import Koa from 'koa';
import { current, type RequestLike, type Span, span, start, tracing } from 'throughline';
import { memory } from 'throughline/exporters';

start({ service: 'test', exporters: memory() });

/** Made here, where nothing is active: what runs in it has lost every context, as in a careless pool. */
const elsewhere = new AsyncResource('elsewhere');

interface Seen {
  readonly ambient: Span | undefined;
  readonly byRequest: readonly (Span | undefined)[];
  readonly lost: Span | undefined;
}

function look(...requests: RequestLike[]): Seen {
  const ambient = current();
  return elsewhere.runInAsyncScope(() => ({
    ambient,
    byRequest: requests.map((request) => current(request)),
    lost: current(),
  }));
}

/** Serves one request with `listener`. */
async function visit(listener: RequestListener): Promise<void> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)).text();
  server.close();
}

function assertFound(seen: Seen | undefined): void {
  assert.ok(seen?.ambient, 'a span was active in the handler');
  assert.equal(seen.lost, undefined);
  for (const found of seen.byRequest) assert.equal(found, seen.ambient);
}

describe('current', () => {
  it('is the active span, and undefined where there is none', () => {
    assert.equal(current(), undefined);
    span('active', (s) => assert.equal(current(), s));
  });

  it('finds the span of a node:http request by req and by res', async () => {
    let seen: Seen | undefined;
    await visit(
      tracing.handler((req, res) => {
        seen = look(req, res);
        res.end();
      }),
    );
    assertFound(seen);
  });

  it('finds the span of an Express request', async () => {
    let seen: Seen | undefined;
    const app = express()
      .use(tracing())
      .get('/', (req, res) => {
        seen = look(req, res);
        res.end();
      });
    await visit(app);
    assertFound(seen);
  });

  it('finds the span of a Koa context, its request and its response', async () => {
    let seen: Seen | undefined;
    const app = new Koa().use(tracing()).use((ctx) => {
      seen = look(ctx, ctx.request, ctx.response, ctx.req, ctx.res);
      ctx.body = 'hello';
    });
    await visit(app.callback());
    assertFound(seen);
  });

  it('finds nothing for a request that is not traced, or for none', async () => {
    const found: unknown[] = [];
    await visit((req, res) => {
      found.push(current(req), current(res));
      res.end();
    });
    found.push(current({} as RequestLike), current(null as unknown as RequestLike));
    assert.deepEqual(found, [undefined, undefined, undefined, undefined]);
  });
});
