import { serviceName } from '../../analysis/tree.ts';
import type { Attributes, SpanRecord } from '../../core/record.ts';
import type { RedisArgument } from './client.ts';
import { attributeTag, hourOf, type IndexKind, layout } from './layout.ts';

/** The entries of one index key: trace id, in hex, and score. */
export interface IndexEntries {
  /** `LT` keeps the lowest score, `GT` the highest: writing twice, or late, changes nothing. */
  readonly keep: 'LT' | 'GT';
  readonly scores: Map<string, number>;
}

/** Longer values would make keys of their own that nobody can ask for. */
export const MAX_INDEXED_LENGTH = 200;

/** The entries that a batch adds to the indexes, by key. */
export class IndexBatch {
  readonly entries: Map<string, IndexEntries> = new Map();
  /** Names to keep: services, their operations, hours. */
  readonly services: Map<string, Map<string, SpanRecord>> = new Map();
  readonly hours: Set<number> = new Set();
  readonly #attributes: readonly string[];

  /** `attributes`: the keys that have an index. */
  constructor(attributes: readonly string[]) {
    this.#attributes = attributes;
  }

  add(span: SpanRecord): void {
    const service = serviceName(span);
    const { traceId, startTimeMs, durationMs } = span;
    const hour = hourOf(startTimeMs);
    this.hours.add(hour);
    this.#note('i', service, hour, traceId, startTimeMs);
    this.#note('d', service, hour, traceId, durationMs);
    if (span.status.code === 'error') this.#note('e', service, hour, traceId, startTimeMs);
    for (const key of this.#attributes) {
      for (const value of valuesOf(span, key)) {
        this.#note('a', attributeTag(key, value), hour, traceId, startTimeMs);
      }
    }
    this.#noteOperation(service, span);
  }

  #note(kind: IndexKind, tag: string, hour: number, traceId: string, score: number): void {
    const key = layout.index(kind, tag, hour);
    let entry = this.entries.get(key);
    if (entry === undefined) {
      entry = { keep: kind === 'd' ? 'GT' : 'LT', scores: new Map() };
      this.entries.set(key, entry);
    }
    const before = entry.scores.get(traceId);
    if (before === undefined || (entry.keep === 'LT' ? score < before : score > before)) {
      entry.scores.set(traceId, score);
    }
  }

  #noteOperation(service: string, span: SpanRecord): void {
    let operations = this.services.get(service);
    if (operations === undefined) {
      operations = new Map();
      this.services.set(service, operations);
    }
    const id = `${span.kind}\0${span.name}`;
    if (!operations.has(id)) operations.set(id, span);
  }
}

/** Each value as text, as `search` compares it: of the span, and of its resource. */
function valuesOf(span: SpanRecord, key: string): Set<string> {
  const values = new Set<string>();
  for (const attributes of [span.attributes, span.resource.attributes]) addValues(values, attributes, key);
  return values;
}

function addValues(values: Set<string>, attributes: Attributes, key: string): void {
  const value = Object.hasOwn(attributes, key) ? attributes[key] : undefined;
  for (const item of Array.isArray(value) ? value : [value]) {
    if (item === undefined || item === null) continue;
    const text = String(item);
    if (text.length <= MAX_INDEXED_LENGTH) values.add(text);
  }
}

/** `ZADD key LT score member score member …` */
export function zaddCommand(key: string, { keep, scores }: IndexEntries): [name: string, ...RedisArgument[]] {
  const parts: [name: string, ...RedisArgument[]] = ['ZADD', key, keep];
  for (const [traceId, score] of scores) parts.push(String(score), Buffer.from(traceId, 'hex'));
  return parts;
}
