import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import axios from 'axios';
import express from 'express';
import express4 from 'express4';
import Koa from 'koa';
import { traceAxios, tracing } from 'throughline';
import { listening } from '../../support/listening.ts';

/** Express 4 → Koa 3 → Express 5 → node:http, each a server of its own. */
export interface Chain {
  /** The Express 4 service's URL for `/express4/:id`; it answers with the headers that reached the last service. */
  readonly url: string;
  close(): Promise<void>;
}

/** One instance for all services: what it does for one request must not reach another. */
const api = traceAxios(axios.create({ proxy: false }));

/** Starts the last service first, since each needs the address of the next. */
export async function startChain(): Promise<Chain> {
  const servers: Server[] = [];
  async function listen(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    servers.push(server);
    return listening(server);
  }
  const http = await listen(echoService());
  const express5 = await listen(express5Service(`${http}/http`));
  const koa = await listen(koaService(`${express5}/express5`));
  const url = await listen(express4Service(`${koa}/koa`));
  return { url: `${url}/express4`, close: () => closeAll(servers) };
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  await Promise.all(servers.filter((server) => server.listening).map((server) => once(server, 'close')));
}

/** Turns of the event loop before and after the call let other requests in between. */
async function callNext(next: string, id: string): Promise<unknown> {
  await nextTurn();
  const { data } = await api.get<unknown>(`${next}/${id}`);
  await nextTurn();
  return data;
}

function express4Service(next: string): RequestListener {
  const app = express4();
  app.use(tracing());
  app.get('/express4/:id', (req, res, forward) => {
    callNext(next, req.params.id).then((data) => res.json(data), forward);
  });
  return app;
}

function koaService(next: string): RequestListener {
  const app = new Koa();
  app.use(tracing());
  app.use(async (ctx) => {
    ctx.body = await callNext(next, ctx.path.slice('/koa/'.length));
  });
  return app.callback();
}

function express5Service(next: string): RequestListener {
  const app = express();
  app.use(tracing());
  app.get('/express5/:id', async (req, res) => {
    res.json(await callNext(next, req.params.id));
  });
  return app;
}

function echoService(): RequestListener {
  return tracing.handler((req, res) => {
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify(req.headers));
  });
}
