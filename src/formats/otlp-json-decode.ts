import type {
  InstrumentationScope,
  RecordedContext,
  RecordedLink,
  Resource,
  SpanEvent,
  SpanRecord,
  SpanStatus,
} from '../core/record.ts';
import { asList, asObject, countOf } from '../leaves/json-value.ts';
import { parseBoundedJson } from './bounded-json.ts';
import { type DecodedTraceRequest, malformedRequest, Rejections } from './decoded-request.ts';
import { decodeId } from './hex-id.ts';
import { isAnswer, remoteOfFlags, SPAN_KINDS, STATUS_CODES } from './otlp-enums.ts';
import { decodeAttributes } from './otlp-json-value.ts';
import { durationBetween, parseUnixNano, startOrEnd, toMs, type UnixNano } from './unix-nano.ts';

/** A request is 13 levels deep up to the items of a list attribute; the rest is room for nested values. */
const MAX_DEPTH = 256;

/** OTLP/JSON forbids names for enums; some senders use them all the same. */
const KIND_NAMES: readonly string[] = SPAN_KINDS.map(
  (kind, n) => `SPAN_KIND_${n === 0 ? 'UNSPECIFIED' : kind.toUpperCase()}`,
);
const STATUS_NAMES: readonly string[] = STATUS_CODES.map((code) => `STATUS_CODE_${code.toUpperCase()}`);

type Fields = Record<string, unknown>;

/**
 * Reads an OTLP/JSON `ExportTraceServiceRequest`, given as text or already parsed, from any exporter:
 * ids in either case, 64-bit fields as strings or numbers, enums as integers or names, unknown keys
 * ignored, missing fields defaulted. Never throws: text that is no JSON, is nested too deep or is no
 * request at all comes back `malformed`; a span without valid ids, times and name is counted in
 * `rejected`; an attribute, event or link that cannot be read is counted in the span's dropped counts.
 * Spans of one resource and scope share those objects.
 */
export function decodeTraceRequest(json: unknown): DecodedTraceRequest {
  const parsed = typeof json === 'string' ? parseBoundedJson(json, MAX_DEPTH) : { value: json };
  if ('problem' in parsed) return malformedRequest(parsed.problem);
  const resourceSpans = asObject(parsed.value)?.resourceSpans ?? [];
  if (asObject(parsed.value) === undefined) return malformedRequest('the request must be a JSON object');
  if (!Array.isArray(resourceSpans)) return malformedRequest('"resourceSpans" must be an array');
  return decodeResourceSpans(resourceSpans);
}

/** Reads an id of so many hex digits; `undefined` for what is none. */
type IdReader = (value: unknown, length: number) => string | undefined;

/**
 * Reads a list of `ResourceSpans`. `readId`: files may have ids in base64, as proto3 JSON would write bytes, which
 * OTLP forbids.
 */
export function decodeResourceSpans(
  resourceSpans: readonly unknown[],
  readId: IdReader = decodeId,
): DecodedTraceRequest {
  const records: SpanRecord[] = [];
  const rejections = new Rejections();
  for (const group of resourceSpans) {
    const resource = decodeResource(asObject(group));
    for (const scopeSpans of scopeSpansOf(asObject(group))) {
      const scope = decodeScope(scopeSpans);
      for (const span of asList(scopeSpans.spans)) {
        const record = decodeSpan(asObject(span), resource, scope, { rejections, readId });
        if (record !== undefined) records.push(record);
      }
    }
  }
  return rejections.with(records);
}

/** OTLP before 0.16 called the scope an instrumentation library. */
function scopeSpansOf(group: Fields | undefined): Fields[] {
  const lists = [group?.scopeSpans, group?.instrumentationLibrarySpans].flatMap(asList);
  return lists.map((item) => asObject(item) ?? {});
}

function decodeResource(group: Fields | undefined): Resource {
  const { attributes } = decodeAttributes(asObject(group?.resource)?.attributes);
  const schemaUrl = text(group?.schemaUrl);
  return schemaUrl === '' ? { attributes } : { attributes, schemaUrl };
}

function decodeScope(scopeSpans: Fields): InstrumentationScope {
  const scope = asObject(scopeSpans.scope) ?? asObject(scopeSpans.instrumentationLibrary);
  const version = text(scope?.version);
  const { attributes } = decodeAttributes(scope?.attributes);
  const schemaUrl = text(scopeSpans.schemaUrl);
  return {
    name: text(scope?.name),
    ...(version !== '' && { version }),
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(schemaUrl !== '' && { schemaUrl }),
  };
}

/** The things that the spans of one request have in common while they are read. */
interface Reading {
  readonly rejections: Rejections;
  readonly readId: IdReader;
}

