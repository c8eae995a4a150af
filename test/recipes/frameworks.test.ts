import 'reflect-metadata';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import { Controller, Get, HttpException, type INestApplication, Module, Param } from '@nestjs/common';
import { type BaseExceptionFilter, NestFactory } from '@nestjs/core';
import express from 'express';
import fastifyFactory, { type FastifyInstance } from 'fastify';
import { createProxyMiddleware, type Plugin } from 'http-proxy-middleware';
import { span, traced, tracing } from 'throughline';
import { assertTree, capture } from 'throughline/test';
import { loadRecipe } from './recipe.ts';

/** Listens on a free port while `use` runs. */
async function whileListening(server: Server, use: (url: string) => Promise<unknown>): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}

const json = { 'content-type': 'application/json' };

describe('the recipe for Nest', () => {
  class CatsController {
    async find(id: string): Promise<unknown> {
      if (id === 'none') throw new HttpException('no such cat', 404);
      if (id === 'broken') throw new Error('no database');
      return { id };
    }
  }
  // As decorators do it: they are TypeScript's older ones, which this project does not compile.
  Controller('cats')(CatsController);
  const find = descriptorOf(CatsController.prototype, 'find');
  Object.defineProperty(
    CatsController.prototype,
    'find',
    traced('find')(CatsController.prototype, 'find', find) ?? find,
  );
  Get(':id')(CatsController.prototype, 'find', descriptorOf(CatsController.prototype, 'find'));
  Param('id')(CatsController.prototype, 'find', 0);
  class AppModule {}
  Module({ controllers: [CatsController] })(AppModule);

  it('names routes with their prefix, and says why a request failed', async () => {
    const { traceNest } = await loadRecipe<{ traceNest(app: INestApplication): void }>('docs/nest.md', 'traceNest');
    const { TracedExceptions } = await loadRecipe<{
      TracedExceptions: new (...args: ConstructorParameters<typeof BaseExceptionFilter>) => BaseExceptionFilter;
    }>('docs/nest.md', 'TracedExceptions');
    const captured = await capture(async () => {
      const app = await NestFactory.create(AppModule, { logger: false });
      traceNest(app);
      app.setGlobalPrefix('api');
      app.useGlobalFilters(new TracedExceptions(app.getHttpAdapter()));
      await app.listen(0, '127.0.0.1');
      const url = await app.getUrl();
      for (const id of ['7', 'none', 'broken']) await (await fetch(`${url}/api/cats/${id}`)).text();
      await app.close();
    });
    assertTree(
      captured,
      `
      GET /api/cats/:id {http.response.status_code: 200}
        find
      GET /api/cats/:id {http.response.status_code: 404}
        ✗ find
      ✗ GET /api/cats/:id {http.response.status_code: 500}
        ✗ find
      `,
      { ordered: true },
    );
    const [ok, missing, failed] = captured.all({ route: '/api/cats/:id' });
    assert.deepEqual([ok?.events.length, missing?.events.length], [0, 0]);
    assert.equal(failed?.events[0]?.attributes['exception.message'], 'no database');
  });
});

function descriptorOf(target: object, name: string): PropertyDescriptor {
  return Object.getOwnPropertyDescriptor(target, name) ?? assert.fail(name);
}

