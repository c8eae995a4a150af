import type { Exporter, ExportResult } from '../../core/pipeline/exporter.ts';
import type { SpanRecord } from '../../core/record.ts';
import { parseCursor } from '../page.ts';
import type {
  AggregateQuery,
  AggregateRow,
  AppendResult,
  Operation,
  Removed,
  SearchPage,
  SpanStore,
  StoreCall,
  StoredTrace,
  StoreProblems,
  TailBatch,
  TailOptions,
  TraceQuery,
} from '../span-store.ts';
import { storeError } from '../store-error.ts';
import { TailBuffer } from '../tail-buffer.ts';
import { describeClient, isCluster, type RedisClient } from './client.ts';
import { ClusterNodes } from './cluster.ts';
import { evictionWarning } from './eviction.ts';
import { layout } from './layout.ts';
import { RedisNames } from './names.ts';
import type { RedisNodes } from './nodes.ts';
import { RedisReader } from './reader.ts';
import { removeFromRedis } from './removal.ts';
import { searchRedis } from './search.ts';
import { SingleNode } from './single-node.ts';
import { RedisTail } from './tail.ts';
import { RedisWriter, type WriteResult, type WriterSettings } from './writer.ts';

/** Spans of `append` that go out in one go. */
const BATCH = 512;
const APPEND_MS = 30_000;
/** A server that is well again gets spans within a second; until then a batch is encoded four times a second, for 15 ms each. */
const RETRY_AFTER_MS = 250;

/** Spans in Redis: the exporter that writes them, and the store that reads the same keys. */
export class RedisStore implements Exporter, SpanStore {
  readonly name: string = 'redis';
  readonly destination: string;
  readonly #nodes: RedisNodes;
  readonly #settings: WriterSettings;
  readonly #writer: RedisWriter;
  readonly #reader: RedisReader;
  readonly #names: RedisNames;
  readonly #say: (message: string) => void;
  readonly #tails = new Set<TailBuffer>();
  /** The last write: batches go out one after another. */
  #last: Promise<unknown> = Promise.resolve();
  #isChecked = false;

  /** `say`: for the one line about a server whose settings would hurt the app. */
  constructor(client: RedisClient, settings: WriterSettings, say: (message: string) => void) {
    this.destination = describeClient(client);
    this.#settings = settings;
    this.#nodes = isCluster(client) ? new ClusterNodes(client) : new SingleNode(client);
    this.#writer = new RedisWriter(this.#nodes, settings);
    this.#reader = new RedisReader(this.#nodes, this.destination);
    this.#names = new RedisNames(this.#reader);
    this.#say = say;
  }

  /**
   * Writes one batch. Never rejects, and is over soon after the signal has fired. It is acknowledged when the
   * server, and a replica where there is one, has it; everything that may heal is answered with `retry`.
   */
  async export(batch: readonly SpanRecord[], signal: AbortSignal): Promise<ExportResult> {
    const result = await this.#inTurn(batch, signal);
    if (!('fault' in result)) {
      const { dropped, message } = result;
      return dropped === 0 && message === undefined
        ? { outcome: 'accepted' }
        : { outcome: 'accepted', rejected: dropped, message };
    }
    const { kind, reason } = result.fault;
    if (kind === 'unable') return { outcome: 'refused', reason };
    return { outcome: 'retry', reason, retryAfterMs: RETRY_AFTER_MS };
  }

  shutdown(): Promise<void> {
    return this.close();
  }

  #inTurn(batch: readonly SpanRecord[], signal: AbortSignal): Promise<WriteResult> {
    const result = this.#last.then(() => this.#write(batch, signal));
    this.#last = result;
    return result;
  }

  async #write(batch: readonly SpanRecord[], signal: AbortSignal): Promise<WriteResult> {
    if (signal.aborted) return { fault: { kind: 'down', reason: 'gave up at the deadline' } };
    const result = await this.#writer.write(batch, signal);
    if (!('fault' in result)) await this.#check(signal);
    return result;
  }

  /** Once, after the first batch: the connection is there, and nobody waits for the answer. */
  async #check(signal: AbortSignal): Promise<void> {
    if (this.#isChecked) return;
    this.#isChecked = true;
    const [info] = await this.#nodes.send([{ key: layout.live, parts: ['INFO', 'memory'] }], { signal });
    const warning = info instanceof Buffer ? evictionWarning(info.toString('utf8'), this.destination) : undefined;
    if (warning !== undefined) this.#say(warning);
  }

  async append(spans: readonly SpanRecord[], { signal }: StoreCall = {}): Promise<AppendResult> {
    signal?.throwIfAborted();
    const late = AbortSignal.timeout(APPEND_MS);
    const both = signal === undefined ? late : AbortSignal.any([signal, late]);
    let dropped = 0;
    let message: string | undefined;
    for (let at = 0; at < spans.length; at += BATCH) {
      const result = await this.#inTurn(spans.slice(at, at + BATCH), both);
      signal?.throwIfAborted();
      if ('fault' in result) throw storeError(`${this.destination}: ${result.fault.reason}`);
      dropped += result.dropped;
      message ??= result.message;
    }
    const stored = spans.length - dropped;
    return message === undefined ? { stored, dropped } : { stored, dropped, message };
  }

  trace(traceId: string, { signal }: StoreCall = {}): Promise<StoredTrace | undefined> {
    return this.#reader.trace(traceId, signal);
  }

  traces(traceIds: readonly string[], { signal }: StoreCall = {}): Promise<readonly StoredTrace[]> {
    return this.#reader.traces(traceIds, signal);
  }

  async search(query: TraceQuery = {}, { signal }: StoreCall = {}): Promise<SearchPage> {
    parseCursor(query.cursor);
    signal?.throwIfAborted();
    return searchRedis(this.#reader, this.#names, query, this.#settings.index, signal);
  }

  services({ signal }: StoreCall = {}): Promise<readonly string[]> {
    return this.#names.services(signal);
  }

  operations(service: string, { signal }: StoreCall = {}): Promise<readonly Operation[]> {
    return this.#names.operations(service, signal);
  }

  aggregate(query: AggregateQuery = {}, { signal }: StoreCall = {}): Promise<readonly AggregateRow[]> {
    return this.#names.aggregate(query, signal);
  }

  removeBefore(timeMs: number, { signal }: StoreCall = {}): Promise<Removed> {
    return removeFromRedis(this.#reader, this.#names, timeMs, signal);
  }

  async tail(options: TailOptions = {}, call: StoreCall = {}): Promise<AsyncIterable<TailBatch>> {
    const stop = new AbortController();
    const buffer: TailBuffer = new TailBuffer(options, call, () => {
      this.#tails.delete(buffer);
      stop.abort();
    });
    if (buffer.ended) return buffer;
    this.#tails.add(buffer);
    try {
      await new RedisTail(this.#nodes, this.#reader, buffer, stop.signal).start();
    } catch (error) {
      buffer.end();
      throw error;
    }
    return buffer;
  }

  problems(): StoreProblems {
    return this.#reader.problems();
  }

  async close(): Promise<void> {
    for (const tail of this.#tails) tail.end();
    await this.#last;
    this.#nodes.close();
  }
}
