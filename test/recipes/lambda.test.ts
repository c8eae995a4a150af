import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type serverless from 'serverless-http';
import { span } from 'throughline';
import { inject } from 'throughline/propagation';
import { assertTree, capture, collector } from 'throughline/test';
import { loadRecipe } from './recipe.ts';

describe('the recipes for Lambda', () => {
  it('has sent its spans when the handler returns', async () => {
    type Handler = ReturnType<typeof serverless>;
    const backend = await collector();
    process.env.OTEL_EXPORTER_OTLP_ENDPOINT = backend.url;
    const { handler } = await loadRecipe<{ handler: Handler }>('docs/lambda.md', 'handler');
    for (const id of ['7', '8']) {
      const answer = await handler(
        {
          version: '2.0',
          rawPath: `/orders/${id}`,
          headers: { 'x-amzn-trace-id': 'Root=1-67891233-abcdef012345678912345678;Parent=463ac35c9f6413ad;Sampled=1' },
          requestContext: { http: { method: 'GET', path: `/orders/${id}`, sourceIp: '10.0.0.1' } },
        },
        {},
      );
      const { statusCode, body } = answer as { statusCode?: number; body?: string };
      assert.deepEqual([statusCode, body], [200, JSON.stringify({ id })]);
      const spans = backend.spans.filter(({ attributes }) => attributes['url.path'] === `/orders/${id}`);
      assert.deepEqual(
        spans.map(({ name, traceId, parentSpanId }) => [name, traceId, parentSpanId]),
        [['GET /orders/:id', '67891233abcdef012345678912345678', '463ac35c9f6413ad']],
      );
    }
    await backend.close();
  });

  it('links a batch of messages to those who sent them', async () => {
    type Message = { body: string; messageAttributes: Record<string, { stringValue?: string } | undefined> };
    const { workOff } = await loadRecipe<{
      workOff(messages: readonly Message[], work: (body: string) => Promise<void>): Promise<void>;
    }>('docs/lambda.md', 'workOff');
    const captured = await capture(async () => {
      const messages = ['ada', 'bob'].map((to) =>
        span('send', { kind: 'producer', attributes: { to } }, (): Message => {
          const { traceparent = '' } = inject<Record<string, string>>({});
          return { body: to, messageAttributes: { traceparent: { stringValue: traceparent } } };
        }),
      );
      await workOff([...messages, { body: 'eve', messageAttributes: {} }], async (body) =>
        span(`mail ${body}`, () => {}),
      );
    });
    const [, , batch] = captured.spans.filter(({ parentSpanId }) => parentSpanId === undefined);
    assertTree(captured, 'send\nsend\nprocess mails\n  mail ada\n  mail bob\n  mail eve');
    assert.deepEqual(
      batch?.links.map(({ context }) => context.spanId),
      captured.all({ name: 'send' }).map(({ spanId }) => spanId),
    );
  });
});
