// Where the launcher keeps the traces that its collector receives: in memory, in a file, or in Redis.
import { buildTrace, type TraceTree } from 'throughline/analysis';
import { fileStore, memoryStore, type SpanStore } from 'throughline/store';
import type { Collector } from 'throughline/test';

/** In memory unless an address is given: `redis://127.0.0.1:6379`, or the path of a file. */
export async function openStore(address: string | undefined): Promise<SpanStore> {
  if (address === undefined) return memoryStore();
  if (!/^rediss?:/.test(address)) return fileStore({ path: address });
  const [{ Redis }, { redis }] = await Promise.all([import('ioredis'), import('throughline/redis')]);
  // The client itself never connects: the store opens connections like it.
  return redis({ client: new Redis(address, { lazyConnect: true }), ttl: '1d' });
}

/** Puts what the collector has into the store, and reads the same traces back: the store may hold others too. */
export async function keep(backend: Collector, store: SpanStore): Promise<TraceTree[]> {
  await store.append(backend.spans);
  const kept = await Promise.all([...backend.traces().keys()].map((traceId) => store.trace(traceId)));
  return kept.flatMap((trace) => (trace === undefined ? [] : [buildTrace(trace.spans)]));
}
