import Koa from 'koa2';
import { koaApp } from './apps/koa-app.ts';
import { koaRouteCases } from './server/koa-routes.ts';
import { serverContract } from './server/suite.ts';

serverContract(
  'koa2',
  (options) => koaApp(Koa, options),
  (bench) => koaRouteCases(bench, Koa),
);
