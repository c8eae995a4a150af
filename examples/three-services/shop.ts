// shop: what the customer sees. Express 5.
import { randomUUID } from 'node:crypto';
import axios from 'axios';
import axiosRetry from 'axios-retry';
import express, { type NextFunction, type Request, type Response } from 'express';
import { start, traceAxios, tracing } from 'throughline';
import { addressOf, serve } from './service.ts';

start({ service: 'shop' });

const pricing = traceAxios(axios.create({ baseURL: addressOf('pricing') }));
const stock = traceAxios(axios.create({ baseURL: addressOf('stock') }));
axiosRetry(stock, { retryCondition: (error) => error.response?.status === 503, retryDelay: () => 15 });

const app = express();
app.use(tracing());

/** The extras that the order page offers with any item. */
const EXTRAS = ['bulb', 'cable', 'shade'];

/** The order page: the price, and the shelves of the item and of what goes with it, all asked for side by side. */
app.get('/order/:item', async (req, res) => {
  const item = encodeURIComponent(req.params.item);
  const price = pricing.get(`/prices/${item}`);
  const shelves = [item, ...EXTRAS].map((one) => stock.get(`/stock/${one}`));
  const [{ data }, ...found] = await Promise.all([price, ...shelves]);
  res.json({ ...data, shelves: found.map((shelf) => shelf.data) });
});

/** An order: first the price, then the reservation, which is tried again while the shelf is locked. */
app.post('/order/:item', async (req, res) => {
  const { data } = await pricing.get(`/prices/${encodeURIComponent(req.params.item)}`);
  const order = randomUUID();
  await stock.put(`/reservations/${order}`);
  res.status(201).json({ order, ...data });
});

app.use((error: Error, _req: Request, res: Response, _next: NextFunction) => {
  res.status(axios.isAxiosError(error) ? 502 : 500).json({ error: error.message });
});

serve(app);
