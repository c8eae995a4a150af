import { Redis } from 'ioredis';
import { redis } from 'throughline/redis';
import { answer } from '../processes.js';
import { makeSpans } from './spans.js';

// One process that writes spans to the Redis of argv[2]: ours, or the plainest thing that could be done, a list
// of JSON for each trace. Both in batches of 512, one after another, as the pipeline hands them out.
const BATCH = 512;
const TTL = 3 * 86_400;
const client = new Redis(Number(process.argv[2]));
const never = new AbortController().signal;

async function writeOurs(spans) {
  const exporter = redis({ client });
  for (let at = 0; at < spans.length; at += BATCH) {
    const result = await exporter.export(spans.slice(at, at + BATCH), never);
    if (result.outcome !== 'accepted') throw new Error(result.reason);
  }
  await exporter.close();
}

async function writePlain(spans) {
  for (let at = 0; at < spans.length; at += BATCH) {
    const pipeline = client.pipeline();
    const traces = new Set();
    for (const span of spans.slice(at, at + BATCH)) {
      pipeline.rpush(`plain:${span.traceId}`, JSON.stringify(span));
      traces.add(span.traceId);
    }
    for (const traceId of traces) pipeline.expire(`plain:${traceId}`, TTL);
    await pipeline.exec();
  }
}

/** `used_memory`, and what we keep for all traces together, which does not grow with them. */
async function memory() {
  const info = await client.info('memory');
  const live = (await client.memory('USAGE', 'tl:live', 'SAMPLES', '0')) ?? 0;
  return { used: Number(/used_memory:(\d+)/.exec(info)?.[1]), live };
}

async function run({ how, count, perTrace }) {
  await client.flushall();
  const spans = makeSpans(count, perTrace);
  const before = await memory();
  const began = performance.now();
  const cpuBefore = process.cpuUsage();
  await (how === 'ours' ? writeOurs(spans) : writePlain(spans));
  const seconds = (performance.now() - began) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  const after = await memory();
  return {
    spansPerSecond: count / seconds,
    cpuMicros: (cpu.user + cpu.system) / count,
    bytes: (after.used - before.used) / count,
    live: after.live / count,
  };
}

answer({ run }, process.pid);
