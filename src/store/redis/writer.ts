import type { SpanRecord } from '../../core/record.ts';
import { nextTurn } from '../../core/timers.ts';
import { groupBy } from '../../leaves/grouping.ts';
import { IndexBatch, zaddCommand } from './batch.ts';
import { RedisCounters } from './counters.ts';
import { faultOf, type RedisFault } from './fault.ts';
import { layout, operationMember } from './layout.ts';
import type { RedisCommand, RedisReply } from './link.ts';
import type { RedisNodes } from './nodes.ts';
import { RecentlySaid } from './recently-said.ts';
import { encodeChunk } from './span-chunk.ts';
import { type Admitted, TraceCaps } from './trace-caps.ts';

/** Settings of a writer. */
export interface WriterSettings {
  readonly ttlSeconds: number;
  readonly maxTraceSpans: number;
  /** Attribute keys that have an index. */
  readonly index: readonly string[];
  /** Entries of the live stream; 0: none is written. */
  readonly live: number;
}

/** The result of a batch: all that is not dropped lies in Redis; or nothing may be relied on, and why. */
export type WriteResult =
  | { readonly dropped: number; readonly message?: string | undefined }
  | { readonly fault: RedisFault };

/** Encoding gives the event loop a turn after this long. */
const SLICE_MS = 4;
/** The spans of batches that failed are remembered up to this number. */
const MAX_TRIED = 20_000;
const IDS_AN_ENTRY = 64;
/** One place in an entry of the live stream. */
export const PLACE_BYTES = 20;

/** The chunk of one trace in a batch. */
interface ChunkWrite {
  readonly admitted: Admitted;
  /** Of its RPUSH among the commands. */
  readonly position: number;
}

/** A batch, ready to go. */
interface Plan {
  readonly commands: RedisCommand[];
  readonly chunks: ChunkWrite[];
  /** Keys whose expiry was set, and names that were kept. */
  readonly refreshed: string[];
  /** Of traces that are full. */
  readonly over: Admitted[];
}

/**
 * Writes batches of spans in the layout of layout.ts, one batch at a time. Everything but the chunks
 * is idempotent, so a batch that failed half-way is simply written again; chunks that were
 * acknowledged are not, as long as the pipeline hands in the same records.
 */
export class RedisWriter {
  readonly #nodes: RedisNodes;
  readonly #settings: WriterSettings;
  readonly #counters = new RedisCounters();
  readonly #caps: TraceCaps;
  /** Expiries and names that need not be written with this batch. */
  readonly #said: RecentlySaid;
  /** Spans of batches that failed: they are counted, and `true` says that their chunk is written. */
  readonly #tried = new Map<SpanRecord, boolean>();

  constructor(nodes: RedisNodes, settings: WriterSettings) {
    this.#nodes = nodes;
    this.#settings = settings;
    this.#caps = new TraceCaps(settings.maxTraceSpans);
    this.#said = new RecentlySaid(settings.ttlSeconds);
  }

  /** Never rejects, and is over when the signal fires. The caller waits for one batch before the next. */
  async write(batch: readonly SpanRecord[], signal: AbortSignal): Promise<WriteResult> {
    const plan = await this.#plan(batch);
    if (signal.aborted) return { fault: { kind: 'down', reason: 'gave up at the deadline' } };
    const replies = await this.#nodes.send(plan.commands, { signal, replicated: true });
    return this.#settle(batch, plan, replies, signal);
  }

  async #plan(batch: readonly SpanRecord[]): Promise<Plan> {
    const plan: Plan = { commands: [], chunks: [], refreshed: [], over: [] };
    const index = new IndexBatch(this.#settings.index);
    const unwritten = batch.filter((span) => this.#tried.get(span) !== true);
    let turn = performance.now();
    for (const [traceId, spans] of groupBy(unwritten, (span) => span.traceId)) {
      this.#planTrace(plan, traceId, spans);
      if (performance.now() - turn < SLICE_MS) continue;
      await nextTurn();
      turn = performance.now();
    }
    for (const span of batch) index.add(span);
    this.#planIndexes(plan, index);
    const fresh = batch.filter((span) => !this.#tried.has(span));
    for (const { key, field, value } of this.#counters.add(fresh, batch)) {
      plan.commands.push({ key, parts: ['HSET', key, field, value] });
      this.#planExpiry(plan, key);
    }
    return plan;
  }

  #planTrace(plan: Plan, traceId: string, spans: readonly SpanRecord[]): void {
    const { ttlSeconds } = this.#settings;
    const admitted = this.#caps.admit(traceId, spans);
    if (admitted.over.length > 0) plan.over.push(admitted);
    if (admitted.kept.length === 0) return;
    const key = layout.trace(traceId);
    plan.chunks.push({ admitted, position: plan.commands.length });
    plan.commands.push({ key, parts: ['RPUSH', key, encodeChunk(admitted.kept)] });
    plan.commands.push({ key, parts: ['EXPIRE', key, ttlSeconds] });
  }

  #planIndexes(plan: Plan, index: IndexBatch): void {
    for (const [key, entries] of index.entries) {
      plan.commands.push({ key, parts: zaddCommand(key, entries) });
      this.#planExpiry(plan, key);
    }
    for (const [service, operations] of index.services) {
      this.#planName(plan, layout.services, service);
      const key = layout.operations(service);
      for (const span of operations.values()) this.#planName(plan, key, operationMember(span));
    }
    for (const hour of index.hours) this.#planName(plan, layout.hours, String(hour));
  }

