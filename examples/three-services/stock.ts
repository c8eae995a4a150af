// stock: what lies on the shelves. Express 4.
import { setTimeout } from 'node:timers/promises';
import express4, { type NextFunction, type Request, type Response } from 'express4';
import { start, tracing } from 'throughline';
import { serve } from './service.ts';

start({ service: 'stock' });

const shelves = new Map([
  ['lamp', 12],
  ['chair', 3],
]);
/** Orders that were told to come back. */
const waiting = new Set<string>();

const app = express4();
app.use(tracing());

app.get('/stock/:item', async (req, res, next) => {
  await setTimeout(25); // the database
  const count = shelves.get(req.params.item);
  // An unknown item should be a 404. Here it is the bug that one of the traces shows.
  if (count === undefined) next(new Error(`no shelf for ${req.params.item}`));
  else res.json({ item: req.params.item, count });
});

/** The first attempt of each order finds the shelf locked, the second one gets through. */
app.put('/reservations/:order', async (req, res) => {
  const { order } = req.params;
  await setTimeout(10); // the database
  if (waiting.delete(order)) {
    res.json({ order, reserved: true });
  } else {
    waiting.add(order);
    res.status(503).json({ error: 'the shelf is locked' });
  }
});

app.use((error: Error, _req: Request, res: Response, _next: NextFunction) => {
  res.status(500).json({ error: error.message });
});

serve(app);
