import type { SpanRecord } from '../../core/record.ts';
import { layout, traceOfMeta } from './layout.ts';
import type { RedisCommand, RedisReply } from './link.ts';

/** From here on a trace is counted in Redis, where all its writers see it: below, a counter would cost 160 bytes a trace. */
const COUNTED_FROM = 1000;
const MAX_KEPT = 10_000;

/** The spans of a trace that may be written, and those that are too many. */
export interface Admitted {
  readonly traceId: string;
  readonly kept: readonly SpanRecord[];
  readonly over: readonly SpanRecord[];
}

/**
 * Holds traces to their cap. A process counts what it writes itself; once that is a thousand spans the trace has
 * a counter in Redis, whose reply says what all processes have written. It is a few batches late: a cap, not a measure.
 */
export class TraceCaps {
  readonly #cap: number;
  /** Spans by trace id, as far as known; the latest last. */
  readonly #known = new Map<string, number>();

  constructor(cap: number) {
    this.#cap = cap;
  }

  get message(): string {
    return `a trace has reached its cap of ${this.#cap} spans`;
  }

  /** Counts the spans that fit in. */
  admit(traceId: string, spans: readonly SpanRecord[]): Admitted {
    const before = this.#known.get(traceId) ?? 0;
    const room = Math.max(0, this.#cap - before);
    const kept = spans.slice(0, room);
    this.#keep(traceId, before + kept.length);
    return { traceId, kept, over: spans.slice(room) };
  }

  /** They were not written after all. */
  release({ traceId, kept }: Admitted): void {
    const before = this.#known.get(traceId);
    if (before !== undefined) this.#known.set(traceId, Math.max(0, before - kept.length));
  }

  /** The commands that tell the shared counters of spans that were written: added once, so after the acknowledgement. */
  countersFor({ traceId, kept, over }: Admitted, ttlSeconds: number): RedisCommand[] {
    const known = this.#known.get(traceId) ?? 0;
    const isFirst = known - kept.length < COUNTED_FROM;
    const counted = known < COUNTED_FROM ? 0 : isFirst ? known : kept.length;
    const key = layout.meta(traceId);
    const commands: RedisCommand[] = [];
    if (counted > 0) commands.push({ key, parts: ['HINCRBY', key, 'n', counted] });
    if (over.length > 0) commands.push({ key, parts: ['HINCRBY', key, 'dropped', over.length] });
    if (commands.length > 0) commands.push({ key, parts: ['EXPIRE', key, ttlSeconds] });
    return commands;
  }

  /** Learns from the replies what others have written. */
  learn(commands: readonly RedisCommand[], replies: readonly RedisReply[]): void {
    for (const [position, { key, parts }] of commands.entries()) {
      const total = replies[position];
      if (parts[0] !== 'HINCRBY' || parts[2] !== 'n' || typeof total !== 'number') continue;
      this.#keep(traceOfMeta(key), total);
    }
  }

  #keep(traceId: string, count: number): void {
    this.#known.delete(traceId);
    this.#known.set(traceId, count);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KEPT && oldest !== undefined) this.#known.delete(oldest);
  }
}
