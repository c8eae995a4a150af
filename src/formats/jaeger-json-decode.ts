import type {
  Attributes,
  AttributeValue,
  RecordedLink,
  Resource,
  SpanEvent,
  SpanKind,
  SpanRecord,
  SpanStatus,
} from '../core/record.ts';
import { asList, asObject, countOf, textOf } from '../leaves/json-value.ts';
import { setOwn } from '../leaves/own-slot.ts';
import { parseBoundedJson } from './bounded-json.ts';
import { type DecodedTraceRequest, malformedRequest, Rejections } from './decoded-request.ts';
import { decodePaddedId } from './hex-id.ts';
import { JAEGER_TAG as TAG } from './jaeger-span.ts';

type Fields = Record<string, unknown>;

/** Answer, trace, span, log, field: the rest is room for fields nobody knows. */
const MAX_DEPTH = 64;

const KINDS: ReadonlySet<unknown> = new Set(['internal', 'server', 'client', 'producer', 'consumer']);

/**
 * Reads Jaeger's JSON: the answer of its API, a file that its UI has saved, or one trace of either, as
 * text or already parsed. Never throws: what is none of these is `malformed`, a span without ids or time
 * is counted in `rejected`. The tags that OpenTelemetry's exporters write for kind, status and scope are
 * read back. Attributes of links are lost in this format, and lists come back as their JSON.
 */
export function decodeJaegerTraces(json: unknown): DecodedTraceRequest {
  const parsed = typeof json === 'string' ? parseBoundedJson(json, MAX_DEPTH) : { value: json };
  if ('problem' in parsed) return malformedRequest(parsed.problem);
  const traces = tracesIn(parsed.value);
  if (traces === undefined) return malformedRequest('neither {"data": […]} nor a trace of Jaeger’s');
  const rejections = new Rejections();
  const resources = new Map<string, Resource>();
  const records: SpanRecord[] = [];
  for (const trace of traces) {
    const processes = asObject(trace.processes) ?? {};
    const read: SpanRecord[] = [];
    for (const item of asList(trace.spans)) {
      const span = asObject(item);
      const record = span === undefined ? rejections.add('a span must be an object') : readSpan(span, rejections);
      if (span === undefined || record === undefined) continue;
      const process = asObject(span.process) ?? asObject(ownValue(processes, span.processID));
      read.push({ ...record, resource: resourceOf(process, resources) });
    }
    records.push(...withRemoteParents(read));
  }
  return rejections.with(records);
}

function tracesIn(value: unknown): Fields[] | undefined {
  const object = asObject(value);
  if (object !== undefined && Array.isArray(object.spans)) return [object];
  const list = Array.isArray(value) ? value : object?.data;
  if (!Array.isArray(list)) return undefined;
  return list.map((trace) => asObject(trace) ?? {});
}

function ownValue(object: Fields, key: unknown): unknown {
  return typeof key === 'string' && Object.hasOwn(object, key) ? object[key] : undefined;
}

/** All but what another span or the process says. */
function readSpan(span: Fields, rejections: Rejections): SpanRecord | undefined {
  const traceId = decodePaddedId(span.traceID, 32);
  if (traceId === undefined) return rejections.add('traceID must be up to 32 hex digits, not all zero');
  const spanId = decodePaddedId(span.spanID, 16);
  if (spanId === undefined) return rejections.add('spanID must be up to 16 hex digits, not all zero');
  const startTimeMs = millis(span.startTime);
  if (startTimeMs === undefined) return rejections.add('startTime must be microseconds since the epoch');
  const tags = attributesOf(span.tags);
  const { parentSpanId, links } = referencesOf(span, traceId, spanId);
  const events = logsOf(span.logs);
  return {
    traceId,
    spanId,
    parentSpanId,
    parentIsRemote: false,
    name: typeof span.operationName === 'string' ? span.operationName : '',
    startTimeMs,
    durationMs: millis(span.duration) ?? 0,
    kind: kindOf(take(tags, TAG.kind)),
    status: statusOf(tags),
    scope: scopeOf(tags),
    traceState: textOf(take(tags, TAG.traceState)),
    flags: typeof span.flags === 'number' ? span.flags & 1 : 1,
    droppedAttributesCount: countOf(take(tags, TAG.droppedAttributes)),
    droppedEventsCount: countOf(take(tags, TAG.droppedEvents)) + events.dropped,
    droppedLinksCount: countOf(take(tags, TAG.droppedLinks)),
    attributes: tags,
    events: events.items,
    links,
    resource: { attributes: {} },
  };
}

