import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Queue, QueueEvents, type Telemetry, Worker } from 'bullmq';
import { baggage, current, span } from 'throughline';
import { assertTree, capture } from 'throughline/test';
import { demandRedisInCi, type RedisServer, skipWithoutRedis, startRedis } from '../support/redis-server.ts';
import { loadRecipe } from './recipe.ts';

describe('the recipe for BullMQ', { skip: skipWithoutRedis }, () => {
  demandRedisInCi();
  let server: RedisServer;
  let telemetry: Telemetry;
  before(async () => {
    server = await startRedis();
    ({ telemetry } = await loadRecipe<{ telemetry: Telemetry }>('docs/databases.md', 'telemetry'));
  });
  after(() => server.stop());

  it('makes job and processor one trace, each job its own, with the baggage of who added it', async () => {
    const options = { connection: { host: '127.0.0.1', port: server.port }, telemetry };
    const tenants: unknown[] = [];
    const captured = await capture(async () => {
      const [queue, events] = [new Queue('mails', options), new QueueEvents('mails', options)];
      await events.waitUntilReady();
      const worker = new Worker(
        'mails',
        async ({ data }) => {
          tenants.push([data.to, baggage.get('tenant')]);
          current()?.tag('mail.to', data.to);
          if (data.to === 'nobody') throw new Error('no such address');
        },
        options,
      );
      await Promise.all(
        ['ada', 'nobody'].map((to) =>
          baggage.with({ tenant: `${to}'s` }, () =>
            span('request', async () => {
              const job = await queue.add('send', { to });
              await job.waitUntilFinished(events).catch(() => {});
            }),
          ),
        ),
      );
      await Promise.all([worker.close(), queue.close(), events.close()]);
    });
    assertTree(
      captured,
      `
      request
        add mails.send {kind: producer, messaging.destination.name: mails}
          process mails {kind: consumer, mail.to: ada}
            complete mails
      request
        add mails.send
          ✗ process mails {mail.to: nobody}
            fail mails
      `,
    );
    assert.deepEqual(tenants.sort(), [
      ['ada', "ada's"],
      ['nobody', "nobody's"],
    ]);
  });
});
