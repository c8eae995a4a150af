import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import knexFactory, { type Knex } from 'knex';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { span } from 'throughline';
import { assertTree, capture } from 'throughline/test';
import { demandRedisInCi, type RedisServer, skipWithoutRedis, startRedis } from '../support/redis-server.ts';
import { type FakeMysql, startMysql } from './mysql.ts';
import { type FakePostgres, startPostgres } from './postgres.ts';
import { loadRecipe } from './recipe.ts';

const PAGE = 'docs/databases.md';

/** The parts that take what comes after a statement. */
type AnyClient = { query(...args: unknown[]): unknown };

/** Three requests at once, each with one call: behind a pool of one, each must find its own. */
function threeAtOnce(call: (n: number) => PromiseLike<unknown>): Promise<unknown> {
  return Promise.all([1, 2, 3].map((n) => span(`request ${n}`, async () => await call(n))));
}

describe('the recipe traceQueries', () => {
  let server: FakePostgres;
  let traceQueries: <Client extends AnyClient>(client: Client, system?: string) => Client;

  before(async () => {
    server = await startPostgres();
    ({ traceQueries } = await loadRecipe<{ traceQueries: typeof traceQueries }>(PAGE, 'traceQueries'));
  });
  after(() => server.close());

  async function withPool(use: (pool: pg.Pool) => Promise<unknown>): Promise<void> {
    const pool = traceQueries(new pg.Pool({ host: '127.0.0.1', port: server.port, user: 'me', max: 1 }));
    pool.on('connect', (client) => void traceQueries(client));
    await use(pool);
    await pool.end();
  }

  it('gives each query to its own request, behind a pool of one connection', async () => {
    const captured = await capture(() =>
      withPool((pool) => threeAtOnce((n) => pool.query('select * from items where id = $1', [n]))),
    );
    const query =
      'SELECT {kind: client, db.system.name: postgresql, db.query.text: "select * from items where id = $1"}';
    assertTree(captured, [1, 2, 3].map((n) => `request ${n}\n  ${query}`).join('\n'));
  });

  it('shows the statements of a transaction, and the failure of one', async () => {
    const captured = await capture(() =>
      withPool((pool) =>
        span('transaction', async () => {
          const client = await pool.connect();
          await client.query('begin');
          await client.query({ text: 'insert into fail values ($1)', values: ['secret'] }).catch(() => {});
          await client.query('rollback');
          client.release();
        }),
      ),
    );
    assertTree(
      captured,
      `
      transaction
        BEGIN
        ✗ INSERT {db.query.text: "insert into fail values ($1)"}
        ROLLBACK
      `,
      { ordered: true },
    );
    assert.doesNotMatch(JSON.stringify(captured.spans), /secret/);
  });

  it('leaves callbacks alone', async () => {
    const captured = await capture(() =>
      withPool((pool) =>
        span('request', () => new Promise<void>((resolve) => void pool.query('select 1', () => resolve()))),
      ),
    );
    assertTree(captured, 'request');
  });

  it('does the same for mysql2', async () => {
    const database: FakeMysql = await startMysql();
    const captured = await capture(async () => {
      const pool = traceQueries(mysql.createPool({ port: database.port, connectionLimit: 1 }), 'mysql');
      await threeAtOnce((n) => pool.query({ sql: 'select ?', values: [n] }));
      await pool.end();
    });
    await database.close();
    const query = 'SELECT {kind: client, db.system.name: mysql, db.query.text: "select ?"}';
    assertTree(captured, [1, 2, 3].map((n) => `request ${n}\n  ${query}`).join('\n'));
  });
});

describe('the recipe traceKnex', () => {
  it('gives each statement to its own request, failures too', async () => {
    const { traceKnex } = await loadRecipe<{ traceKnex: (knex: Knex) => Knex }>(PAGE, 'traceKnex');
    const server = await startPostgres();
    const connection = { host: '127.0.0.1', port: server.port, user: 'me' };
    const knex = traceKnex(knexFactory({ client: 'pg', version: '16', connection, pool: { min: 0, max: 1 } }));
    const captured = await capture(async () => {
      await threeAtOnce((n) => knex('items').where({ id: n }));
      await span('failing', async () => await knex('fail').insert({ id: 1 })).catch(() => {});
    });
    await knex.destroy();
    await server.close();
    const query = 'select sql {kind: client, db.query.text: "select * from \\"items\\" where \\"id\\" = $1"}';
    assertTree(captured, `${[1, 2, 3].map((n) => `request ${n}\n  ${query}`).join('\n')}\n✗ failing\n  ✗ insert sql`);
  });
});

