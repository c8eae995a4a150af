// The app under test: nothing in it knows of tests.
import express from 'express';
import { span, tracing } from 'throughline';

/** A shop with one page. */
export function createShop() {
  const app = express();
  app.use(tracing());
  app.get('/orders/:id', async (req, res) => {
    const order = await span('find order', async () => ({ id: req.params.id, items: ['lamp', 'chair'] }));
    await Promise.all(
      order.items.map((item) => span('price', { attributes: { 'shop.item': item } }, async () => item)),
    );
    res.json(order);
  });
  return app;
}