function decodeSpan(
  span: Fields | undefined,
  resource: Resource,
  scope: InstrumentationScope,
  { rejections, readId }: Reading,
): SpanRecord | undefined {
  if (span === undefined) return rejections.add('a span must be an object');
  const traceId = readId(span.traceId, 32);
  if (traceId === undefined) return rejections.add('traceId must be 32 hex digits, not all zero');
  const spanId = readId(span.spanId, 16);
  if (spanId === undefined) return rejections.add('spanId must be 16 hex digits, not all zero');
  const parentSpanId = isNoId(span.parentSpanId) ? undefined : readId(span.parentSpanId, 16);
  if (parentSpanId === undefined && !isNoId(span.parentSpanId))
    return rejections.add('parentSpanId must be 16 hex digits');
  const given = decodeTime(span.startTimeUnixNano);
  const end = decodeTime(span.endTimeUnixNano ?? span.startTimeUnixNano);
  if (given === undefined || end === undefined) return rejections.add('times must be nanoseconds in decimal digits');
  if (typeof (span.name ?? '') !== 'string') return rejections.add('name must be a string');
  const start = startOrEnd(given, end);
  const flags = decodeFlags(span.flags);
  const kind = SPAN_KINDS[enumIndex(span.kind, KIND_NAMES)] ?? 'internal';
  const { attributes, dropped } = decodeAttributes(span.attributes);
  const events = decodeEach(span.events, decodeEvent);
  const links = decodeEach(span.links, (link) => decodeLink(link, readId));
  return {
    traceId,
    spanId,
    parentSpanId,
    parentIsRemote: remoteOfFlags(flags) ?? (parentSpanId !== undefined && isAnswer(kind)),
    name: text(span.name),
    kind,
    startTimeMs: toMs(start),
    durationMs: durationBetween(start, end),
    attributes,
    events: events.items,
    links: links.items,
    status: decodeStatus(asObject(span.status)),
    resource,
    scope,
    traceState: text(span.traceState) || undefined,
    flags: flags & 0xff,
    droppedAttributesCount: countOf(span.droppedAttributesCount) + dropped,
    droppedEventsCount: countOf(span.droppedEventsCount) + events.dropped,
    droppedLinksCount: countOf(span.droppedLinksCount) + links.dropped,
  };
}

function decodeStatus(status: Fields | undefined): SpanStatus {
  const code = STATUS_CODES[enumIndex(status?.code, STATUS_NAMES)] ?? 'unset';
  const message = text(status?.message);
  return message === '' ? { code } : { code, message };
}

function decodeEach<T>(list: unknown, decode: (item: Fields) => T | undefined): { items: T[]; dropped: number } {
  const items: T[] = [];
  let dropped = 0;
  for (const member of asList(list)) {
    const fields = asObject(member);
    const item = fields === undefined ? undefined : decode(fields);
    if (item === undefined) dropped++;
    else items.push(item);
  }
  return { items, dropped };
}

function decodeEvent(event: Fields): SpanEvent | undefined {
  const time = decodeTime(event.timeUnixNano);
  if (time === undefined || typeof (event.name ?? '') !== 'string') return undefined;
  return { name: text(event.name), timeMs: toMs(time), ...attributesOf(event) };
}

function decodeLink(link: Fields, readId: IdReader): RecordedLink | undefined {
  const context = decodeLinkContext(link, readId);
  return context && { context, ...attributesOf(link) };
}

/** The attributes of an event or a link, and how many were lost: on the way here, or since they cannot be read. */
function attributesOf(owner: Fields): Pick<SpanEvent, 'attributes' | 'droppedAttributesCount'> {
  const { attributes, dropped } = decodeAttributes(owner.attributes);
  const droppedAttributesCount = countOf(owner.droppedAttributesCount) + dropped;
  return droppedAttributesCount === 0 ? { attributes } : { attributes, droppedAttributesCount };
}

function decodeLinkContext(link: Fields, readId: IdReader): RecordedContext | undefined {
  const traceId = readId(link.traceId, 32);
  const spanId = readId(link.spanId, 16);
  if (traceId === undefined || spanId === undefined) return undefined;
  const flags = decodeFlags(link.flags);
  const remote = remoteOfFlags(flags);
  const traceState = text(link.traceState);
  return {
    traceId,
    spanId,
    traceFlags: flags & 0xff,
    ...(remote !== undefined && { isRemote: remote }),
    ...(traceState !== '' && { traceState }),
  };
}

/** Roots leave the field out, send `""`, or sixteen zeros (`AAAAAAAAAAA=` in base64). */
function isNoId(value: unknown): boolean {
  return (
    value === undefined || value === null || value === '' || value === '0000000000000000' || value === NO_BASE64_ID
  );
}

const NO_BASE64_ID = 'AAAAAAAAAAA=';

function decodeTime(value: unknown): UnixNano | undefined {
  return value === undefined || value === null || value === '' ? { ms: 0, nanos: 0 } : parseUnixNano(value);
}

function decodeFlags(value: unknown): number {
  return typeof value === 'number' || typeof value === 'string' ? Number(value) | 0 : 0;
}

function enumIndex(value: unknown, names: readonly string[]): number {
  return typeof value === 'string' ? names.indexOf(value) : Number(value ?? 0);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
