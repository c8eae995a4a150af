import { setTimeout as pause } from 'node:timers/promises';
import { span } from 'throughline';

/** Reads an order's items one by one: the classic query in a loop. */
async function loadItems(count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const attributes = { 'db.system.name': 'postgresql', 'db.query.text': `select * from item where id = ${n}` };
    await span('select item', { kind: 'client', attributes }, () => pause(8));
  }
}

/** Asks for price and stock one after the other, although neither needs the other's answer. */
async function askOthers(): Promise<void> {
  await span('GET price', { kind: 'client', attributes: { 'server.address': 'pricing' } }, () => pause(30));
  await span('GET stock', { kind: 'client', attributes: { 'server.address': 'stock' } }, () => pause(25));
}

/** One order. Every third fails at the very end. */
export async function placeOrder(number: number): Promise<void> {
  await span('POST /orders', { kind: 'server', attributes: { 'order.number': number } }, async (order) => {
    await loadItems(6);
    await askOthers();
    if (number % 3 === 0) order.fail(new Error('card declined'));
  });
}
