import type { Removed } from '../span-store.ts';
import { hourStart, layout } from './layout.ts';
import type { RedisCommand } from './link.ts';
import type { RedisNames } from './names.ts';
import { listOf, type RedisReader } from './reader.ts';

const PAGE = 100;

/**
 * Removes the traces that an index files before a time: those that started before it, since a trace is filed
 * under its start or later. Entries that other services have filed later lead nowhere then, and searches
 * pass over them.
 */
export async function removeFromRedis(
  reader: RedisReader,
  names: RedisNames,
  timeMs: number,
  signal?: AbortSignal,
): Promise<Removed> {
  let traces = 0;
  let spans = 0;
  const services = await names.services(signal);
  for (const hour of await names.hours(signal)) {
    if (hourStart(hour) >= timeMs) continue;
    for (const service of services) {
      const removed = await removeFiled(reader, layout.index('i', service, hour), timeMs, signal);
      traces += removed.traces;
      spans += removed.spans;
    }
  }
  return { traces, spans };
}

async function removeFiled(reader: RedisReader, key: string, timeMs: number, signal?: AbortSignal): Promise<Removed> {
  let traces = 0;
  let spans = 0;
  for (;;) {
    const parts: RedisCommand['parts'] = ['ZRANGEBYSCORE', key, '-inf', `(${timeMs}`, 'LIMIT', 0, PAGE];
    const [reply] = await reader.ask([{ key, parts }], signal);
    const members = listOf(reply).filter((member): member is Buffer => member instanceof Buffer);
    if (members.length === 0) return { traces, spans };
    const traceIds = members.map((member) => member.toString('hex'));
    for (const own of await reader.spansOf(traceIds, signal)) {
      traces += Number(own.length > 0);
      spans += own.length;
    }
    const keys = traceIds.flatMap((traceId) => [layout.trace(traceId), layout.meta(traceId)]);
    const removals = keys.map((one): RedisCommand => ({ key: one, parts: ['UNLINK', one] }));
    // The entries last: what fails half-way is found again.
    await reader.ask([...removals, { key, parts: ['ZREM', key, ...members] }], signal);
  }
}
