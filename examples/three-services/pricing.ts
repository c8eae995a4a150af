// pricing: what an item costs. The fewer there are, and the later the next ones come, the more. Koa 3.
import { setTimeout } from 'node:timers/promises';
import Router from '@koa/router';
import axios from 'axios';
import Koa from 'koa';
import { start, traceAxios, tracing } from 'throughline';
import { addressOf, serve } from './service.ts';

start({ service: 'pricing' });

const stock = traceAxios(axios.create({ baseURL: addressOf('stock') }));

const app = new Koa();
app.use(tracing());

/** A failure of another service is no bug of ours: 502. */
app.use(async (ctx, next) => {
  try {
    await next();
  } catch (error) {
    if (!axios.isAxiosError(error)) throw error;
    ctx.status = 502;
    ctx.body = { error: `pricing cannot ask stock: ${error.message}` };
  }
});

const router = new Router();
router.get('/prices/:item', async (ctx) => {
  const item = String(ctx.params.item);
  // Neither needs the other: asked for side by side, they would cost the time of one. The report says so.
  const shelf = await stock.get<{ count: number }>(`/stock/${encodeURIComponent(item)}`);
  const delivery = await stock.get<{ days: number }>(`/deliveries/${encodeURIComponent(item)}`);
  await setTimeout(15); // the price list
  ctx.body = { item, price: shelf.data.count < 10 && delivery.data.days > 7 ? 49 : 39 };
});
app.use(router.routes());

serve(app.callback());
