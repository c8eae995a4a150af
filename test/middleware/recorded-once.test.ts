import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { test } from 'node:test';
import axios from 'axios';
import express from 'express';
import express4 from 'express4';
import Koa from 'koa';
import { type SpanRecord, span, traceAxios, traceFetch, tracing } from 'throughline';
import { capture } from 'throughline/test';
import { listening } from '../support/listening.ts';

/** `limits.attributeLength`, unless an app says otherwise. */
const LONGEST = 4096;

/** The error of an app that builds its stacks itself, a megabyte of each. */
function huge(): Error {
  const error = new Error('m'.repeat(1_000_000));
  error.stack = `Error: huge\n${'    at somewhere (file.js:1:1)\n'.repeat(40_000)}`;
  return error;
}

function exceptionsOf(spans: readonly SpanRecord[], kind: SpanRecord['kind']): SpanRecord['events'] {
  return spans
    .filter((record) => record.kind === kind)
    .flatMap(({ events }) => events.filter(({ name }) => name === 'exception'));
}

function assertOnceAndBounded(events: SpanRecord['events']): void {
  assert.equal(events.length, 1);
  const { 'exception.message': message, 'exception.stacktrace': stack } = events[0]?.attributes ?? {};
  assert.ok(String(message).startsWith('mmm') && String(message).length <= 1024);
  assert.ok(String(stack).startsWith('Error: huge\n') && String(stack).length <= LONGEST, `${String(stack).length}`);
}

function expressApp(make: typeof express): RequestListener {
  const app = make();
  app.set('env', 'test'); // Express prints the second error otherwise, all 40,000 lines
  app.use(tracing());
  app.use(tracing());
  app.get('/', (_req, _res, next) => {
    next(huge());
    next(huge()); // an app that calls it twice
  });
  app.use(tracing.errors());
  app.use((error: unknown, _req: express.Request, _res: express.Response, next: express.NextFunction) => next(error));
  app.use(tracing.errors());
  app.use((_error: unknown, _req: express.Request, res: express.Response, _next: express.NextFunction) => {
    if (!res.headersSent) res.status(500).end();
  });
  return app;
}

function koaApp(): RequestListener {
  const app = new Koa();
  app.silent = true;
  app.use(tracing());
  app.use(tracing());
  app.use(async (_ctx, next) => {
    try {
      await next();
    } catch (error) {
      throw error as Error; // caught, looked at, and passed on
    }
  });
  app.use(() => {
    throw huge();
  });
  return app.callback();
}

const apps: Readonly<Record<string, () => RequestListener>> = {
  'Express 4': () => expressApp(express4),
  'Express 5': () => expressApp(express),
  Koa: koaApp,
};

for (const [name, makeApp] of Object.entries(apps)) {
  test(`an error that passes many hands is on the span of its request once, and bounded: ${name}`, async () => {
    const { spans } = await capture(async (captured) => {
      const server = createServer(makeApp());
      const response = await fetch(await listening(server));
      assert.equal(response.status, 500);
      await response.text();
      server.close();
      server.closeAllConnections();
      await captured.settled();
    });
    assertOnceAndBounded(exceptionsOf(spans, 'server'));
  });
}

const clients: Readonly<Record<string, (error: Error) => Promise<unknown>>> = {
  axios: (error) => {
    const instance = axios.create({ adapter: () => Promise.reject(error) });
    instance.interceptors.response.use(undefined, (reason) => Promise.reject(reason));
    return traceAxios(instance).get('http://stock.internal/');
  },
  fetch: (error) => traceFetch((_url: string) => Promise.reject(error))('http://stock.internal/'),
};

for (const [name, send] of Object.entries(clients)) {
  test(`a rejection is on the span of its attempt once, and bounded: ${name}`, async () => {
    const error = huge();
    const { spans } = await capture(() =>
      assert.rejects(
        span('caller', () => send(error)),
        (reason) => reason === error,
      ),
    );
    assertOnceAndBounded(exceptionsOf(spans, 'client'));
  });
}
