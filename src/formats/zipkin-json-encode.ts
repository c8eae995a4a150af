import type { Attributes, AttributeValue, RecordedLink, SpanEvent, SpanKind, SpanRecord } from '../core/record.ts';
import { TAG, type ZipkinEndpoint, type ZipkinSpan } from './zipkin-span.ts';

const KIND: Readonly<Record<SpanKind, ZipkinSpan['kind']>> = {
  internal: undefined,
  server: 'SERVER',
  client: 'CLIENT',
  producer: 'PRODUCER',
  consumer: 'CONSUMER',
};

/** A list of spans for `POST /api/v2/spans`, by the rules of OpenTelemetry to Zipkin Transformation. Never throws for finished records. */
export function encodeZipkinSpans(records: readonly SpanRecord[]): string {
  return JSON.stringify(records.map(zipkinSpanOf));
}

/**
 * One record as a Zipkin span. Times are whole microseconds; attributes become text; those of the resource
 * and what Zipkin has no field for become tags. Trace flags are lost.
 */
export function zipkinSpanOf(record: SpanRecord): ZipkinSpan {
  const kind = KIND[record.kind];
  const remote = remoteEndpoint(record);
  const timestamp = micros(record.startTimeMs);
  return {
    traceId: record.traceId,
    id: record.spanId,
    ...(record.parentSpanId !== undefined && { parentId: record.parentSpanId }),
    name: record.name,
    ...(kind !== undefined && { kind }),
    ...(timestamp > 0 && { timestamp }),
    duration: Math.max(1, micros(record.durationMs)),
    localEndpoint: localEndpoint(record),
    ...(remote !== undefined && { remoteEndpoint: remote }),
    ...(record.events.length > 0 && { annotations: record.events.map(annotationOf) }),
    tags: tagsOf(record),
  };
}

function micros(ms: number): number {
  const whole = Math.round(ms * 1000);
  return Number.isSafeInteger(whole) && whole > 0 ? whole : 0;
}

function localEndpoint({ resource, attributes }: SpanRecord): ZipkinEndpoint {
  const name = resource.attributes['service.name'];
  const addresses = [attributes['network.local.address'], resource.attributes['host.ip']].flat();
  return {
    ...(typeof name === 'string' && { serviceName: name }),
    ...addressOf(addresses),
    ...portOf(attributes['network.local.port']),
  };
}

/** The other side, as far as a span's attributes tell. */
function remoteEndpoint({ attributes, kind }: SpanRecord): ZipkinEndpoint | undefined {
  const isCaller = kind === 'client' || kind === 'producer'; // `server.address` of those who are called is their own
  const name = firstText(attributes, isCaller ? CALLED_NAMES : PEER_NAMES);
  const endpoint = {
    ...(name !== undefined && { serviceName: name }),
    ...addressOf([attributes['network.peer.address'] ?? (isCaller ? attributes['server.address'] : undefined)]),
    ...portOf(attributes['network.peer.port'] ?? (isCaller ? attributes['server.port'] : undefined)),
  };
  return Object.keys(endpoint).length === 0 ? undefined : endpoint;
}

/** The names of the other side, the best first (OpenTelemetry to Zipkin, Remote endpoint). `service.peer.name` is what `peer` sets. */
const PEER_NAMES: readonly string[] = ['service.peer.name', 'peer.service'];
const CALLED_NAMES: readonly string[] = [
  ...PEER_NAMES,
  'server.address',
  'net.peer.name',
  'net.sock.peer.name',
  'peer.hostname',
  'peer.address',
  'db.namespace',
  'db.name',
];

function firstText(attributes: Attributes, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = attributes[key];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

/** The first of each family. */
function addressOf(addresses: readonly unknown[]): ZipkinEndpoint {
  const texts = addresses.filter((address) => typeof address === 'string');
  const ipv4 = texts.find((address) => /^\d{1,3}(\.\d{1,3}){3}$/.test(address));
  const ipv6 = texts.find((address) => /^[0-9a-f:]+(:\d{1,3}(\.\d{1,3}){3})?$/i.test(address) && address.includes(':'));
  return { ...(ipv4 !== undefined && { ipv4 }), ...(ipv6 !== undefined && { ipv6 }) };
}

function portOf(value: unknown): ZipkinEndpoint {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 65_535 ? { port: value } : {};
}

/** `cache miss`, or with attributes `"cache miss": {"key":"a"}`. */
function annotationOf({ name, timeMs, attributes }: SpanEvent): { timestamp: number; value: string } {
  const hasAttributes = Object.keys(attributes).length > 0;
  const value = hasAttributes ? `${JSON.stringify(name)}: ${JSON.stringify(attributes)}` : name;
  return { timestamp: micros(timeMs), value };
}

function tagsOf(record: SpanRecord): Record<string, string> {
  const tags = new Map<string, string>();
  for (const [key, value] of Object.entries(record.resource.attributes)) {
    if (key !== 'service.name') setTag(tags, key, value);
  }
  for (const [key, value] of Object.entries(record.attributes)) setTag(tags, key, value);
  tags.delete(TAG.error); // an attribute of that name would make any span a failed one
  if (record.status.code !== 'unset') tags.set(TAG.status, record.status.code.toUpperCase());
  if (record.status.code === 'error') tags.set(TAG.error, record.status.message ?? '');
  setText(tags, TAG.scopeName, record.scope.name);
  setText(tags, TAG.scopeVersion, record.scope.version);
  setText(tags, TAG.traceState, record.traceState);
  setCount(tags, TAG.droppedAttributes, record.droppedAttributesCount);
  setCount(tags, TAG.droppedEvents, record.droppedEventsCount);
  setCount(tags, TAG.droppedLinks, record.droppedLinksCount);
  for (const [n, link] of record.links.entries()) tags.set(TAG.link + n, linkText(link));
  return Object.fromEntries(tags);
}

/** "Attribute values … MUST be reported as strings"; lists as JSON. */
function setTag(tags: Map<string, string>, key: string, value: AttributeValue | undefined): void {
  if (value === undefined || value === null) return;
  tags.set(key, typeof value === 'object' ? JSON.stringify(value) : String(value));
}

function setText(tags: Map<string, string>, key: string, text: string | undefined): void {
  if (text !== undefined && text !== '') tags.set(key, text);
}

function setCount(tags: Map<string, string>, key: string, count: number): void {
  if (count > 0) tags.set(key, String(count));
}

function linkText({ context, attributes, droppedAttributesCount = 0 }: RecordedLink): string {
  return `${context.traceId}|${context.spanId}|${context.traceState ?? ''}|${JSON.stringify(attributes)}|${droppedAttributesCount}`;
}
