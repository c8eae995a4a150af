import type {
  Attributes,
  AttributeValue,
  InstrumentationScope,
  RecordedLink,
  Resource,
  SpanEvent,
  SpanKind,
  SpanRecord,
  SpanStatus,
} from '../core/record.ts';
import { quote } from './json-quote.ts';
import { formatUnixNano, formatUnixNanoAfter } from './unix-nano.ts';

/** opentelemetry.proto.trace.v1.Span.SpanKind; enums are integers in OTLP/JSON, names are forbidden. */
const KIND: Readonly<Record<SpanKind, number>> = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 };
const STATUS: Readonly<Record<SpanStatus['code'], number>> = { unset: 0, ok: 1, error: 2 };

/** opentelemetry.proto.trace.v1.SpanFlags: bit 8 says that bit 9 (the parent is remote) is known. */
const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;

/**
 * Attribute keys repeat in every span, and so do most values (`GET`, `http`, 200): kept are a key's
 * quoted form and its last value's, for as many keys as a service sanely has. Lists are compared by
 * identity and may change, so they are not kept; nor is 0, which equals -0.
 */
interface KnownKey {
  readonly prefix: string;
  lastValue: string | number | boolean | undefined;
  lastJson: string;
}
const FIRST_CHARACTER = /^./;
const MAX_KNOWN_KEYS = 1024;
const MAX_KEPT_LENGTH = 128;
const knownKeys = new Map<string, KnownKey>();

/** Resources and scopes never change and are shared by all spans of a tracer: encoded once. */
const resourceCache = new WeakMap<Resource, string>();
const scopeCache = new WeakMap<InstrumentationScope, string>();

/**
 * One OTLP/JSON `ExportTraceServiceRequest` holding the records, grouped by the identity of their
 * resource and scope objects; inside a group they keep their order. Never throws for finished records.
 *
 * The text is joined by hand, field by field: for 512 server spans of 12 attributes 3.4 µs a span, bytes
 * included, where building the tree and `JSON.stringify` take 5.7 µs.
 */
export function encodeTraceRequest(records: readonly SpanRecord[]): string {
  const resources = new Map<Resource, Map<InstrumentationScope, string>>();
  for (const record of records) {
    let scopes = resources.get(record.resource);
    if (scopes === undefined) {
      scopes = new Map();
      resources.set(record.resource, scopes);
    }
    const before = scopes.get(record.scope);
    scopes.set(record.scope, before === undefined ? encodeSpan(record) : `${before},${encodeSpan(record)}`);
  }
  let json = '';
  for (const [resource, scopes] of resources) json += separator(json) + encodeResourceSpans(resource, scopes);
  return `{"resourceSpans":[${json}]}`;
}

function encodeResourceSpans(resource: Resource, scopes: ReadonlyMap<InstrumentationScope, string>): string {
  let json = '';
  for (const [scope, spans] of scopes) json += `${separator(json)}{"scope":${encodeScope(scope)},"spans":[${spans}]}`;
  return `{"resource":${encodeResource(resource)},"scopeSpans":[${json}]}`;
}

function encodeResource(resource: Resource): string {
  const cached = resourceCache.get(resource);
  if (cached !== undefined) return cached;
  const list = encodeAttributes(resource.attributes);
  const json = list === '' ? '{}' : `{"attributes":[${list}]}`;
  resourceCache.set(resource, json);
  return json;
}

function encodeScope(scope: InstrumentationScope): string {
  const cached = scopeCache.get(scope);
  if (cached !== undefined) return cached;
  const version = scope.version === undefined ? '' : `,"version":${quote(scope.version)}`;
  const json = `{"name":${quote(scope.name)}${version}}`;
  scopeCache.set(scope, json);
  return json;
}

function encodeSpan(record: SpanRecord): string {
  const flags = (record.flags & 0xff) | HAS_IS_REMOTE | (record.parentIsRemote ? IS_REMOTE : 0);
  let json = `{"traceId":"${record.traceId}","spanId":"${record.spanId}"`;
  if (record.traceState) json += `,"traceState":${quote(record.traceState)}`;
  if (record.parentSpanId) json += `,"parentSpanId":"${record.parentSpanId}"`;
  json += `,"flags":${flags},"name":${quote(record.name)},"kind":${KIND[record.kind] ?? 1}`;
  json += `,"startTimeUnixNano":"${formatUnixNano(record.startTimeMs)}"`;
  json += `,"endTimeUnixNano":"${formatUnixNanoAfter(record.startTimeMs, record.durationMs)}"`;
  json += attributesField(record.attributes) + droppedField('Attributes', record.droppedAttributesCount);
  json += listField('events', record.events, encodeEvent) + droppedField('Events', record.droppedEventsCount);
  json += listField('links', record.links, encodeLink) + droppedField('Links', record.droppedLinksCount);
  return `${json},"status":${encodeStatus(record.status)}}`;
}

