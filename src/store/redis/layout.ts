import { createHash } from 'node:crypto';
import type { SpanKind, SpanRecord } from '../../core/record.ts';
import { GRAIN_MS } from '../red.ts';

const HOUR_MS = 3_600_000;
/** Longer names are cut and told apart by a hash: a key is held in memory with every entry. */
const MAX_TAG_LENGTH = 160;

/** Kinds by number, as OTLP counts them; part of the layout. */
const KINDS: readonly SpanKind[] = ['internal', 'server', 'client', 'producer', 'consumer'];

/**
 * The names of all keys. What stands in braces decides the slot in a cluster.
 *
 *     tl:t:{<trace id>}            LIST    chunks of spans (span-chunk.ts)
 *     tl:m:{<trace id>}            HASH    n, dropped: of traces with more than a thousand spans
 *     tl:i:{<service>}:<hour>      ZSET    first start of the service's spans in a trace, in ms · trace id, 16 bytes
 *     tl:e:{<service>}:<hour>      ZSET    the same of failed spans
 *     tl:d:{<service>}:<hour>      ZSET    its longest span, in ms · trace id
 *     tl:a:{<key=value>}:<hour>    ZSET    as tl:i, for each configured attribute
 *     tl:r:{<service>}:<10 min>    HASH    writer · its counters (counters.ts)
 *     tl:svc                       ZSET    last written, in ms · service
 *     tl:ops:{<service>}           ZSET    last written, in ms · kind, name
 *     tl:h                         ZSET    last written, in ms · hour
 *     tl:live                      STREAM  which chunks came
 */
export const layout = {
  services: 'tl:svc',
  hours: 'tl:h',
  live: 'tl:live',
  trace: (traceId: string): string => `tl:t:{${traceId}}`,
  meta: (traceId: string): string => `tl:m:{${traceId}}`,
  index: (of: IndexKind, tag: string, hour: number): string => `tl:${of}:{${keyTag(tag)}}:${hour}`,
  red: (service: string, window: number): string => `tl:r:{${keyTag(service)}}:${window}`,
  operations: (service: string): string => `tl:ops:{${keyTag(service)}}`,
} as const;

/** The trace id in a `tl:m:` key. */
export function traceOfMeta(key: string): string {
  return key.slice('tl:m:{'.length, -1);
}

/** By start of a service's spans, of its failed spans, of spans with an attribute; by duration. */
export type IndexKind = 'i' | 'e' | 'd' | 'a';

export function hourOf(timeMs: number): number {
  return Math.floor(timeMs / HOUR_MS);
}

export function hourStart(hour: number): number {
  return hour * HOUR_MS;
}

/** The number of the ten minutes that a time lies in. */
export function windowOf(timeMs: number): number {
  return Math.floor(timeMs / GRAIN_MS);
}

export function windowStart(window: number): number {
  return window * GRAIN_MS;
}

/** Windows in an hour. */
export const WINDOWS_AN_HOUR: number = HOUR_MS / GRAIN_MS;

export function attributeTag(key: string, value: string): string {
  return `${key}=${value}`;
}

function keyTag(text: string): string {
  if (text.length <= MAX_TAG_LENGTH) return text;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 24);
  return `${text.slice(0, MAX_TAG_LENGTH - 25)}~${hash}`;
}

/** `1GET /cart`: the kind as one digit, then the name. */
export function operationMember({ name, kind }: Pick<SpanRecord, 'name' | 'kind'>): string {
  return `${Math.max(0, KINDS.indexOf(kind))}${name}`;
}

export function readOperationMember(member: string): { name: string; kind: SpanKind } {
  return { name: member.slice(1), kind: KINDS[Number(member[0])] ?? 'internal' };
}