/** A parent in another process is remote; of one that is not there, a server's and a consumer's. */
function withRemoteParents(records: readonly SpanRecord[]): SpanRecord[] {
  const byId = new Map(records.map((record) => [record.spanId as string, record]));
  return records.map((record) => {
    if (record.parentSpanId === undefined) return record;
    const parent = byId.get(record.parentSpanId);
    const isRemote =
      parent === undefined
        ? record.kind === 'server' || record.kind === 'consumer'
        : parent.resource !== record.resource;
    return isRemote ? { ...record, parentIsRemote: true } : record;
  });
}

/** Processes are repeated in each trace: equal ones become one object. */
function resourceOf(process: Fields | undefined, known: Map<string, Resource>): Resource {
  const attributes: Attributes = {};
  const service = process?.serviceName;
  if (typeof service === 'string' && service !== '') attributes['service.name'] = service;
  for (const [key, value] of Object.entries(attributesOf(process?.tags))) {
    if (value !== undefined) setOwn(attributes, key, value);
  }
  const text = JSON.stringify(attributes);
  const found = known.get(text);
  if (found !== undefined) return found;
  const resource = { attributes };
  known.set(text, resource);
  return resource;
}

/**
 * The first CHILD_OF of the same trace is the parent, all others are links; where there is none, the first
 * FOLLOWS_FROM of the same trace is, as Jaeger's page and the Collector have it. Old files have `parentSpanID`.
 */
function referencesOf(
  span: Fields,
  traceId: string,
  spanId: string,
): { parentSpanId: string | undefined; links: RecordedLink[] } {
  let parentSpanId = decodePaddedId(span.parentSpanID, 16);
  const links: RecordedLink[] = [];
  for (const item of asList(span.references)) {
    const reference = asObject(item);
    const linkedTrace = decodePaddedId(reference?.traceID, 32);
    const linkedSpan = decodePaddedId(reference?.spanID, 16);
    if (linkedTrace === undefined || linkedSpan === undefined) continue;
    const isParent = reference?.refType === 'CHILD_OF' && linkedTrace === traceId && parentSpanId === undefined;
    if (isParent) parentSpanId = linkedSpan;
    else links.push({ context: { traceId: linkedTrace, spanId: linkedSpan, traceFlags: 0 }, attributes: {} });
  }
  if (parentSpanId === undefined) {
    const followed = links.find(({ context }) => context.traceId === traceId && context.spanId !== spanId);
    return { parentSpanId: followed?.context.spanId, links: links.filter((link) => link !== followed) };
  }
  return { parentSpanId, links };
}

function logsOf(list: unknown): { items: SpanEvent[]; dropped: number } {
  const items: SpanEvent[] = [];
  let dropped = 0;
  for (const item of asList(list)) {
    const log = asObject(item);
    const timeMs = millis(log?.timestamp);
    if (timeMs === undefined) {
      dropped++;
      continue;
    }
    const attributes = attributesOf(log?.fields);
    items.push({ name: textOf(take(attributes, TAG.event)) ?? '', timeMs, attributes });
  }
  return { items, dropped };
}

function attributesOf(tags: unknown): Attributes {
  const attributes: Attributes = {};
  for (const item of asList(tags)) {
    const tag = asObject(item);
    const value = tagValue(tag?.type, tag?.value);
    if (typeof tag?.key === 'string' && value !== undefined) setOwn(attributes, tag.key, value);
  }
  return attributes;
}

/** Numbers may come as text; one that a double cannot hold stays text. */
function tagValue(type: unknown, value: unknown): AttributeValue | undefined {
  if (typeof value === 'boolean' || typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  if (type === 'bool') return value === 'true';
  const number = type === 'int64' || type === 'float64' ? Number(value) : Number.NaN;
  if (type === 'float64') return number;
  return Number.isSafeInteger(number) ? number : value;
}

/** Own keys alone: `constructor` is no tag of every span. */
function take(attributes: Attributes, key: string): AttributeValue | undefined {
  if (!Object.hasOwn(attributes, key)) return undefined;
  const value = attributes[key];
  delete attributes[key];
  return value;
}

function kindOf(value: AttributeValue | undefined): SpanKind {
  return KINDS.has(value) ? (value as SpanKind) : 'internal';
}

function statusOf(tags: Attributes): SpanStatus {
  const code = take(tags, TAG.status);
  const error = take(tags, TAG.error);
  const message = textOf(take(tags, TAG.statusMessage));
  const isError = code === 'ERROR' || error === true || error === 'true';
  const name = isError ? 'error' : code === 'OK' ? 'ok' : 'unset';
  return message === undefined ? { code: name } : { code: name, message };
}

function scopeOf(tags: Attributes): SpanRecord['scope'] {
  const name = textOf(take(tags, TAG.scopeName)) ?? '';
  const version = textOf(take(tags, TAG.scopeVersion));
  return version === undefined ? { name } : { name, version };
}

function millis(micros: unknown): number | undefined {
  return typeof micros === 'number' && micros >= 0 && micros < 1e17 ? micros / 1000 : undefined;
}
