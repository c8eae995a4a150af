import { setTimeout } from 'node:timers/promises';
import { storeError } from '../store-error.ts';
import type { TailBuffer } from '../tail-buffer.ts';
import { faultOf } from './fault.ts';
import { layout } from './layout.ts';
import type { RedisLink, RedisReply } from './link.ts';
import type { RedisNodes } from './nodes.ts';
import { listOf, type RedisReader } from './reader.ts';
import { PLACE_BYTES } from './writer.ts';

const BLOCK_MS = 5000;
const ENTRIES = 100;
const PAUSE_MS = 500;
/** As long as a failover may take. */
const MAX_FAILURES = 60;

/** Follows the live stream on a connection of its own, since `XREAD BLOCK` holds it, and reads the chunks it names. */
export class RedisTail {
  readonly #nodes: RedisNodes;
  readonly #reader: RedisReader;
  readonly #buffer: TailBuffer;
  /** Fires when nobody follows any more. */
  readonly #signal: AbortSignal;
  #link: RedisLink | undefined;

  constructor(nodes: RedisNodes, reader: RedisReader, buffer: TailBuffer, signal: AbortSignal) {
    this.#nodes = nodes;
    this.#reader = reader;
    this.#buffer = buffer;
    this.#signal = signal;
  }

  /** Resolves once everything that arrives from now on will be seen. */
  async start(): Promise<void> {
    const key = layout.live;
    const [latest] = await this.#reader.ask([{ key, parts: ['XREVRANGE', key, '+', '-', 'COUNT', 1] }], this.#signal);
    const [entry] = listOf(latest);
    void this.#follow(String(listOf(entry)[0] ?? '0-0'));
  }

  async #follow(lastId: string): Promise<void> {
    let after = lastId;
    for (let failures = 0; !this.#signal.aborted; ) {
      try {
        after = await this.#readNext(after);
        failures = 0;
      } catch (error) {
        failures++;
        this.#link?.close();
        this.#link = undefined;
        if (failures > MAX_FAILURES) return this.#buffer.end(storeError(faultOf(error).reason, error));
        await setTimeout(PAUSE_MS, undefined, { signal: this.#signal }).catch(() => {});
      }
    }
    this.#link?.close();
  }

  async #readNext(after: string): Promise<string> {
    this.#link ??= await this.#nodes.linkFor(layout.live, this.#signal);
    const parts: [string, ...(string | number)[]] = [
      'XREAD',
      'COUNT',
      ENTRIES,
      'BLOCK',
      BLOCK_MS,
      'STREAMS',
      layout.live,
      after,
    ];
    const [reply] = await this.#link.send([{ key: layout.live, parts }], { signal: this.#signal });
    if (reply instanceof Error) throw reply;
    let last = after;
    for (const [id, places] of entriesOf(reply)) {
      await this.#readPlaces(places);
      last = id;
    }
    return last;
  }

  async #readPlaces(places: Buffer): Promise<void> {
    const wanted: { traceId: string; index: number }[] = [];
    for (let at = 0; at + PLACE_BYTES <= places.length; at += PLACE_BYTES) {
      wanted.push({ traceId: places.toString('hex', at, at + 16), index: places.readUInt32BE(at + 16) });
    }
    const chunks = await this.#reader.ask(
      wanted.map(({ traceId, index }) => {
        const key = layout.trace(traceId);
        return { key, parts: ['LINDEX', key, index] };
      }),
      this.#signal,
    );
    for (const [index, { traceId }] of wanted.entries()) {
      this.#buffer.push(this.#reader.decodeOne(traceId, chunks[index]));
    }
  }
}

/** `[[stream, [[id, [field, value, …]], …]]]`, or as RESP3 maps a stream: `[stream, [[id, …], …]]`. */
function* entriesOf(reply: RedisReply): Generator<[id: string, places: Buffer], void, undefined> {
  const [first, second] = listOf(reply);
  const entries = Array.isArray(first) ? listOf(first)[1] : second;
  for (const entry of listOf(entries)) {
    const [id, fields] = listOf(entry);
    const [, value] = listOf(fields);
    if (id !== undefined) yield [String(id), value instanceof Buffer ? value : Buffer.alloc(0)];
  }
}
