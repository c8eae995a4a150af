// pricing: what an item costs. The fewer there are, the more. Koa 3.
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

/** What another service fails at is no bug of ours: 502. */
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
  const { data } = await stock.get<{ count: number }>(`/stock/${encodeURIComponent(item)}`);
  await setTimeout(15); // the price list
  ctx.body = { item, price: data.count < 10 ? 49 : 39 };
});
app.use(router.routes());

serve(app.callback());
