// The app under test: nothing in it knows of tests.
import express, { type Express } from 'express';
import { span, tracing } from 'throughline';

/** A shop with one page. */
export function createShop(): Express {
  const app = express();
  app.use(tracing());
  app.get('/orders/:id', async (req, res) => {
    const order = await findOrder(req.params.id);
    if (order === undefined) res.sendStatus(404);
    else res.json({ ...order, total: await priceOf(order.items) });
  });
  return app;
}

interface Order {
  readonly id: string;
  readonly items: readonly string[];
}

const findOrder = span.wrap('find order', async (id: string): Promise<Order | undefined> => {
  return id === '7' ? { id, items: ['lamp', 'chair'] } : undefined;
});

/** All prices side by side: the test would notice if they were asked for one after the other. */
async function priceOf(items: readonly string[]): Promise<number> {
  const prices = await Promise.all(items.map((item) => priceOfItem(item)));
  return prices.reduce((sum, price) => sum + price, 0);
}

const PRICES: ReadonlyMap<string, number> = new Map([
  ['lamp', 30],
  ['chair', 70],
]);

const priceOfItem = span.wrap('price', async (item: string): Promise<number> => PRICES.get(item) ?? 0, {
  attributes: (item) => ({ 'shop.item': item }),
});
