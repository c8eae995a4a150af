import { writeSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { type Span, span, start, type Throughline } from 'throughline';
import type { ServiceOrder } from './service-order.ts';

/**
 * A service under fault: makes spans with a sequence number at a steady rate, and says on descriptor 3
 * which of them have ended, at once, so that it can be killed at any moment.
 */
const order = JSON.parse(process.argv[2] ?? '{}') as ServiceOrder;
const throughline: Throughline | undefined = order.traced === false ? undefined : start(order.options);
const loop = monitorEventLoopDelay({ resolution: 1 });
loop.enable();

/** As a span of a web service has them: 20 attributes, with the two that the oracle needs. */
const common: Record<string, string | number | boolean> = {};
for (let i = 0; i < (order.attributes ?? 8); i++) common[`app.attribute.${i}`] = i % 3 === 0 ? i : `value number ${i}`;

let ended = 0;
const held: Span[] = [];

function makeSpan(): void {
  ended++;
  span('work', { attributes: { ...common, seq: ended, run: order.run } }, () => undefined);
  if (order.tellsEach === true) writeSync(3, `${ended}\n`);
}

function makeSpans(): void {
  const startMs = performance.now();
  const timer = setInterval(() => {
    const due = Math.min(order.total ?? Number.POSITIVE_INFINITY, ((performance.now() - startMs) * order.rate) / 1000);
    const before = ended;
    while (ended < Math.floor(due)) makeSpan();
    if (ended > before && order.tellsEach !== true) writeSync(3, `${ended}\n`);
    if (ended >= (order.total ?? Number.POSITIVE_INFINITY)) {
      clearInterval(timer);
      leave();
    }
  }, 5);
  process.on('message', async ({ id, name }: { id: number; name: string }) => {
    if (name === 'stop') {
      clearInterval(timer);
      leave();
    }
    const answer = figures(name === 'weigh');
    process.send?.({ id, ...answer });
    if (name === 'weigh') {
      await setTimeout(50, undefined, { ref: false }); // the collection of garbage was the question's, not ours
      loop.reset();
    }
  });
}

function figures(isWeighed: boolean): object {
  const blockMs = loop.percentile(99.9) / 1e6;
  if (isWeighed) globalThis.gc?.();
  return { ended, heapBytes: getHeapStatistics().used_heap_size, blockMs, stats: throughline?.stats() };
}

/** The end of the process once its spans are made. */
function leave(): void {
  writeSync(3, `done ${Date.now()}\n`);
  switch (order.ending) {
    case 'exit':
      process.exit(7);
      break;
    case 'throw':
      throw new Error('the app throws');
    case 'reject':
      void Promise.reject(new Error('the app rejects'));
      break;
    case 'shutdown':
      void throughline?.shutdown().then(() => process.exit(0));
      break;
    case 'stay':
      setInterval(() => {}, 1000);
      break;
    default: // out of work: it ends by itself
  }
}

for (let i = 0; i < (order.leftOpen ?? 0); i++) held.push(span('open', { parent: null }).child('left open'));
if (order.signalHandler !== undefined) {
  const code = order.signalHandler;
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(name, () => process.exit(code));
}
process.on('exit', () => {
  writeSync(3, `stats ${JSON.stringify(throughline?.stats() ?? {})}\n`);
});
writeSync(3, '0\n');
makeSpans();
process.channel?.unref(); // a question may come, and is no reason to stay
