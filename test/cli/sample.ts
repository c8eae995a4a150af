import type { SpanRecord } from '../../src/core/record.ts';
import { record } from '../analysis/records.ts';

export const CART: string = 'a1'.repeat(16);
export const ORDER: string = 'b2'.repeat(16);
export const FAILED: string = 'c3'.repeat(16);

const request = (traceId: string, name: string): Partial<SpanRecord> => ({ traceId, name, kind: 'server' });

/** Three requests, a second apart: a quick one, a slow one that asks a database eight times, one that failed. */
export const SAMPLE: readonly SpanRecord[] = [
  record({ ...request(CART, 'GET /cart'), id: 1, at: 0, took: 20, tags: { 'user.id': '7' } }),
  record({ ...request(ORDER, 'POST /order'), id: 2, at: 1000, took: 500 }),
  ...Array.from({ length: 8 }, (_, i) =>
    record({
      traceId: ORDER,
      id: 10 + i,
      parent: 2,
      at: 1010 + i * 50,
      took: 45,
      kind: 'client',
      name: 'SELECT orders',
      tags: { 'db.system.name': 'postgresql', 'db.query.text': `select * from orders where id = ${i}` },
    }),
  ),
  record({ ...request(FAILED, 'GET /stock'), id: 3, at: 2000, took: 30, service: 'stock', failed: true }),
];
