import type { AttributeValue, SpanRecord } from '../record.ts';

/** Ids, times, object headers: measured at 500 to 700 bytes of heap for a record without attributes. */
const RECORD_BYTES = 600;
const ENTRY_BYTES = 32;

/** The bytes that a record holds in memory, roughly: cheap enough to be asked for each span. */
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
