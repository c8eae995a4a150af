import Koa from 'koa';
import { koaApp } from './koa-app.ts';
import { koaRouteCases } from './koa-routes.ts';
import { serverContract } from './server.ts';

serverContract(
  'koa3',
  (options) => koaApp(Koa, options),
  (bench) => koaRouteCases(bench, Koa),
);
