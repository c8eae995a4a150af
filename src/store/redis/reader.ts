import type { SpanRecord } from '../../core/record.ts';
import { ProblemList } from '../problem-list.ts';
import type { StoredTrace, StoreProblems } from '../span-store.ts';
import { storeError } from '../store-error.ts';
import { distinctSpans } from '../trace-summary.ts';
import { faultOf } from './fault.ts';
import { layout } from './layout.ts';
import type { RedisCommand, RedisReply } from './link.ts';
import type { RedisNodes } from './nodes.ts';
import { decodeChunk } from './span-chunk.ts';

/** One question to Redis may take this long, whatever the caller's own signal says. */
const ANSWER_MS = 10_000;
/** Commands in one go: replies are held in memory until all are there. */
const MAX_COMMANDS = 500;
/** Traces whose chunks are held beside their spans. */
const TRACES_AT_ONCE = 25;

/**
 * Asks Redis. A server that does not answer makes a call reject; a key of the wrong type, and a chunk that
 * cannot be read, are noted as problems and left out.
 */
export class RedisReader {
  readonly #nodes: RedisNodes;
  readonly #destination: string;
  readonly #problems = new ProblemList();

  constructor(nodes: RedisNodes, destination: string) {
    this.#nodes = nodes;
    this.#destination = destination;
  }

  problems(): StoreProblems {
    return this.#problems.list();
  }

  note(key: string, message: string): void {
    this.#problems.add({ where: key, message });
  }

  /** The value of each command, `undefined` for a key of the wrong type. */
  async ask(commands: readonly RedisCommand[], signal?: AbortSignal): Promise<RedisReply[]> {
    signal?.throwIfAborted();
    const values: RedisReply[] = [];
    for (let at = 0; at < commands.length; at += MAX_COMMANDS) {
      const some = commands.slice(at, at + MAX_COMMANDS);
      const late = AbortSignal.timeout(ANSWER_MS);
      const both = signal === undefined ? late : AbortSignal.any([signal, late]);
      const replies = await this.#nodes.send(some, { signal: both });
      signal?.throwIfAborted();
      if (late.aborted) throw storeError(`${this.#destination} gave no answer within ${ANSWER_MS / 1000} s`);
      for (const [index, reply] of replies.entries()) values.push(this.#valueOf(reply, some[index]?.key ?? ''));
    }
    return values;
  }

  #valueOf(reply: RedisReply, key: string): RedisReply {
    if (!(reply instanceof Error)) return reply;
    const { kind, reason } = faultOf(reply);
    if (kind !== 'wrong-type') throw storeError(`${this.#destination}: ${reason}`, reply);
    this.note(key, `${reason}; to mend, look at it with TYPE: who else writes it?`);
    return undefined;
  }

  /** The spans of each trace, in the order of the ids; an empty list for one that is not there. */
  async spansOf(traceIds: readonly string[], signal?: AbortSignal): Promise<SpanRecord[][]> {
    const commands = traceIds.map((traceId): RedisCommand => {
      const key = layout.trace(traceId);
      return { key, parts: ['LRANGE', key, 0, -1] };
    });
    const lists = await this.ask(commands, signal);
    return traceIds.map((traceId, index) => distinctSpans(this.#decode(traceId, listOf(lists[index]))));
  }

  *#decode(traceId: string, chunks: readonly unknown[]): Generator<SpanRecord, void, undefined> {
    for (const chunk of chunks) {
      for (const span of this.decodeOne(traceId, chunk)) yield span;
    }
  }

  /** The spans of one chunk; those of another trace have no business there. */
  decodeOne(traceId: string, chunk: unknown): readonly SpanRecord[] {
    if (!(chunk instanceof Buffer)) return [];
    const { spans, problem } = decodeChunk(chunk);
    if (problem !== undefined) this.note(layout.trace(traceId), `${problem}; the other chunks were read`);
    return spans.filter((span) => span.traceId === traceId);
  }

  async trace(traceId: string, signal?: AbortSignal): Promise<StoredTrace | undefined> {
    const [trace] = await this.traces([traceId], signal);
    return trace;
  }

  /** Those that are there, in the order of the ids. */
  async traces(traceIds: readonly string[], signal?: AbortSignal): Promise<StoredTrace[]> {
    const possible = traceIds.filter((traceId) => /^[0-9a-f]{32}$/.test(traceId));
    const traces: StoredTrace[] = [];
    for (let at = 0; at < possible.length; at += TRACES_AT_ONCE) {
      traces.push(...(await this.#someTraces(possible.slice(at, at + TRACES_AT_ONCE), signal)));
    }
    return traces;
  }

  async #someTraces(traceIds: readonly string[], signal?: AbortSignal): Promise<StoredTrace[]> {
    const lists = await this.spansOf(traceIds, signal);
    const found = traceIds.flatMap((traceId, i) => {
      const spans = lists[i] ?? [];
      return spans.length === 0 ? [] : [{ traceId, spans, meta: layout.meta(traceId) }];
    });
    const dropped = await this.ask(
      found.map(({ meta }) => ({ key: meta, parts: ['HGET', meta, 'dropped'] })),
      signal,
    );
    return found.map(({ traceId, spans }, i) => ({ traceId, spans, dropped: countOf(dropped[i]) }));
  }
}

export function listOf(reply: RedisReply): readonly unknown[] {
  return Array.isArray(reply) ? (reply as unknown[]) : [];
}

function countOf(reply: RedisReply): number {
  const count = Number(reply ?? 0);
  return Number.isSafeInteger(count) && count > 0 ? count : 0;
}
