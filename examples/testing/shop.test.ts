// Tests of traces with node:test. In vitest and jest only the imports of `it` and `assert` are others.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import request from 'supertest';
import { assertTree, capture, noOpenSpans, withTrace } from 'throughline/test';
import { createShop } from './shop.ts';

it('asks for every price once', async () => {
  const captured = await capture(async () => {
    await request(createShop()).get('/orders/7').expect(200);
  });
  assertTree(
    captured,
    `
    GET /orders/:id {http.response.status_code: 200}
      find order
      price {shop.item: lamp}
      price {shop.item: chair}
    `,
  );
});

it('asks for no price when there is no order', async () => {
  const captured = capture();
  const { response, trace } = await withTrace(request(createShop()).get('/orders/8'));
  captured.stop();
  assert.equal(response.status, 404);
  assert.deepEqual(trace.all({ name: 'price' }), []);
  assert.equal(trace.single({ route: '/orders/:id' }).status.code, 'unset');
  noOpenSpans(captured);
});

it('asks for the prices side by side', async () => {
  const captured = await capture(() => request(createShop()).get('/orders/7'));
  const [first, second] = captured.tree().roots[0]?.children.filter(({ span }) => span.name === 'price') ?? [];
  assert.ok(first && second && second.span.startTimeMs < first.span.startTimeMs + first.span.durationMs);
});
