// An app with one line of ours and no set-up: run as a child process by bare-app.test.ts.
import { createServer } from 'node:http';
import express from 'express';
import Koa from 'koa';
import { tracing } from 'throughline';
import { listening } from '../../support/listening.ts';

function expressApp() {
  const app = express();
  app.use(tracing());
  app.get('/hello/:name', (req, res) => {
    res.send(`hello ${req.params.name}`);
  });
  return app;
}

function koaApp() {
  const app = new Koa();
  app.use(tracing());
  app.use((ctx) => {
    ctx.body = `hello ${ctx.path.split('/')[2]}`;
  });
  return app.callback();
}

const server = createServer(process.argv[2] === 'koa' ? koaApp() : expressApp());
process.send?.(await listening(server));
process.once('disconnect', () => server.close());