  #planExpiry(plan: Plan, key: string): void {
    if (!this.#said.isDue(key)) return;
    plan.commands.push({ key, parts: ['EXPIRE', key, this.#settings.ttlSeconds] });
    plan.refreshed.push(key);
  }

  /** A name with the time it was last written: names that nobody writes any more go after the ttl. */
  #planName(plan: Plan, key: string, name: string): void {
    const id = `${key}\0${name}`;
    if (!this.#said.isDue(id)) return;
    const now = Date.now();
    const expired = now - this.#settings.ttlSeconds * 1000;
    plan.commands.push({ key, parts: ['ZADD', key, 'GT', now, name] });
    if (this.#said.isDue(key)) {
      plan.commands.push({ key, parts: ['ZREMRANGEBYSCORE', key, '-inf', expired] });
      plan.commands.push({ key, parts: ['EXPIRE', key, this.#settings.ttlSeconds] });
      plan.refreshed.push(key);
    }
    plan.refreshed.push(id);
  }

  async #settle(
    batch: readonly SpanRecord[],
    plan: Plan,
    replies: readonly RedisReply[],
    signal: AbortSignal,
  ): Promise<WriteResult> {
    const faults = replies.filter((reply) => reply instanceof Error).map(faultOf);
    const wrongType = faults.find((fault) => fault.kind === 'wrong-type');
    const fault = faults.find((one) => one.kind !== 'wrong-type');
    const failed = plan.chunks.filter(({ position }) => replies[position] instanceof Error);
    for (const { admitted } of failed) this.#caps.release(admitted);
    const overCap = plan.over.flatMap(({ over }) => over);
    const lost = failed.flatMap(({ admitted }) => admitted.kept);
    if (fault !== undefined) {
      this.#remember(batch, new Set([...lost, ...overCap]));
      return { fault: signal.aborted ? { kind: 'down', reason: 'Redis gave no answer before the deadline' } : fault };
    }
    for (const span of batch) this.#tried.delete(span);
    this.#said.note(plan.refreshed);
    const written = plan.chunks.filter((chunk) => !failed.includes(chunk));
    await this.#announce(written, plan.over, replies, signal);
    const message = wrongType?.reason ?? (overCap.length > 0 ? this.#caps.message : undefined);
    return { dropped: overCap.length + lost.length, message };
  }

  #remember(batch: readonly SpanRecord[], failed: ReadonlySet<SpanRecord>): void {
    if (this.#tried.size + batch.length > MAX_TRIED) this.#tried.clear();
    for (const span of batch) this.#tried.set(span, this.#tried.get(span) === true || !failed.has(span));
  }

  /**
   * Tells others after the acknowledgement: followers where the new chunks are, writers how full a trace
   * is. What is told to nobody in a fault is no loss of spans.
   */
  async #announce(
    written: readonly ChunkWrite[],
    over: readonly Admitted[],
    replies: readonly RedisReply[],
    signal: AbortSignal,
  ): Promise<void> {
    const { live, ttlSeconds } = this.#settings;
    const full = new Set([...written.map(({ admitted }) => admitted), ...over]);
    const commands = [...full].flatMap((admitted) => this.#caps.countersFor(admitted, ttlSeconds));
    if (live > 0) commands.push(...liveCommands(written, replies, live));
    if (live > 0 && this.#said.isDue(layout.live)) {
      commands.push({ key: layout.live, parts: ['EXPIRE', layout.live, ttlSeconds] });
    }
    const answers = await this.#nodes.send(commands, { signal });
    this.#caps.learn(commands, answers);
    if (!answers.some((answer) => answer instanceof Error)) this.#said.note([layout.live]);
  }
}

/** `XADD tl:live MAXLEN ~ 10000 * c <trace id, 16 bytes, and the chunk's place in its list, 4 bytes; up to 64 times>` */
function liveCommands(written: readonly ChunkWrite[], replies: readonly RedisReply[], live: number): RedisCommand[] {
  const commands: RedisCommand[] = [];
  for (let at = 0; at < written.length; at += IDS_AN_ENTRY) {
    const places = written.slice(at, at + IDS_AN_ENTRY).map(({ admitted, position }) => {
      const place = Buffer.alloc(PLACE_BYTES);
      place.write(admitted.traceId, 'hex');
      place.writeUInt32BE(Math.max(0, Number(replies[position]) - 1), 16);
      return place;
    });
    const parts: RedisCommand['parts'] = ['XADD', layout.live, 'MAXLEN', '~', live, '*', 'c', Buffer.concat(places)];
    commands.push({ key: layout.live, parts });
  }
  return commands;
}
