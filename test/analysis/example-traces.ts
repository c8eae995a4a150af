import type { SpanRecord } from '../../src/core/record.ts';
import { type RecordOptions, record } from './records.ts';

/** The traces that `npm run example` makes, with times of a machine that does nothing else. */
export function exampleTraces(): SpanRecord[] {
  return [...orderPage(), ...order(), ...failure()];
}

const [PAGE, ORDER, FAILURE] = ['a', 'b', 'c'].map((letter) => letter.repeat(32)) as [string, string, string];

/** A call of a service by a parent, and what the called service did: 2 ms on the way, 1 ms back. */
function exchange(id: number, parent: number, at: number, took: number, facts: Facts): SpanRecord[] {
  const { traceId, from, to, route, method = 'GET', failed = false, url = route } = facts;
  const tags = {
    'http.request.method': method,
    'url.full': `http://${to}:80${url}`,
    'error.type': failed ? '503' : '',
  };
  const answer = { 'http.route': route, 'http.response.status_code': failed ? 503 : 200 };
  return [
    record({ id, parent, at, took, traceId, service: from, kind: 'client', name: method, failed, tags }),
    record({
      ...server(traceId, to, `${method} ${route}`),
      id: id + 1,
      parent: id,
      at: at + 2,
      took: took - 3,
      failed,
      tags: answer,
    }),
  ];
}

interface Facts {
  readonly traceId: string;
  readonly from: string;
  readonly to: string;
  readonly route: string;
  readonly method?: string;
  readonly failed?: boolean;
  readonly url?: string;
}

function server(traceId: string, service: string, name: string): Omit<RecordOptions, 'id'> {
  return { traceId, service, name, kind: 'server', parentIsRemote: true };
}

/** Pricing asks stock for two things in a row. */
function price(traceId: string, at: number): SpanRecord[] {
  const stock = { traceId, from: 'pricing', to: 'stock' };
  return [
    ...exchange(2, 1, at, 120, { traceId, from: 'shop', to: 'pricing', route: '/prices/:item', url: '/prices/chair' }),
    ...exchange(10, 3, at + 5, 43, { ...stock, route: '/stock/:item', url: '/stock/chair' }),
    ...exchange(12, 3, at + 49, 53, { ...stock, route: '/deliveries/:item', url: '/deliveries/chair' }),
  ];
}

function orderPage(): SpanRecord[] {
  const shelf = { traceId: PAGE, from: 'shop', to: 'stock', route: '/stock/:item' };
  return [
    record({ id: 1, took: 420, traceId: PAGE, kind: 'server', name: 'GET /order/:item' }),
    ...price(PAGE, 5),
    ...[43, 43, 43, 403].flatMap((took, n) =>
      exchange(20 + 2 * n, 1, 6, took, { ...shelf, url: `/stock/${'abcd'[n]}` }),
    ),
  ];
}

function order(): SpanRecord[] {
  const facts = { traceId: ORDER, from: 'shop', to: 'stock', route: '/reservations/:order', method: 'PUT' };
  const attempts = [0, 1, 2, 3].flatMap((n) => exchange(20 + 2 * n, 1, 130 + 28 * n, 13, { ...facts, failed: n < 3 }));
  return [
    record({ id: 1, took: 232, traceId: ORDER, kind: 'server', name: 'POST /order/:item' }),
    ...price(ORDER, 5),
    ...attempts,
  ];
}

function failure(): SpanRecord[] {
  const failed = { traceId: FAILURE, failed: true };
  return [
    record({ id: 1, took: 60, kind: 'server', name: 'POST /order/:item', ...failed }),
    ...exchange(2, 1, 3, 53, { ...failed, from: 'shop', to: 'pricing', route: '/prices/:item' }),
    ...exchange(4, 3, 8, 43, { ...failed, from: 'pricing', to: 'stock', route: '/stock/:item' }),
  ];
}
