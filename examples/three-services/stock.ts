// stock: what lies on the shelves. Express 4.
import { setTimeout } from 'node:timers/promises';
import express4, { type NextFunction, type Request, type Response } from 'express4';
import { start, tracing } from 'throughline';
import { serve } from './service.ts';

start({ service: 'stock' });

const shelves = new Map([
  ['lamp', 12],
  ['chair', 3],
  ['bulb', 90],
  ['cable', 40],
  ['shade', 5],
]);
/** Items in the far warehouse take longer to look up: the slow call of the order page. */
const farAway = new Set(['shade']);
/** The number of times that each order was told to come back. */
const refusals = new Map<string, number>();

const app = express4();
app.use(tracing());

app.get('/stock/:item', async (req, res, next) => {
  await setTimeout(farAway.has(req.params.item) ? 400 : 40); // the database
  const count = shelves.get(req.params.item);
  // An unknown item should be a 404. Here it is the bug that one of the traces shows.
  if (count === undefined) next(new Error(`no shelf for ${req.params.item}`));
  else res.json({ item: req.params.item, count });
});

/** In how many days the next ones come. */
app.get('/deliveries/:item', async (req, res) => {
  await setTimeout(50); // the database
  res.json({ item: req.params.item, days: 10 });
});

/** The first three attempts of each order find the shelf locked, the fourth one gets through. */
app.put('/reservations/:order', async (req, res) => {
  const { order } = req.params;
  await setTimeout(10); // the database
  const refused = refusals.get(order) ?? 0;
  if (refused === 3) {
    refusals.delete(order);
    res.json({ order, reserved: true });
  } else {
    refusals.set(order, refused + 1);
    res.status(503).json({ error: 'the shelf is locked' });
  }
});

app.use((error: Error, _req: Request, res: Response, _next: NextFunction) => {
  res.status(500).json({ error: error.message });
});

serve(app);
