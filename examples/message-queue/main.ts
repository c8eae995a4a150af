import { start } from 'throughline';
import { memory } from 'throughline/exporters';
import { Topic } from './queue.ts';
import { outline } from './show.ts';
import { count, order, ship } from './work.ts';

const kept = memory();
const throughline = start({ service: 'message-queue', exporters: kept });
const orders = new Topic('orders');

await order(orders, 'pear', 'acme');
await order(orders, 'plum', 'umbrella');
await order(orders, 'lamp', 'acme');

for (const message of orders.read('shipping', 10)) await ship(orders, message);
await count(orders, orders.read('statistics', 10));

await throughline.shutdown();
console.log(outline(kept.spans));

const sent = new Set(kept.spans.filter(({ kind }) => kind === 'producer').map(({ spanId }) => spanId));
const linked = kept.spans.flatMap(({ links }) => links).filter(({ context }) => sent.has(context.spanId));
if (linked.length !== 6) {
  console.error('\nA message has lost its sender.');
  process.exitCode = 1;
}