describe('the recipe for Fastify', () => {
  it('names routes of plugins too, keeps the scope, and says why a request failed', async () => {
    const { traceFastify } = await loadRecipe<{ traceFastify(app: FastifyInstance): void }>(
      'docs/fastify.md',
      'traceFastify',
    );
    const captured = await capture(async () => {
      const app = fastifyFactory();
      traceFastify(app);
      await app.register(
        async (items) => {
          items.get('/items/:id', async (request) => span('find', async () => request.params));
          items.post('/items', async (request) => span('save', async () => request.body));
          items.get('/broken', async () => Promise.reject(new Error('no database')));
        },
        { prefix: '/v1' },
      );
      const url = await app.listen({ port: 0, host: '127.0.0.1' });
      await (await fetch(`${url}/v1/items/7`)).text();
      await (await fetch(`${url}/v1/items`, { method: 'POST', headers: json, body: '{"id":7}' })).text();
      await (await fetch(`${url}/v1/broken`)).text();
      await (await fetch(`${url}/nowhere`)).text();
      await app.close();
    });
    assertTree(
      captured,
      `
      GET /v1/items/:id {http.route: "/v1/items/:id", http.response.status_code: 200}
        find
      POST /v1/items {http.response.status_code: 200}
        save
      ✗ GET /v1/broken {http.response.status_code: 500}
      GET {http.response.status_code: 404, http.route: undefined}
      `,
      { ordered: true },
    );
    const { events } = captured.single({ route: '/v1/broken' });
    assert.equal(events[0]?.attributes['exception.message'], 'no database');
  });
});

describe('the recipes for GraphQL', () => {
  const typeDefs = 'type Query { books: [Book!]!, broken: String } type Book { title: String! }';
  const resolvers = {
    Query: {
      books: async () => [{ title: 'one' }, { title: 'two' }],
      broken: async () => Promise.reject(new Error('no database')),
    },
  };

  it('name the operation, its resolvers, and what failed although the answer is 200', async () => {
    const { namedOperations } = await loadRecipe<{ namedOperations: ApolloServerPlugin }>(
      'docs/graphql.md',
      'namedOperations',
    );
    const { traceResolvers } = await loadRecipe<{ traceResolvers: <Types extends object>(types: Types) => Types }>(
      'docs/graphql.md',
      'traceResolvers',
    );
    const captured = await capture(async () => {
      const server = new ApolloServer({ typeDefs, resolvers: traceResolvers(resolvers), plugins: [namedOperations] });
      await server.start();
      const app = express();
      app.use(tracing());
      app.use('/graphql', express.json(), expressMiddleware(server));
      await whileListening(createServer(app), async (url) => {
        for (const query of ['query Books { books { title } }', 'query Broken { broken }']) {
          const body = JSON.stringify({ query });
          assert.equal((await fetch(`${url}/graphql`, { method: 'POST', headers: json, body })).status, 200);
        }
      });
      await server.stop();
    });
    assertTree(
      captured,
      `
      query Books {graphql.operation.type: query, graphql.operation.name: Books}
        Query.books
      query Broken {http.response.status_code: 200}
        ✗ Query.broken
      `,
      { ordered: true },
    );
    const broken = captured.spans.find(({ name }) => name === 'query Broken');
    assert.equal(broken?.events[0]?.attributes['exception.message'], 'no database');
  });
});

describe('the recipe for a proxy', () => {
  it('makes one trace through it, and one that says what cannot be reached', async () => {
    const { tracedProxy } = await loadRecipe<{ tracedProxy: Plugin }>('docs/gateways.md', 'tracedProxy');
    const captured = await capture(async () => {
      const stock = createServer(tracing.handler((_req, res) => void res.end('12')));
      await whileListening(stock, async (target) => {
        const app = express();
        app.use(tracing());
        app.use('/stock', createProxyMiddleware({ target, plugins: [tracedProxy] }));
        app.use('/down', createProxyMiddleware({ target: 'http://127.0.0.1:1', plugins: [tracedProxy] }));
        await whileListening(createServer(app), async (url) => {
          const headers = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };
          assert.equal(await (await fetch(`${url}/stock/lamp`, { headers })).text(), '12');
          assert.equal((await fetch(`${url}/down`)).status, 504);
        });
      });
    });
    assertTree(
      captured,
      `
      GET /stock
        GET {kind: client, http.response.status_code: 200}
          GET {kind: server}
      ✗ GET /down
        ✗ GET {kind: client, error.type: ECONNREFUSED}
      `,
      { ordered: true },
    );
  });
});
