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
import { JsonWriter } from './json-writer.ts';
import { KIND_NUMBER, STATUS_NUMBER, wireFlags } from './otlp-enums.ts';
import { unixNanoAfter } from './unix-nano.ts';

/**
 * Attribute keys repeat in every span, and so do most values (`GET`, `http`, 200). Kept are a key's
 * bytes and the whole member of its last value, for as many keys as a service sanely has. Lists are
 * compared by identity and may change, so they are not kept; nor is 0, which equals -0.
 */
interface KnownKey {
  /** `{"key":"http.route","value":{"stringValue":` */
  readonly beforeText: Uint8Array;
  /** `{"key":"http.route","value":{"intValue":"` */
  readonly beforeInteger: Uint8Array;
  /** `{"key":"http.route","value":` */
  readonly beforeOther: Uint8Array;
  lastValue: string | number | boolean | undefined;
  lastBytes: Uint8Array | undefined;
}
const MAX_KNOWN_KEYS = 1024;
const MAX_KEPT_LENGTH = 128;
const knownKeys = new Map<string, KnownKey>();

/** Resources and scopes never change and are shared by all spans of a tracer: encoded once. */
const resourceCache = new WeakMap<Resource, Uint8Array>();
const scopeCache = new WeakMap<InstrumentationScope, Uint8Array>();

/** Encoding is one synchronous run, so one writer serves all. */
const writer: JsonWriter = new JsonWriter();

const COMMA = 0x2c;
const CLOSE_BRACE = 0x7d;

/** {@link encodeTraceRequestBytes} as text. */
export function encodeTraceRequest(records: readonly SpanRecord[]): string {
  writeRequest(records);
  return writer.text();
}

/**
 * One OTLP/JSON `ExportTraceServiceRequest` holding the records, grouped by the identity of their
 * resource and scope objects; inside a group they keep their order. Never throws for finished records.
 *
 * Written by hand, field by field. What it costs beside OpenTelemetry's serializer, which builds a tree
 * for `JSON.stringify`: bench/micro/encode-json.bench.js.
 */
export function encodeTraceRequestBytes(records: readonly SpanRecord[]): Uint8Array {
  writeRequest(records);
  return writer.copySince(0);
}

function writeRequest(records: readonly SpanRecord[]): void {
  writer.reset();
  writer.ascii('{"resourceSpans":[');
  for (const [resource, scopes] of groupByResource(records)) {
    writeResourceSpans(resource, scopes);
    writer.byte(COMMA);
  }
  writer.endList();
  writer.byte(CLOSE_BRACE);
}

function writeResourceSpans(resource: Resource, scopes: ScopeGroups): void {
  writer.ascii('{"resource":');
  writer.raw(resourceCache.get(resource) ?? kept(resourceCache, resource, writeResource));
  writer.ascii(',"scopeSpans":[');
  for (const [scope, records] of scopes) {
    writer.ascii('{"scope":');
    writer.raw(scopeCache.get(scope) ?? kept(scopeCache, scope, writeScope));
    writer.ascii(',"spans":[');
    for (const record of records) {
      writeSpan(record);
      writer.byte(COMMA);
    }
    writer.endList();
    writeSchemaUrl(scope.schemaUrl);
    writer.ascii('},');
  }
  writer.endList();
  writeSchemaUrl(resource.schemaUrl);
  writer.byte(CLOSE_BRACE);
}

function writeSchemaUrl(url: string | undefined): void {
  if (url === undefined) return;
  writer.ascii(',"schemaUrl":');
  writer.quoted(url);
}

/** The bytes that `write` writes for `owner`, kept and taken off the writer again. */
function kept<Owner extends object>(
  cache: WeakMap<Owner, Uint8Array>,
  owner: Owner,
  write: (owner: Owner) => void,
): Uint8Array {
  const from = writer.size;
  write(owner);
  const bytes = writer.takeSince(from);
  cache.set(owner, bytes);
  return bytes;
}

function writeResource(resource: Resource): void {
  writer.ascii('{');
  writeAttributesField(resource.attributes, '"attributes":[');
  writer.byte(CLOSE_BRACE);
}

