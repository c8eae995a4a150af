import { Redis } from 'ioredis';
import { start } from 'throughline';
import { report } from 'throughline/analysis';
import { redis } from 'throughline/redis';
import { readTraces } from './read.ts';
import { placeOrder } from './work.ts';

const url = process.argv[2] ?? process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';
const client = new Redis(url);

/** The exporter of the service, and the store of whoever asks: one object here, often two processes. */
const traces = redis({ client, ttl: '1h' });
const throughline = start({ service: 'orders', exporters: traces });

for (let number = 1; number <= 6; number++) await placeOrder(number);
await throughline.flush();

const { operations, findings } = report(await readTraces(traces, 'orders', 6));
for (const { service, operation, count, errors, p95Ms } of operations) {
  console.log(`${service} ${operation}: ${count} calls, ${errors} errors, p95 ${p95Ms.toFixed(0)} ms`);
}
for (const kind of new Set(findings.map((finding) => finding.kind))) {
  const [worst, ...others] = findings.filter((finding) => finding.kind === kind);
  console.log(`${kind}: ${worst?.message} [trace ${worst?.traceId}, and ${others.length} more]`);
}

await throughline.shutdown();
client.disconnect();
