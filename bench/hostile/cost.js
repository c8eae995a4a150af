import { start } from 'throughline';
import { extract, inject } from 'throughline/propagation';
import { answer } from '../processes.js';
import { median } from '../statistics.js';
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
const TRACED = { ...ORDINARY, traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03' };
const FULL = { ...TRACED, tracestate: 'congo=t61rcWkgMzE,rojo=00f067aa0ba902b7', baggage: 'user.id=alice,tier=gold' };
const span = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', traceFlags: 3 };

const SCENARIOS = {
  'a request with traceparent': TRACED,
  'with traceparent, tracestate and baggage': FULL,
  'without any context': ORDINARY,
};

let kept;

function once(headers) {
  const found = extract(headers, { getter });
  kept = inject({}, { context: { span, baggage: found?.baggage }, setter });
}

function batch(headers, times) {
  const begin = performance.now();
  for (let i = 0; i < times; i += 1) once(headers);
  return ((performance.now() - begin) * 1e6) / times;
}

/** Nanoseconds for one extract and one inject, by scenario. */
function measure() {
  const entries = Object.entries(SCENARIOS);
  for (const [, headers] of entries) batch(headers, 50_000);
  const figures = entries.map(([name, headers]) => [name, Array.from({ length: 15 }, () => batch(headers, 10_000))]);
  return Object.fromEntries(figures.map(([name, values]) => [name, median(values)]));
}

answer({ measure, kept: () => kept !== undefined });
