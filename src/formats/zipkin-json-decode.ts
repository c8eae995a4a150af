import type {
  Attributes,
  RecordedLink,
  Resource,
  SpanEvent,
  SpanKind,
  SpanRecord,
  SpanStatus,
} from '../core/record.ts';
import { asList, asObject, countOf } from '../leaves/json-value.ts';
import { setOwn } from '../leaves/own-slot.ts';
import { parseBoundedJson } from './bounded-json.ts';
import { type DecodedTraceRequest, malformedRequest, Rejections } from './decoded-request.ts';
import { decodePaddedId } from './hex-id.ts';
import { separateSharedSpans } from './zipkin-shared.ts';
import { TAG } from './zipkin-span.ts';

type Fields = Record<string, unknown>;

/** A list, a span, its endpoints: the rest is room for fields nobody knows. */
const MAX_DEPTH = 64;
const MAX_LINKS = 128;

const KINDS: ReadonlyMap<unknown, SpanKind> = new Map([
  ['CLIENT', 'client'],
  ['SERVER', 'server'],
  ['PRODUCER', 'producer'],
  ['CONSUMER', 'consumer'],
]);

/**
 * Reads the body of Zipkin's `POST /api/v2/spans`, given as text or already parsed. 64-bit trace ids are
 * padded with zeros on the left. Of a span that client and server share, the server's half gets an id of
 * its own under the client's ({@link separateSharedSpans}). Never throws: what is no list is `malformed`,
 * a span without ids or time is counted in `rejected`, an annotation without time as a dropped event.
 *
 * Tags stay text. Those that OpenTelemetry's exporters write for status, scope, links and the like are
 * read back; the endpoint's service becomes the resource's.
 */
export function decodeZipkinSpans(json: unknown): DecodedTraceRequest {
  const parsed = typeof json === 'string' ? parseBoundedJson(json, MAX_DEPTH) : { value: json };
  if ('problem' in parsed) return malformedRequest(parsed.problem);
  if (!Array.isArray(parsed.value)) return malformedRequest('the request must be a JSON array of spans');
  const decoder = new ZipkinDecoder();
  const rejections = new Rejections();
  const records: { record: SpanRecord; isShared: boolean }[] = [];
  for (const item of parsed.value) {
    const span = asObject(item);
    const record = span === undefined ? rejections.add('a span must be an object') : decoder.decode(span, rejections);
    if (record !== undefined) records.push({ record, isShared: span?.shared === true });
  }
  // In a single span nothing says whether the other half of the call has been written elsewhere.
  return rejections.with(separateSharedSpans(records, records.length > 1));
}

/** Keeps the resources of one request, so that spans of one service share theirs. */
class ZipkinDecoder {
  readonly #resources: Map<string, Resource>;
  readonly #scopes: Map<string, SpanRecord['scope']>;

  constructor() {
    this.#resources = new Map();
    this.#scopes = new Map();
  }

  decode(span: Fields, rejections: Rejections): SpanRecord | undefined {
    const traceId = decodePaddedId(span.traceId, 32);
    if (traceId === undefined) return rejections.add('traceId must be up to 32 hex digits, not all zero');
    const spanId = decodePaddedId(span.id, 16);
    if (spanId === undefined) return rejections.add('id must be up to 16 hex digits, not all zero');
    const events = annotations(span.annotations);
    // Zipkin's own model has spans without a time; 0 is what they have here.
    const startTimeMs = millis(span.timestamp) ?? events.items[0]?.timeMs ?? (isAbsent(span.timestamp) ? 0 : undefined);
    if (startTimeMs === undefined) return rejections.add('timestamp must be microseconds since the epoch');
    const tags = new Tags(asObject(span.tags));
    const local = asObject(span.localEndpoint);
    const kind = KINDS.get(span.kind) ?? 'internal';
    return {
      traceId,
      spanId,
      parentSpanId: decodePaddedId(span.parentId, 16),
      // A server's parent is its client's span; of others Zipkin does not say.
      parentIsRemote: (kind === 'server' || kind === 'consumer') && decodePaddedId(span.parentId, 16) !== undefined,
      name: text(span.name),
      kind,
      startTimeMs,
      durationMs: millis(span.duration) ?? 0,
      status: tags.takeStatus(),
      scope: this.#scope(tags.take(TAG.scopeName) ?? '', tags.take(TAG.scopeVersion)),
      traceState: tags.take(TAG.traceState),
      flags: 1, // what was not sampled was not sent
      droppedAttributesCount: tags.takeCount(TAG.droppedAttributes),
      droppedEventsCount: tags.takeCount(TAG.droppedEvents) + events.dropped,
      droppedLinksCount: tags.takeCount(TAG.droppedLinks),
      links: tags.takeLinks(),
      events: events.items,
      resource: this.#resource(text(local?.serviceName)),
      attributes: withEndpoints(tags.rest(), local, asObject(span.remoteEndpoint)),
    };
  }

  #resource(service: string): Resource {
    const known = this.#resources.get(service);
    if (known !== undefined) return known;
    const resource = { attributes: service === '' ? {} : { 'service.name': service } };
    this.#resources.set(service, resource);
    return resource;
  }

  #scope(name: string, version: string | undefined): SpanRecord['scope'] {
    const key = `${name}\n${version ?? ''}`;
    const known = this.#scopes.get(key);
    if (known !== undefined) return known;
    const scope = version === undefined ? { name } : { name, version };
    this.#scopes.set(key, scope);
    return scope;
  }
}

/** A span's tags, of which those with a meaning are taken out one by one. */
class Tags {
  readonly #tags: Map<string, string>;

