import request from 'supertest';
import { span } from 'throughline';
import { assertTree, capture, noOpenSpans, withTrace } from 'throughline/test';
import { describe, expect, it, vi } from 'vitest';
import { createShop } from './shop.js';

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

it('hands the trace of one request back beside its response', async () => {
  const captured = capture();
  const { response, trace } = await withTrace(request(createShop()).get('/orders/7'));
  captured.stop();
  expect(response.body.id).toBe('7');
  expect(trace.all({ name: 'price' })).toHaveLength(2);
  noOpenSpans(captured);
});

it('settles under fake timers', async () => {
  vi.useFakeTimers();
  const captured = capture();
  const late = span('late');
  queueMicrotask(() => late.end());
  await captured.settled();
  captured.stop();
  vi.useRealTimers();
});

describe.concurrent('tests at the same time', () => {
  it.each(Array.from({ length: 20 }, (_, id) => id))('keep their spans apart (%i)', async (id) => {
    const captured = capture();
    await span(`order ${id}`, async () => {
      await new Promise((resolve) => setTimeout(resolve, id % 4));
      span(`price ${id}`, () => {});
    });
    captured.stop();
    assertTree(captured, `order ${id}\n  price ${id}`);
  });
});