function writeScope(scope: InstrumentationScope): void {
  writer.ascii('{"name":');
  writer.quoted(scope.name);
  if (scope.version !== undefined) {
    writer.ascii(',"version":');
    writer.quoted(scope.version);
  }
  writeAttributesField(scope.attributes ?? {}, ',"attributes":[');
  writer.byte(CLOSE_BRACE);
}

function writeSpan(record: SpanRecord): void {
  writer.ascii('{"traceId":"');
  writer.ascii(record.traceId);
  writer.ascii('","spanId":"');
  writer.ascii(record.spanId);
  writer.ascii('"');
  writeTextField(',"traceState":', record.traceState);
  if (record.parentSpanId) {
    writer.ascii(',"parentSpanId":"');
    writer.ascii(record.parentSpanId);
    writer.ascii('"');
  }
  writeNumberField(',"flags":', wireFlags(record.flags, record.parentIsRemote));
  writer.ascii(',"name":');
  writer.quoted(record.name);
  writeNumberField(',"kind":', KIND_NUMBER[record.kind] ?? 1);
  writer.ascii(',"startTimeUnixNano":"');
  writer.unixNano(unixNanoAfter(record.startTimeMs, 0));
  writer.ascii('","endTimeUnixNano":"');
  writer.unixNano(unixNanoAfter(record.startTimeMs, record.durationMs));
  writer.ascii('"');
  writeAttributesField(record.attributes, ',"attributes":[');
  writeCount(',"droppedAttributesCount":', record.droppedAttributesCount);
  writeEach(',"events":[', record.events, writeEvent);
  writeCount(',"droppedEventsCount":', record.droppedEventsCount);
  writeEach(',"links":[', record.links, writeLink);
  writeCount(',"droppedLinksCount":', record.droppedLinksCount);
  writeStatus(record.status);
  writer.byte(CLOSE_BRACE);
}

function writeStatus(status: SpanStatus): void {
  writeNumberField(',"status":{"code":', STATUS_NUMBER[status.code] ?? 0);
  writeTextField(',"message":', status.message);
  writer.byte(CLOSE_BRACE);
}

function writeEvent(event: SpanEvent): void {
  writer.ascii('{"timeUnixNano":"');
  writer.unixNano(unixNanoAfter(event.timeMs, 0));
  writer.ascii('","name":');
  writer.quoted(event.name);
  writeAttributesField(event.attributes, ',"attributes":[');
  writeCount(',"droppedAttributesCount":', event.droppedAttributesCount ?? 0);
  writer.byte(CLOSE_BRACE);
}

function writeLink({ context, attributes, droppedAttributesCount = 0 }: RecordedLink): void {
  writer.ascii('{"traceId":"');
  writer.ascii(context.traceId);
  writer.ascii('","spanId":"');
  writer.ascii(context.spanId);
  writer.ascii('"');
  writeTextField(',"traceState":', context.traceState);
  writeAttributesField(attributes, ',"attributes":[');
  writeCount(',"droppedAttributesCount":', droppedAttributesCount);
  writeNumberField(',"flags":', wireFlags(context.traceFlags, context.isRemote));
  writer.byte(CLOSE_BRACE);
}

/** Nothing at all for an empty list. */
function writeEach<Item>(opening: string, items: readonly Item[], write: (item: Item) => void): void {
  if (items.length === 0) return;
  writer.ascii(opening);
  for (const item of items) {
    write(item);
    writer.byte(COMMA);
  }
  writer.endList();
}

/** Nothing at all for no text. */
function writeTextField(name: string, text: string | undefined): void {
  if (text === undefined || text === '') return;
  writer.ascii(name);
  writer.quoted(text);
}

function writeNumberField(name: string, value: number): void {
  writer.ascii(name);
  writer.integer(value);
}

function writeCount(name: string, count: number): void {
  if (count > 0) writeNumberField(name, count);
}

/**
 * Own keys only, so that an `Object.prototype` somebody added to shows in no span. (`for in` with a check
 * takes 0.9 µs where this takes 0.5: objects that grew beyond a dozen keys are hash tables to V8.)
 */