describe('the recipe for Prisma', () => {
  it('measures an operation that begins when it is awaited', async () => {
    type Operation = {
      model?: string;
      operation: string;
      args: unknown;
      query: (args: unknown) => PromiseLike<unknown>;
    };
    const { spans } = await loadRecipe<{
      spans: { query: { $allOperations(operation: Operation): Promise<unknown> } };
    }>(PAGE, 'spans');
    const captured = await capture(() =>
      span('request', () =>
        spans.query.$allOperations({
          model: 'Article',
          operation: 'create',
          args: { data: { title: 'secret' } },
          // As Prisma's: nothing happens before `then`.
          // biome-ignore lint/suspicious/noThenProperty: that is the point of it
          query: (args) => ({ then: (resolve) => span('statement', async () => args).then(resolve) }),
        }),
      ),
    );
    assertTree(
      captured,
      `
      request
        create Article {kind: client, db.collection.name: Article}
          statement
      `,
    );
    assert.doesNotMatch(JSON.stringify(captured.spans), /secret/);
  });
});

describe('the recipe for TypeORM', () => {
  it('tells the queries of two runners apart', async () => {
    type QueryEvent = { query: string; queryRunner: object };
    const { QuerySpans } = await loadRecipe<{
      QuerySpans: new () => {
        beforeQuery(event: QueryEvent): void;
        afterQuery(event: QueryEvent & { success: boolean; error?: unknown }): void;
      };
    }>(PAGE, 'QuerySpans');
    const subscriber = new QuerySpans();
    const [one, two] = [{}, {}];
    const captured = await capture(() => {
      span('first', () => subscriber.beforeQuery({ query: 'SELECT 1', queryRunner: one }));
      span('second', () => subscriber.beforeQuery({ query: 'INSERT 2', queryRunner: two }));
      subscriber.afterQuery({ query: 'SELECT 1', queryRunner: one, success: true });
      subscriber.afterQuery({ query: 'INSERT 2', queryRunner: two, success: false, error: new Error('twice') });
    });
    assertTree(captured, 'first\n  SELECT {kind: client}\nsecond\n  ✗ INSERT');
  });
});

describe('the recipe traceChannel', { skip: skipWithoutRedis }, () => {
  demandRedisInCi();
  let server: RedisServer;
  before(async () => {
    server = await startRedis();
    await loadRecipe(PAGE, 'traceChannel'); // it subscribes to ioredis
  });
  after(() => server.stop());

  it('shows commands of ioredis side by side, and one that fails', async () => {
    const redis = new Redis(server.port);
    await redis.ping(); // what is sent before it is connected is published in no request
    const captured = await capture(() =>
      span('request', async () => {
        await redis.set('key', 'secret');
        await Promise.all([redis.get('key'), redis.hgetall('key').catch(() => {})]);
      }),
    );
    await redis.quit();
    assertTree(
      captured,
      `
      request
        set {kind: client, db.system.name: redis, server.address: localhost}
        get
        ✗ hgetall
      `,
    );
    assert.doesNotMatch(JSON.stringify(captured.spans), /secret/);
  });
});

describe('the recipe traceCommands', () => {
  it("makes spans of what the driver's command monitoring tells", async () => {
    const { traceCommands } = await loadRecipe<{
      traceCommands: <Client extends EventEmitter>(client: Client) => Client;
    }>(PAGE, 'traceCommands');
    const client = traceCommands(new EventEmitter());
    const started = (requestId: number, commandName: string) =>
      client.emit('commandStarted', {
        requestId,
        commandName,
        databaseName: 'shop',
        command: { [commandName]: 'items' },
      });
    const captured = await capture(() => {
      span('request', () => {
        started(1, 'find');
        started(2, 'insert');
      });
      client.emit('commandFailed', { requestId: 2, failure: new Error('duplicate') });
      client.emit('commandSucceeded', { requestId: 1 });
    });
    assertTree(
      captured,
      `
      request
        find items {kind: client, db.namespace: shop, db.collection.name: items}
        ✗ insert items
      `,
    );
  });
});
