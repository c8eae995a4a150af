import type {
  Attributes,
  AttributeValue,
  InstrumentationScope,
  RecordedLink,
  Resource,
  SpanEvent,
  SpanRecord,
  SpanStatus,
} from '../core/record.ts';
import { groupByResource, type ScopeGroups } from './group-by-resource.ts';
import { KIND_NUMBER, STATUS_NUMBER, wireFlags } from './otlp-enums.ts';
import { FIXED32, FIXED64, LENGTH, ProtobufWriter, VARINT } from './protobuf-writer.ts';
import { type UnixNano, unixNanoAfter } from './unix-nano.ts';

/**
 * Attribute keys repeat in every span, and so do most values (`GET`, `http`, 200). Kept are a key's
 * bytes and the whole `KeyValue` of its last value, for as many keys as a service sanely has. Lists are
 * compared by identity and may change, so they are not kept; nor is 0, which equals -0.
 */
interface KnownKey {
  /** `0a <length> <key> 12`: all of a `KeyValue` in front of its value's length. */
  readonly prefix: Uint8Array;
  lastValue: string | number | boolean | undefined;
  /** With its length in front, without the field's tag. */
  lastBytes: Uint8Array | undefined;
}
const MAX_KNOWN_KEYS = 1024;
const MAX_KEPT_LENGTH = 128;
const knownKeys = new Map<string, KnownKey>();

/** Resources and scopes never change and are shared by all spans of a tracer: encoded once. */
const resourceCache = new WeakMap<Resource, Uint8Array>();
const scopeCache = new WeakMap<InstrumentationScope, Uint8Array>();

/** Encoding is one synchronous run, so one writer serves all. */
const writer: ProtobufWriter = new ProtobufWriter();

/**
 * One OTLP `ExportTraceServiceRequest` in protobuf holding the records, grouped by the identity of their
 * resource and scope objects; inside a group they keep their order. Fields stand in the order of their
 * numbers and those at their default are left out, so the bytes are what the official schema's encoders
 * give. A lone surrogate becomes U+FFFD. Never throws for finished records.
 *
 * Written from the end to the front (see {@link ProtobufWriter}): every loop here runs backwards.
 * What it costs beside OpenTelemetry's serializer: bench/micro/encode-protobuf.bench.js.
 */
export function encodeTraceRequestProtobuf(records: readonly SpanRecord[]): Uint8Array {
  writer.reset();
  for (const [resource, scopes] of [...groupByResource(records)].reverse()) writeResourceSpans(resource, scopes);
  return writer.copySince(0);
}

/** ResourceSpans: resource = 1, scope_spans = 2, schema_url = 3; ScopeSpans: scope = 1, spans = 2, schema_url = 3. */
function writeResourceSpans(resource: Resource, scopes: ScopeGroups): void {
  const from = writer.size;
  writeText(3, resource.schemaUrl);
  for (const [scope, records] of [...scopes].reverse()) {
    const scopeFrom = writer.size;
    writeText(3, scope.schemaUrl);
    for (let i = records.length - 1; i >= 0; i--) {
      const record = records[i];
      if (record !== undefined) writeSpan(record);
    }
    writer.raw(scopeBytes(scope));
    writer.lengthSince(scopeFrom, 2);
  }
  writer.raw(resourceBytes(resource));
  writer.lengthSince(from, 1);
}

/** The field `resource = 1` with its tag. Resource: attributes = 1. */
function resourceBytes(resource: Resource): Uint8Array {
  const cached = resourceCache.get(resource);
  if (cached !== undefined) return cached;
  const from = writer.size;
  writeAttributes(1, resource.attributes);
  writer.lengthSince(from, 1);
  return keep(resourceCache, resource, from);
}

/** The field `scope = 1` with its tag. InstrumentationScope: name = 1, version = 2, attributes = 3. */
function scopeBytes(scope: InstrumentationScope): Uint8Array {
  const cached = scopeCache.get(scope);
  if (cached !== undefined) return cached;
  const from = writer.size;
  writeAttributes(3, scope.attributes ?? {});
  writeText(2, scope.version);
  writeText(1, scope.name);
  writer.lengthSince(from, 1);
  return keep(scopeCache, scope, from);
}

/** Takes what was written since `from` off the writer again, and keeps it for `owner`. */
function keep<Owner extends object>(cache: WeakMap<Owner, Uint8Array>, owner: Owner, from: number): Uint8Array {
  const bytes = writer.takeSince(from);
  cache.set(owner, bytes);
  return bytes;
}

/** trace.proto, Span: `spans = 2` of ScopeSpans. */
function writeSpan(record: SpanRecord): void {
  const from = writer.size;
  writer.fixed32(wireFlags(record.flags, record.parentIsRemote));
  writer.tag(16, FIXED32);
  writeStatus(record.status);
  writeCount(14, record.droppedLinksCount);
  for (let i = record.links.length - 1; i >= 0; i--) writeLink(record.links[i]);
  writeCount(12, record.droppedEventsCount);
  for (let i = record.events.length - 1; i >= 0; i--) writeEvent(record.events[i]);
  writeCount(10, record.droppedAttributesCount);
  writeAttributes(9, record.attributes);
  writeTime(8, unixNanoAfter(record.startTimeMs, record.durationMs));
  writeTime(7, unixNanoAfter(record.startTimeMs, 0));
  writer.varint(KIND_NUMBER[record.kind] ?? 1);
  writer.tag(6, VARINT);
  writeText(5, record.name);
  if (record.parentSpanId) writeId(4, record.parentSpanId);
  writeText(3, record.traceState);
  writeId(2, record.spanId);
  writeId(1, record.traceId);
  writer.lengthSince(from, 2);
}

