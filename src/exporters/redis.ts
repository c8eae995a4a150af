import type { Exporter, ExportResult } from '../core/pipeline/exporter.ts';
import type { RedisStore } from '../store/redis/redis-store.ts';

/** A server that is well again gets spans within a second; until then a batch is encoded four times a second, for 15 ms each. */
const RETRY_AFTER_MS = 250;

/** An {@link Exporter} that always has somewhere to go, and something to shut down. */
interface RedisExporter extends Exporter {
  shutdown(): Promise<void>;
}

/**
 * The exporter over a Redis store. A write is acknowledged when the server, and a replica where there is
 * one, has it; everything that may heal is answered with `retry`.
 */
export function redisExporter(store: RedisStore): RedisExporter {
  return {
    name: store.name,
    destination: store.destination,
    async export(batch, signal): Promise<ExportResult> {
      const result = await store.write(batch, signal);
      if (!('fault' in result)) {
        const { dropped, message } = result;
        return dropped === 0 && message === undefined
          ? { outcome: 'accepted' }
          : { outcome: 'accepted', rejected: dropped, message };
      }
      const { kind, reason } = result.fault;
      if (kind === 'unable') return { outcome: 'refused', reason };
      return { outcome: 'retry', reason, retryAfterMs: RETRY_AFTER_MS };
    },
    shutdown: () => store.close(),
  };
}