function encodeStatus(status: SpanStatus): string {
  const message = status.message ? `,"message":${quote(status.message)}` : '';
  return `{"code":${STATUS[status.code] ?? 0}${message}}`;
}

function encodeEvent(event: SpanEvent): string {
  const time = formatUnixNano(event.timeMs);
  return `{"timeUnixNano":"${time}","name":${quote(event.name)}${attributesField(event.attributes)}}`;
}

function encodeLink({ context, attributes }: RecordedLink): string {
  let json = `{"traceId":"${context.traceId}","spanId":"${context.spanId}"`;
  if (context.traceState) json += `,"traceState":${quote(context.traceState)}`;
  return `${json}${attributesField(attributes)},"flags":${linkFlags(context.traceFlags, context.isRemote)}}`;
}

function linkFlags(traceFlags: number, isRemote: boolean | undefined): number {
  const flags = traceFlags & 0xff;
  if (isRemote === undefined) return flags;
  return flags | HAS_IS_REMOTE | (isRemote ? IS_REMOTE : 0);
}

/** `,"events":[…]`; nothing at all for an empty list. */
function listField<T>(name: string, items: readonly T[], encode: (item: T) => string): string {
  if (items.length === 0) return '';
  let json = '';
  for (const item of items) json += separator(json) + encode(item);
  return `,"${name}":[${json}]`;
}

function attributesField(attributes: Attributes): string {
  const list = encodeAttributes(attributes);
  return list === '' ? '' : `,"attributes":[${list}]`;
}

function droppedField(what: 'Attributes' | 'Events' | 'Links', count: number): string {
  return count > 0 ? `,"dropped${what}Count":${count}` : '';
}

function separator(before: string): string {
  return before === '' ? '' : ',';
}

/** Own keys only, so that an `Object.prototype` somebody added to shows in no span. */
function encodeAttributes(attributes: Attributes): string {
  let json = '';
  for (const key of Object.keys(attributes)) {
    const value = attributes[key];
    if (value !== undefined && value !== null) json += separator(json) + encodeAttribute(key, value);
  }
  return json;
}

/** `{"key":"http.route","value":{"stringValue":"/cart/:id"}}` */
function encodeAttribute(key: string, value: AttributeValue): string {
  const known = knownKeys.get(key) ?? rememberKey(key);
  if (known.lastValue === value) return known.lastJson;
  const json = `${known.prefix}${encodeValue(value)}}`;
  if (typeof value === 'object' || value === 0) return json;
  if (typeof value === 'string' && value.length > MAX_KEPT_LENGTH) return json;
  known.lastValue = value;
  known.lastJson = flatten(json);
  return json;
}

/**
 * A joined string is a tree until something reads it; matching makes it one piece, in place. What is
 * kept is joined again into every span, where one piece is cheaper than five.
 */
function flatten(json: string): string {
  FIRST_CHARACTER.test(json);
  return json;
}

function rememberKey(key: string): KnownKey {
  const known: KnownKey = { prefix: `{"key":${quote(key)},"value":`, lastValue: undefined, lastJson: '' };
  if (knownKeys.size < MAX_KNOWN_KEYS && key.length <= MAX_KEPT_LENGTH) knownKeys.set(key, known);
  return known;
}

/** opentelemetry.proto.common.v1.AnyValue; `{}` is its "empty value", the hole of a list. */
function encodeValue(value: AttributeValue | null | undefined): string {
  switch (typeof value) {
    case 'string':
      return `{"stringValue":${quote(value)}}`;
    case 'number':
      return encodeNumber(value);
    case 'boolean':
      return value ? '{"boolValue":true}' : '{"boolValue":false}';
    default:
      return Array.isArray(value) ? encodeList(value) : '{}';
  }
}

function encodeList(values: readonly (string | number | boolean | null | undefined)[]): string {
  let json = '';
  // By index: the empty slot of a sparse list is an empty value like any other.
  for (let i = 0; i < values.length; i++) json += separator(json) + encodeValue(values[i]);
  return json === '' ? '{"arrayValue":{}}' : `{"arrayValue":{"values":[${json}]}}`;
}

/** 64-bit integers are decimal strings; doubles are numbers but for the three that JSON cannot write, and -0. */
function encodeNumber(value: number): string {
  if (Number.isSafeInteger(value)) {
    return Object.is(value, -0) ? '{"doubleValue":-0}' : `{"intValue":"${value}"}`;
  }
  return Number.isFinite(value) ? `{"doubleValue":${value}}` : `{"doubleValue":"${value}"}`;
}
