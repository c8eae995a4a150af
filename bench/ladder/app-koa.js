import { createRequire } from 'node:module';
import { document, fiveSteps, readJson } from './content.js';

// By require, so that a peer which patches modules as they are loaded gets to see them.
const require = createRequire(import.meta.url);

/** The Koa app of every rung: the same routes and the same work as the Express one. */
export function createKoaServer(door, upstreamUrl) {
  const http = require('node:http');
  const Koa = require('koa');
  const { Router } = require('@koa/router');
  const axios = require('axios');
  const app = new Koa();
  if (door.middleware) app.use(door.middleware());
  const api = door.client(axios.create());
  const callByFetch = door.fetch?.() ?? fetch;
  const callByHttp = door.http?.(http) ?? http;
  const router = new Router();

  router.get('/hello', (ctx) => {
    ctx.body = 'hello';
  });
  for (const step of fiveSteps) {
    router.use('/json', (ctx, next) => {
      step(ctx.req, (name, value) => ctx.set(name, value));
      return next();
    });
  }
  router.get('/json/:id', (ctx) => {
    ctx.body = document(ctx.params.id);
  });
  router.get('/call', async (ctx) => {
    const { data } = await api.get(upstreamUrl);
    ctx.body = data;
  });
  router.get('/call-fetch', async (ctx) => {
    ctx.body = await (await callByFetch(upstreamUrl)).json();
  });
  router.get('/call-http', async (ctx) => {
    ctx.body = await readJson(callByHttp, upstreamUrl);
  });
  app.use(router.routes());
  return http.createServer(app.callback());
}
