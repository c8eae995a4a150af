import { fork } from 'node:child_process';
import cluster from 'node:cluster';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { span, start } from 'throughline';

/**
 * One service as many processes and threads, all spooling into one folder: cluster workers, a forked
 * child, worker threads of which one is terminated. Each makes its own run of spans and ends.
 */
const SPANS = 50;
const directory = process.env.SPOOL_DIRECTORY ?? '';
const role = isMainThread ? (process.env.ROLE ?? 'primary') : (workerData as string);

function makeSpans(): void {
  start({ service: 'fault', spool: { mode: 'ahead', directory } });
  for (let seq = 1; seq <= SPANS; seq++) span('work', { attributes: { seq, run: role } }, () => undefined);
}

async function asPrimary(): Promise<void> {
  makeSpans();
  cluster.setupPrimary({ exec: import.meta.filename });
  const workers = ['cluster 1', 'cluster 2'].map((name) => cluster.fork({ ROLE: name }));
  const child = fork(import.meta.filename, { env: { ...process.env, ROLE: 'fork' } });
  const threads = ['thread', 'terminated'].map((name) => new Worker(new URL(import.meta.url), { workerData: name }));
  await Promise.all([
    ...workers.map((worker) => once(worker, 'exit')),
    once(child, 'exit'),
    ...threads.map(async (thread, i) => {
      await once(thread, 'message');
      if (i === 1) await thread.terminate();
      else await once(thread, 'exit');
    }),
  ]);
}

if (role === 'primary') {
  await asPrimary();
} else {
  makeSpans();
  if (isMainThread) process.exit(0);
  const { parentPort } = await import('node:worker_threads');
  parentPort?.postMessage('made');
  if (role === 'terminated') await setTimeout(60_000);
  parentPort?.close();
}
