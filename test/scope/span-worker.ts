import { parentPort, workerData } from 'node:worker_threads';
import { current, type Span, span, start } from 'throughline';
import { memory } from 'throughline/exporters';

/** A worker of scopes.test.ts: says what is active in it, and what span it makes under the context it was sent. */
const exporter = memory();
const throughline = start({ exporters: exporter });
const active = current()?.spanId;
span('in the worker', { parent: workerData as ReturnType<Span['spanContext']> }, () => {});
await throughline.flush();
parentPort?.postMessage({ active, spans: exporter.spans });