/** Span.Status: message = 2, code = 3. The field is left out when there is nothing to say. */
function writeStatus(status: SpanStatus): void {
  const from = writer.size;
  writeCount(3, STATUS_NUMBER[status.code] ?? 0);
  writeText(2, status.message);
  if (writer.size > from) writer.lengthSince(from, 15);
}

/** Span.Event: time_unix_nano = 1, name = 2, attributes = 3, dropped_attributes_count = 4. */
function writeEvent(event: SpanEvent | undefined): void {
  if (event === undefined) return;
  const from = writer.size;
  writeCount(4, event.droppedAttributesCount ?? 0);
  writeAttributes(3, event.attributes);
  writeText(2, event.name);
  writeTime(1, unixNanoAfter(event.timeMs, 0));
  writer.lengthSince(from, 11);
}

/** Span.Link: trace_id = 1, span_id = 2, trace_state = 3, attributes = 4, dropped_attributes_count = 5, flags = 6. */
function writeLink(link: RecordedLink | undefined): void {
  if (link === undefined) return;
  const { traceId, spanId, traceState, traceFlags, isRemote } = link.context;
  const from = writer.size;
  const flags = wireFlags(traceFlags, isRemote);
  if (flags !== 0) {
    writer.fixed32(flags);
    writer.tag(6, FIXED32);
  }
  writeCount(5, link.droppedAttributesCount ?? 0);
  writeAttributes(4, link.attributes);
  writeText(3, traceState);
  writeId(2, spanId);
  writeId(1, traceId);
  writer.lengthSince(from, 13);
}

function writeId(field: number, id: string): void {
  const from = writer.size;
  writer.hex(id);
  writer.lengthSince(from, field);
}

/** Nothing at all for no text. */
function writeText(field: number, text: string | undefined): void {
  if (text === undefined || text === '') return;
  const from = writer.size;
  writer.text(text);
  writer.lengthSince(from, field);
}

function writeCount(field: number, count: number): void {
  if (!(count > 0)) return;
  writer.varint(count);
  writer.tag(field, VARINT);
}

function writeTime(field: number, time: UnixNano): void {
  if (time.ms === 0 && time.nanos === 0) return;
  writer.fixed64(time);
  writer.tag(field, FIXED64);
}

/** Own keys only, so that an `Object.prototype` somebody added to shows in no span. */
function writeAttributes(field: number, attributes: Attributes): void {
  const keys = Object.keys(attributes);
  for (let i = keys.length - 1; i >= 0; i--) {
    const key = keys[i] ?? '';
    const value = attributes[key];
    if (value !== undefined && value !== null) writeAttribute(field, key, value);
  }
}

/** KeyValue: key = 1, value = 2. */
function writeAttribute(field: number, key: string, value: AttributeValue): void {
  const known = knownKeys.get(key) ?? rememberKey(key);
  const isRepeated = known.lastValue === value;
  if (isRepeated && known.lastBytes !== undefined) {
    writer.raw(known.lastBytes);
  } else {
    const from = writer.size;
    writeValue(value);
    writer.varint(writer.size - from);
    writer.raw(known.prefix);
    writer.varint(writer.size - from);
    noteValue(known, value, isRepeated ? writer.copySince(from) : undefined);
  }
  writer.tag(field, LENGTH);
}

/** Bytes are kept when a value comes the second time in a row: copying one that never returns would be wasted. */
function noteValue(known: KnownKey, value: AttributeValue, bytes: Uint8Array | undefined): void {
  if (typeof value === 'object' || value === 0) return;
  if (typeof value === 'string' && value.length > MAX_KEPT_LENGTH) return;
  known.lastValue = value;
  known.lastBytes = bytes;
}

function rememberKey(key: string): KnownKey {
  const from = writer.size;
  writer.tag(2, LENGTH);
  writeText(1, key);
  const known: KnownKey = { prefix: writer.takeSince(from), lastValue: undefined, lastBytes: undefined };
  if (knownKeys.size < MAX_KNOWN_KEYS && key.length <= MAX_KEPT_LENGTH) knownKeys.set(key, known);
  return known;
}

/** AnyValue: a oneof, so defaults are written too. Nothing written is its "empty value", the hole of a list. */
function writeValue(value: AttributeValue | null | undefined): void {
  if (typeof value === 'string') {
    const from = writer.size;
    writer.text(value);
    writer.lengthSince(from, 1);
  } else if (typeof value === 'number') {
    writeNumber(value);
  } else if (typeof value === 'boolean') {
    writer.varint(value ? 1 : 0);
    writer.tag(2, VARINT);
  } else if (Array.isArray(value)) {
    writeList(value);
  }
}

/** As OTLP JSON has it: integers that a double holds exactly are int_value = 3, all else, -0 included, double_value = 4. */
function writeNumber(value: number): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    writer.int64(value);
    writer.tag(3, VARINT);
  } else {
    writer.double(value);
    writer.tag(4, FIXED64);
  }
}

/** array_value = 5, ArrayValue: values = 1. By index: the empty slot of a sparse list is an empty value like any other. */
function writeList(values: readonly (string | number | boolean | null | undefined)[]): void {
  const from = writer.size;
  for (let i = values.length - 1; i >= 0; i--) {
    const valueFrom = writer.size;
    writeValue(values[i]);
    writer.lengthSince(valueFrom, 1);
  }
  writer.lengthSince(from, 5);
}
