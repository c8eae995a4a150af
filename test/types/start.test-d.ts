import { start } from 'throughline';
import { memory } from 'throughline/exporters';

start();
start({});
start({ service: 'shop', version: '1.2.3', environment: 'production', resource: { 'host.name': 'a', cores: 2 } });
start({ exporters: 'none' });
start({ exporters: ['otlp', memory()] });
start({ propagators: ['tracecontext'] });
start({ propagators: { extract: ['tracecontext', 'baggage'], inject: ['tracecontext'] } });
start({ sample: 0.1, limits: { attributes: 64 } });
start({
  sample: [
    { route: '/health', rate: 0 },
    { method: 'POST', perSecond: 5 },
  ],
});
start({ keep: { errors: true, slowerThan: '500ms', status: [404, '5xx'] } });

const handle = start();
const flushed: Promise<void> = handle.flush(500);
const stopped: Promise<void> = handle.shutdown();
const metrics: string = handle.metrics();
const dropped: number = handle.stats().dropped.queue;
export const results: readonly unknown[] = [flushed, stopped, metrics, dropped];

// @ts-expect-error: a misspelt option
start({ servce: 'shop' });
// @ts-expect-error: a rate is a number, since a percentage in a string would be read as NaN
start({ sample: '10%' });
// @ts-expect-error: no exporter of this name
start({ exporters: 'jaeger' });
// @ts-expect-error: stats are the tracer's to count
handle.stats().started = 0;
