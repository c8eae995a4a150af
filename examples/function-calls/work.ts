import { setTimeout as pause } from 'node:timers/promises';
import { span } from 'throughline';

/** Three calls inside each other, as scopes: each is active until the end of its block. */
export async function nested(): Promise<void> {
  using server1 = span('server1');
  server1.tag('test', true);
  await pause(4);
  {
    using server2 = span('server2', { attributes: { 'order.id': 42 } });
    server2.log('asked stock', { item: 'pear' });
    await pause(4);
    {
      using _ = span('server3');
      await pause(4);
    }
  }
  await pause(2);
}

/** Calls side by side under one parent: concurrent, so in the callback form. */
export async function siblings(): Promise<void> {
  await span('checkout', () => Promise.all([price('pear'), price('plum'), stock()]));
}

/** A traced function: a span a call. */
const price = span.wrap('price', async (_item: string) => pause(6), { attributes: (item) => ({ item }) });

async function stock(): Promise<void> {
  await span('stock', (s) => {
    s.tag('warehouse', 'north');
    return pause(9);
  });
}

/** Two calls with nothing around them: a root each. */
export async function single(): Promise<void> {
  await span('warm up', () => pause(3));
  await span('clean up', () => pause(2));
}
