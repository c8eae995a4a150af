import Koa from 'koa2';
import { koaApp } from './koa-app.ts';
import { koaRouteCases } from './koa-routes.ts';
import { serverContract } from './server.ts';

serverContract(
  'koa2',
  (options) => koaApp(Koa, options),
  (bench) => koaRouteCases(bench, Koa),
);
