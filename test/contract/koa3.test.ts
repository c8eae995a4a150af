import Koa from 'koa';
import { koaApp } from './apps/koa-app.ts';
import { koaRouteCases } from './server/koa-routes.ts';
import { serverContract } from './server/suite.ts';

serverContract(
  'koa3',
  (options) => koaApp(Koa, options),
  (bench) => koaRouteCases(bench, Koa),
);