function writeAttributesField(attributes: Attributes, opening: string): void {
  let isOpen = false;
  for (const key of Object.keys(attributes)) {
    const value = attributes[key];
    if (value === undefined || value === null) continue;
    if (!isOpen) writer.ascii(opening);
    isOpen = true;
    writeAttribute(key, value);
    writer.byte(COMMA);
  }
  if (isOpen) writer.endList();
}

/** `{"key":"http.route","value":{"stringValue":"/cart/:id"}}` */
function writeAttribute(key: string, value: AttributeValue): void {
  const known = knownKeys.get(key) ?? rememberKey(key);
  const isRepeated = known.lastValue === value;
  if (isRepeated && known.lastBytes !== undefined) {
    writer.raw(known.lastBytes);
    return;
  }
  const from = writer.size;
  writeMember(known, value);
  noteValue(known, value, isRepeated ? writer.copySince(from) : undefined);
}

/** Bytes are kept when a value comes the second time in a row: copying one that never returns would be wasted. */
function noteValue(known: KnownKey, value: AttributeValue, bytes: Uint8Array | undefined): void {
  if (typeof value === 'object' || value === 0) return;
  if (typeof value === 'string' && value.length > MAX_KEPT_LENGTH) return;
  known.lastValue = value;
  known.lastBytes = bytes;
}

function writeMember(known: KnownKey, value: AttributeValue): void {
  if (typeof value === 'string') {
    writer.raw(known.beforeText);
    writer.quoted(value);
    writer.ascii('}}');
  } else if (typeof value === 'number' && isInteger(value)) {
    writer.raw(known.beforeInteger);
    writer.integer(value);
    writer.ascii('"}}');
  } else {
    writer.raw(known.beforeOther);
    writeValue(value);
    writer.byte(CLOSE_BRACE);
  }
}

function rememberKey(key: string): KnownKey {
  const known: KnownKey = {
    beforeText: memberStart(key, '{"stringValue":'),
    beforeInteger: memberStart(key, '{"intValue":"'),
    beforeOther: memberStart(key, ''),
    lastValue: undefined,
    lastBytes: undefined,
  };
  if (knownKeys.size < MAX_KNOWN_KEYS && key.length <= MAX_KEPT_LENGTH) knownKeys.set(key, known);
  return known;
}

function memberStart(key: string, valueStart: string): Uint8Array {
  const from = writer.size;
  writer.ascii('{"key":');
  writer.quoted(key);
  writer.ascii(',"value":');
  writer.ascii(valueStart);
  return writer.takeSince(from);
}

/** opentelemetry.proto.common.v1.AnyValue; `{}` is its "empty value", the hole of a list. */
function writeValue(value: AttributeValue | null | undefined): void {
  if (typeof value === 'string') {
    writer.ascii('{"stringValue":');
    writer.quoted(value);
    writer.byte(CLOSE_BRACE);
  } else if (typeof value === 'number') {
    writeNumber(value);
  } else if (typeof value === 'boolean') {
    writer.ascii(value ? '{"boolValue":true}' : '{"boolValue":false}');
  } else if (Array.isArray(value)) {
    writeList(value);
  } else {
    writer.ascii('{}');
  }
}

function writeList(values: readonly (string | number | boolean | null | undefined)[]): void {
  writer.ascii('{"arrayValue":{');
  if (values.length > 0) writer.ascii('"values":[');
  // By index: the empty slot of a sparse list is an empty value like any other.
  for (let i = 0; i < values.length; i++) {
    writeValue(values[i]);
    writer.byte(COMMA);
  }
  if (values.length > 0) writer.endList();
  writer.ascii('}}');
}

/** 64-bit integers are decimal strings; doubles are numbers but for the three that JSON cannot write, and -0. */
function writeNumber(value: number): void {
  if (isInteger(value)) {
    writer.ascii('{"intValue":"');
    writer.integer(value);
    writer.ascii('"}');
  } else {
    writer.ascii('{"doubleValue":');
    writer.ascii(doubleText(value));
    writer.byte(CLOSE_BRACE);
  }
}

/** One that a double holds exactly, and that digits alone can say. */
function isInteger(value: number): boolean {
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}

function doubleText(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  return Object.is(value, -0) ? '-0' : String(value);
}