  constructor(tags: Fields | undefined) {
    this.#tags = new Map();
    for (const [key, value] of Object.entries(tags ?? {})) {
      if (typeof value === 'string') this.#tags.set(key, value);
      else if (typeof value === 'number' || typeof value === 'boolean') this.#tags.set(key, String(value));
    }
  }

  take(key: string): string | undefined {
    const value = this.#tags.get(key);
    this.#tags.delete(key);
    return value;
  }

  takeCount(key: string): number {
    const count = Number(this.take(key) ?? 0);
    return Number.isSafeInteger(count) && count > 0 ? count : 0;
  }

  /** `error`, whatever it says but false, makes a span a failed one (Zipkin's own rule); its text is the message. */
  takeStatus(): SpanStatus {
    const code = this.take(TAG.status)?.toLowerCase();
    const error = this.take(TAG.error);
    if (code === 'error' || (error !== undefined && error !== 'false')) {
      return error === undefined || error === '' || error === 'true'
        ? { code: 'error' }
        : { code: 'error', message: error };
    }
    return { code: code === 'ok' ? 'ok' : 'unset' };
  }

  takeLinks(): RecordedLink[] {
    const links: RecordedLink[] = [];
    for (let n = 0; n < MAX_LINKS; n++) {
      const value = this.take(TAG.link + n);
      if (value === undefined) return links;
      const link = linkOf(value);
      if (link !== undefined) links.push(link);
    }
    return links;
  }

  rest(): Attributes {
    const attributes: Attributes = {};
    for (const [key, value] of this.#tags) setOwn(attributes, key, value);
    return attributes;
  }
}

/** `traceId|spanId|tracestate|{"attribute":1}|0`; a bar may stand in the attributes too. */
function linkOf(value: string): RecordedLink | undefined {
  const parts = value.split('|');
  const traceId = decodePaddedId(parts[0], 32);
  const spanId = decodePaddedId(parts[1], 16);
  if (traceId === undefined || spanId === undefined) return undefined;
  const parsed = parseBoundedJson(parts.slice(3, -1).join('|'), MAX_DEPTH);
  const traceState = parts[2] ?? '';
  const dropped = countOf(parts.at(-1));
  return {
    context: { traceId, spanId, traceFlags: 0, ...(traceState !== '' && { traceState }) },
    attributes: primitives('value' in parsed ? asObject(parsed.value) : undefined),
    ...(dropped > 0 && { droppedAttributesCount: dropped }),
  };
}

function annotations(list: unknown): { items: SpanEvent[]; dropped: number } {
  const items: SpanEvent[] = [];
  let dropped = 0;
  for (const item of asList(list)) {
    const annotation = asObject(item);
    const timeMs = millis(annotation?.timestamp);
    if (timeMs === undefined || typeof annotation?.value !== 'string') dropped++;
    else items.push({ timeMs, ...eventOf(annotation.value) });
  }
  return { items: items.sort((a, b) => a.timeMs - b.timeMs), dropped };
}

/** Attributes come as OpenTelemetry's exporters write them: `"cache miss": {"key":"a"}`. */
function eventOf(value: string): { name: string; attributes: Attributes } {
  const at = value.startsWith('"') ? value.indexOf('": {') : -1;
  if (at === -1) return { name: value, attributes: {} };
  const name = parseBoundedJson(value.slice(0, at + 1), MAX_DEPTH);
  const attributes = parseBoundedJson(value.slice(at + 3), MAX_DEPTH);
  if (!('value' in name) || typeof name.value !== 'string' || !('value' in attributes)) {
    return { name: value, attributes: {} };
  }
  return { name: name.value, attributes: primitives(asObject(attributes.value)) };
}

/** Values that are an attribute's already, as they are; lists and maps as their JSON. */
function primitives(fields: Fields | undefined): Attributes {
  const attributes: Attributes = {};
  for (const [key, value] of Object.entries(fields ?? {})) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      setOwn(attributes, key, value);
    } else if (value !== null) {
      setOwn(attributes, key, JSON.stringify(value));
    }
  }
  return attributes;
}

/** The addresses of both sides, where no tag has said them. */
function withEndpoints(attributes: Attributes, local: Fields | undefined, remote: Fields | undefined): Attributes {
  addMissing(attributes, 'network.local.address', local?.ipv4 ?? local?.ipv6);
  addMissing(attributes, 'network.local.port', local?.port);
  // What a tag has said already (`server.address`) needs no second name.
  addMissing(attributes, 'peer.service', unsaid(attributes, remote?.serviceName));
  addMissing(attributes, 'network.peer.address', unsaid(attributes, remote?.ipv4 ?? remote?.ipv6));
  addMissing(attributes, 'network.peer.port', unsaid(attributes, remote?.port));
  return attributes;
}

function unsaid(attributes: Attributes, value: unknown): unknown {
  return Object.values(attributes).some((said) => String(said) === String(value)) ? undefined : value;
}

function addMissing(attributes: Attributes, key: string, value: unknown): void {
  if (Object.hasOwn(attributes, key)) return;
  if ((typeof value === 'string' && value !== '') || typeof value === 'number') attributes[key] = value;
}

/** Microseconds as milliseconds; `undefined` for what is none, 0 included, which Zipkin takes for absent. */
function millis(micros: unknown): number | undefined {
  const number = typeof micros === 'string' && /^\d{1,17}$/.test(micros) ? Number(micros) : micros;
  return typeof number === 'number' && number > 0 && number < 1e17 ? number / 1000 : undefined;
}

function isAbsent(micros: unknown): boolean {
  return micros === undefined || micros === null || micros === 0;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
