import { randomBytes } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { bucketOf, Histogram } from '../../analysis/histogram.ts';
import { serviceName } from '../../analysis/tree.ts';
import type { SpanRecord } from '../../core/record.ts';
import type { RedTable } from '../red.ts';
import type { RedisArgument } from './client.ts';
import { layout, operationMember, readOperationMember, windowOf, windowStart } from './layout.ts';

/** Ten-minute windows that are counted at once: late spans open old ones again. */
const MAX_WINDOWS = 64;
const MAX_OPERATIONS = 1000;
/** In the place of the operations of a window beyond the thousandth. */
const OTHER = '(other operations)';
const MAX_INFLATED_BYTES = 16 * 1024 * 1024;

interface OperationCounts {
  count: number;
  errors: number;
  readonly buckets: Map<number, number>;
}

interface Window {
  readonly key: string;
  /** Ours alone: nobody else writes it, so writing it again changes nothing. */
  readonly field: string;
  readonly operations: Map<string, OperationCounts>;
}

/** A field that has to be written after a batch. */
export interface CounterWrite {
  readonly key: string;
  readonly field: string;
  readonly value: RedisArgument;
}

/**
 * Rate, errors and durations by service and ten minutes, as this process has seen them. `HINCRBY` would count
 * twice what is written twice; so each writer keeps its totals and writes them whole into a field of its
 * own, and readers add the fields up. A write that was lost in a failover is healed by the next one.
 */
export class RedisCounters {
  readonly #writer: string = randomBytes(6).toString('base64url');
  readonly #windows = new Map<string, Window>();
  #opened = 0;

  /** Counts spans, and returns what their windows hold now. */
  add(fresh: readonly SpanRecord[], repeated: readonly SpanRecord[]): CounterWrite[] {
    const touched = new Set<Window>();
    for (const span of fresh) {
      const window = this.#windowOf(span);
      touched.add(window);
      count(window, span);
    }
    for (const span of repeated) touched.add(this.#windowOf(span));
    return [...touched].map(({ key, field, operations }) => ({ key, field, value: encode(operations) }));
  }

  #windowOf(span: SpanRecord): Window {
    const key = layout.red(serviceName(span), windowOf(span.startTimeMs));
    let window = this.#windows.get(key);
    if (window === undefined) {
      // A window that was forgotten and comes back gets another field: its old totals stand.
      window = { key, field: `${this.#writer}.${this.#opened++}`, operations: new Map() };
      const [oldest] = this.#windows.keys();
      if (this.#windows.size >= MAX_WINDOWS && oldest !== undefined) this.#windows.delete(oldest);
    } else {
      this.#windows.delete(key);
    }
    this.#windows.set(key, window);
    return window;
  }
}

function count({ operations }: Window, span: SpanRecord): void {
  const member = operationMember(span);
  const known = operations.has(member) || operations.size < MAX_OPERATIONS;
  const name = known ? member : operationMember({ name: OTHER, kind: 'internal' });
  let counts = operations.get(name);
  if (counts === undefined) {
    counts = { count: 0, errors: 0, buckets: new Map() };
    operations.set(name, counts);
  }
  counts.count++;
  if (span.status.code === 'error') counts.errors++;
  const bucket = bucketOf(span.durationMs);
  counts.buckets.set(bucket, (counts.buckets.get(bucket) ?? 0) + 1);
}

/** `[["1GET /cart",12,1,[106,9,109,3]],…]`: operation, count, errors, then bucket and count in turn; deflated. */
function encode(operations: ReadonlyMap<string, OperationCounts>): Buffer {
  const rows = [...operations].map(([member, { count, errors, buckets }]) => [
    member,
    count,
    errors,
    [...buckets].flat(),
  ]);
  return deflateRawSync(JSON.stringify(rows));
}

/** Adds what one writer has counted to a table. False when it cannot be read. */
export function addCounters(table: RedTable, service: string, window: number, value: Buffer): boolean {
  let rows: unknown;
  try {
    rows = JSON.parse(inflateRawSync(value, { maxOutputLength: MAX_INFLATED_BYTES }).toString('utf8'));
  } catch {
    return false;
  }
  if (!Array.isArray(rows)) return false;
  for (const row of rows as unknown[]) {
    const [member, total, errors, buckets] = Array.isArray(row) ? (row as unknown[]) : [];
    if (typeof member !== 'string' || !isCount(total) || !isCount(errors) || !Array.isArray(buckets)) return false;
    const durations = new Histogram();
    for (let at = 0; at + 1 < buckets.length; at += 2)
      durations.addBucket(Number(buckets[at]), Number(buckets[at + 1]));
    const { name: operation, kind } = readOperationMember(member);
    table.addCounters({ service, operation, kind, timeMs: windowStart(window) }, total, errors, durations);
  }
  return true;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
