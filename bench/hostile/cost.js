import { randomBytes } from 'node:crypto';
import { start } from 'throughline';
import { extract, inject } from 'throughline/propagation';
import { answer } from '../processes.js';
import { getter, setter } from './wire-formats.js';

// `cost.js <names of propagators>`: what extract and inject cost with them on.
start({ service: 'bench', exporters: 'none', propagators: process.argv[2].split(',') });

const ORDINARY = {
  host: 'shop.internal:8080',
  connection: 'keep-alive',
  accept: 'application/json',
  'accept-encoding': 'gzip, deflate, br',
  'accept-language': 'en',
  'cache-control': 'no-cache',
  'content-type': 'application/json',
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'x-forwarded-for': '10.0.0.1',
  'x-forwarded-proto': 'https',
};
const LISTS = { tracestate: 'congo=t61rcWkgMzE,rojo=00f067aa0ba902b7', baggage: 'user.id=alice,tier=gold' };

/** By what comes in, each with ids of its own: what is known of the last ones saves as little as in life. */
const SCENARIOS = {
  'a request with traceparent': requests(({ traceparent }) => ({ ...ORDINARY, traceparent })),
  'with traceparent, tracestate and baggage': requests(({ traceparent }) => ({ ...ORDINARY, traceparent, ...LISTS })),
  'without any context': requests(() => ORDINARY),
};

/** The requests that a service gets, and the span that it calls on from. */
function requests(headersFor) {
  return Array.from({ length: 512 }, () => {
    const traceId = hex(16);
    const headers = headersFor({ traceparent: `00-${traceId}-${hex(8)}-03` });
    return { headers, span: { traceId, spanId: hex(8), traceFlags: 3 } };
  });
}

function hex(bytes) {
  return randomBytes(bytes).toString('hex');
}

let kept;

function once({ headers, span }) {
  const found = extract(headers, { getter });
  kept = inject({}, { context: { span, baggage: found?.baggage }, setter });
}

function batch(all, times) {
  const begin = performance.now();
  for (let i = 0; i < times; i += 1) once(all[i % all.length]);
  return ((performance.now() - begin) * 1e6) / times;
}

/** Nanoseconds for one extract and one inject, by scenario: of the quietest batch, since others only add to it. */
function measure() {
  const entries = Object.entries(SCENARIOS);
  for (const [, all] of entries) batch(all, 50_000);
  const figures = entries.map(([name, all]) => [name, Array.from({ length: 100 }, () => batch(all, 2048))]);
  return Object.fromEntries(figures.map(([name, values]) => [name, Math.min(...values)]));
}

answer({ measure, kept: () => kept !== undefined });
