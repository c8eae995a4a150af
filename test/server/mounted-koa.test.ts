import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import Router from '@koa/router';
import express from 'express';
import express4 from 'express4';
import Koa from 'koa';
import { tracing } from 'throughline';
import { Recorder } from '../contract/checks/recorder.ts';
import { exchange, requestText, withListener } from '../contract/server/bench.ts';

const recorder = new Recorder('mounted-koa');
afterEach(() => recorder.assertTidy());
after(() => recorder.shutdown());

/** A Koa app with a tracing() of its own, which knows its routes and not where it is mounted. */
function koaUsers(): ReturnType<Koa['callback']> {
  const router = new Router().get('/', answer).get('/users/:id', answer);
  return new Koa().use(tracing()).use(router.routes()).callback();
}

function answer(ctx: { body: unknown }): void {
  ctx.body = 'answered';
}

for (const [name, makeExpress] of [
  ['Express 4', express4],
  ['Express 5', express],
] as const) {
  for (const [path, route] of [
    ['/koa/users/7', '/koa/users/:id'],
    ['/koa', '/koa'],
    ['/shops/9/koa/users/7', '/shops/:shop/koa/users/:id'],
    ['/koa/nothing', undefined],
  ] as const) {
    test(`${name}: a Koa app in a mount shows ${route ?? 'no route'} for ${path}`, async () => {
      const shops = makeExpress.Router().use('/koa', koaUsers());
      const app = makeExpress().use(tracing()).use('/koa', koaUsers()).use('/shops/:shop', shops);
      await withListener(app, async (site) => void (await exchange(site, requestText(`GET ${path}`))));
      const { attributes, name: spanName } = await recorder.span();
      assert.equal(attributes['http.route'], route);
      assert.equal(spanName, route === undefined ? 'GET' : `GET ${route}`);
    });
  }
}
