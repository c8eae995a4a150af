import type { AttributeValue, SpanRecord } from '../record.ts';

/**
 * Finished spans that wait for one exporter: first in, first out, bounded by bytes (and by count, where asked). When it is full
 * the oldest go, since the newest say what is wrong now.
 *
 *     #records  [ – – – r3 r4 r5 r6 ]      taken ones leave holes at the front;
 *     #bytes    [ – – – 810 790 … ]        they are cut off when they outnumber the rest
 *                       ▲ #head
 */
export class SpanQueue {
  readonly #maxBytes: number;
  readonly #maxSpans: number;
  #records: (SpanRecord | undefined)[] = [];
  #sizes: number[] = [];
  #head = 0;
  #bytes = 0;

  constructor(maxBytes: number, maxSpans: number = Number.POSITIVE_INFINITY) {
    this.#maxBytes = maxBytes;
    this.#maxSpans = maxSpans;
  }

  get length(): number {
    return this.#records.length - this.#head;
  }

  /** Estimated bytes of everything that waits. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a record at the end; returns how many of the oldest had to go for it. */
  push(record: SpanRecord, bytes: number): number {
    this.#records.push(record);
    this.#sizes.push(bytes);
    this.#bytes += bytes;
    return this.#dropOldest();
  }

  /** Takes at most `max` of the oldest. */
  take(max: number): SpanRecord[] {
    const batch: SpanRecord[] = [];
    while (batch.length < max && this.length > 0) batch.push(this.#shift());
    this.#compact();
    return batch;
  }

  /** Puts a batch back to the front, in its order; returns how many of the oldest found no room. */
  putBack(batch: readonly SpanRecord[]): number {
    const sizes = batch.map(estimateBytes);
    this.#records = [...batch, ...this.#records.slice(this.#head)];
    this.#sizes = [...sizes, ...this.#sizes.slice(this.#head)];
    this.#head = 0;
    for (const size of sizes) this.#bytes += size;
    return this.#dropOldest();
  }

  #dropOldest(): number {
    let dropped = 0;
    while (this.length > 0 && (this.#bytes > this.#maxBytes || this.length > this.#maxSpans)) {
      this.#shift();
      dropped++;
    }
    this.#compact();
    return dropped;
  }

  #shift(): SpanRecord {
    const record = this.#records[this.#head] as SpanRecord;
    this.#bytes -= this.#sizes[this.#head] as number;
    this.#records[this.#head] = undefined;
    this.#head++;
    return record;
  }

  #compact(): void {
    if (this.#head < 1024 || this.#head < this.length) return;
    this.#records = this.#records.slice(this.#head);
    this.#sizes = this.#sizes.slice(this.#head);
    this.#head = 0;
  }
}

/** Ids, times, object headers: measured at 500 to 700 bytes of heap for a record without attributes. */
const RECORD_BYTES = 600;
const ENTRY_BYTES = 32;

/** What a record holds in memory, roughly: cheap enough to be asked for each span. */
export function estimateBytes(record: SpanRecord): number {
  let bytes = RECORD_BYTES + record.name.length + attributesBytes(record.attributes);
  bytes += lengthOf(record.status.message) + lengthOf(record.traceState); // both may be a caller's kilobytes
  for (const event of record.events) bytes += 120 + event.name.length + attributesBytes(event.attributes);
  for (const link of record.links) bytes += 250 + lengthOf(link.context.traceState) + attributesBytes(link.attributes);
  return bytes;
}

function attributesBytes(attributes: SpanRecord['attributes']): number {
  let bytes = 0;
  for (const key of Object.keys(attributes)) bytes += ENTRY_BYTES + key.length + valueBytes(attributes[key]);
  return bytes;
}

function lengthOf(text: string | undefined): number {
  return text === undefined ? 0 : text.length;
}

function valueBytes(value: AttributeValue | undefined): number {
  if (typeof value === 'string') return value.length;
  if (!Array.isArray(value)) return 8;
  let bytes = 16;
  for (const item of value) bytes += typeof item === 'string' ? 16 + item.length : 8;
  return bytes;
}
