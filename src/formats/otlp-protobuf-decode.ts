import type {
  Attributes,
  InstrumentationScope,
  RecordedLink,
  Resource,
  SpanEvent,
  SpanRecord,
  SpanStatus,
} from '../core/record.ts';
import { setOwn } from '../leaves/own-slot.ts';
import { type DecodedTraceRequest, malformedRequest, Rejections } from './decoded-request.ts';
import { isAnswer, remoteOfFlags, SPAN_KINDS, STATUS_CODES } from './otlp-enums.ts';
import { decodeAnyValue } from './otlp-protobuf-value.ts';
import { ProtobufError, ProtobufReader } from './protobuf-reader.ts';
import { durationBetween, startOrEnd, toMs, type UnixNano } from './unix-nano.ts';

const EPOCH: UnixNano = { ms: 0, nanos: 0 };
const NO_ID = /^0*$/;

/**
 * Reads an OTLP protobuf `ExportTraceServiceRequest` from any exporter, with the same rules and into the
 * same shape as {@link decodeTraceRequest} does JSON. Never throws: bytes that end too early, claim more
 * than there is, or hold a known field in another wire type come back `malformed`; a span without valid
 * ids is counted in `rejected`; values nested too deep are counted in the span's dropped counts. Unknown
 * fields are passed over. Spans of one resource and scope share those objects.
 */
export function decodeTraceRequestProtobuf(bytes: Uint8Array): DecodedTraceRequest {
  const records: SpanRecord[] = [];
  const rejections = new Rejections();
  try {
    const reader = new ProtobufReader(bytes);
    while (reader.next()) {
      if (reader.field === 1) decodeResourceSpans(reader.message(), records, rejections);
      else reader.skip();
    }
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    return malformedRequest(`not valid protobuf: ${error.message}`);
  }
  return rejections.with(records);
}

/** ResourceSpans: resource = 1, scope_spans = 2, schema_url = 3. The resource may come after its spans: encoders are free in the order. */
function decodeResourceSpans(reader: ProtobufReader, records: SpanRecord[], rejections: Rejections): void {
  const scopeSpans: ProtobufReader[] = [];
  let resource: Resource = { attributes: {} };
  while (reader.next()) {
    if (reader.field === 1) resource = { ...resource, ...decodeResource(reader.message()) };
    else if (reader.field === 2) scopeSpans.push(reader.message());
    else if (reader.field === 3) resource = withSchemaUrl(resource, reader.text());
    else reader.skip();
  }
  for (const group of scopeSpans) decodeScopeSpans(group, resource, records, rejections);
}

function withSchemaUrl<Owner extends object>(owner: Owner, schemaUrl: string): Owner {
  return schemaUrl === '' ? owner : { ...owner, schemaUrl };
}

function decodeResource(reader: ProtobufReader): Resource {
  const attributes: Attributes = {};
  while (reader.next()) {
    if (reader.field === 1) addAttribute(attributes, reader.message());
    else reader.skip();
  }
  return { attributes };
}

/** ScopeSpans: scope = 1, spans = 2, schema_url = 3. */
function decodeScopeSpans(
  reader: ProtobufReader,
  resource: Resource,
  records: SpanRecord[],
  rejections: Rejections,
): void {
  const spans: ProtobufReader[] = [];
  let scope: InstrumentationScope = { name: '' };
  while (reader.next()) {
    if (reader.field === 1) scope = { ...scope, ...decodeScope(reader.message()) };
    else if (reader.field === 2) spans.push(reader.message());
    else if (reader.field === 3) scope = withSchemaUrl(scope, reader.text());
    else reader.skip();
  }
  for (const span of spans) {
    const record = decodeSpan(span, resource, scope, rejections);
    if (record !== undefined) records.push(record);
  }
}

function decodeScope(reader: ProtobufReader): InstrumentationScope {
  let name = '';
  let version = '';
  const attributes: Attributes = {};
  while (reader.next()) {
    if (reader.field === 1) name = reader.text();
    else if (reader.field === 2) version = reader.text();
    else if (reader.field === 3) addAttribute(attributes, reader.message());
    else reader.skip();
  }
  return {
    name,
    ...(version !== '' && { version }),
    ...(Object.keys(attributes).length > 0 && { attributes }),
  };
}

/** A span's fields as they are read. */
class SpanFields {
  traceId = '';
  spanId = '';
  traceState = '';
  parentSpanId = '';
  name = '';
  kind = 0;
  start: UnixNano = EPOCH;
  end: UnixNano = EPOCH;
  readonly attributes: Attributes = {};
  droppedAttributes = 0;
  readonly events: SpanEvent[] = [];
  droppedEvents = 0;
  readonly links: RecordedLink[] = [];
  droppedLinks = 0;
  status: SpanStatus = { code: 'unset' };
  flags = 0;
  /** Counted by us, beside what the sender counted. */
  unreadAttributes = 0;
  unreadLinks = 0;
}

function decodeSpan(
  reader: ProtobufReader,
  resource: Resource,
  scope: InstrumentationScope,
  rejections: Rejections,
): SpanRecord | undefined {
  const span = new SpanFields();
  while (reader.next()) readSpanField(reader, span);
  if (!isId(span.traceId, 32)) return rejections.add('traceId must be 16 bytes, not all zero');
  if (!isId(span.spanId, 16)) return rejections.add('spanId must be 8 bytes, not all zero');
  const isRoot = NO_ID.test(span.parentSpanId);
  if (!isRoot && !isId(span.parentSpanId, 16)) return rejections.add('parentSpanId must be 8 bytes');
  const kind = SPAN_KINDS[span.kind] ?? 'internal';
  const start = startOrEnd(span.start, span.end);
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: isRoot ? undefined : span.parentSpanId,
    parentIsRemote: remoteOfFlags(span.flags) ?? (!isRoot && isAnswer(kind)),
    name: span.name,
    kind,
    startTimeMs: toMs(start),
    durationMs: durationBetween(start, span.end),
    attributes: span.attributes,
    events: span.events,
    links: span.links,
    status: span.status,
    resource,
    scope,
    traceState: span.traceState || undefined,
    flags: span.flags & 0xff,
    droppedAttributesCount: span.droppedAttributes + span.unreadAttributes,
    droppedEventsCount: span.droppedEvents,
    droppedLinksCount: span.droppedLinks + span.unreadLinks,
  };
}

/** trace.proto, Span. */
function readSpanField(reader: ProtobufReader, span: SpanFields): void {
  switch (reader.field) {
    case 1:
      span.traceId = reader.hex();
      return;
    case 2:
      span.spanId = reader.hex();
      return;
    case 3:
      span.traceState = reader.text();
      return;
    case 4:
      span.parentSpanId = reader.hex();
      return;
    case 5:
      span.name = reader.text();
      return;
    case 6:
      span.kind = reader.uint32();
      return;
    case 7:
      span.start = reader.unixNano();
      return;
    case 8:
      span.end = reader.unixNano();
      return;
    case 9:
      if (!addAttribute(span.attributes, reader.message())) span.unreadAttributes++;
      return;
    case 10:
      span.droppedAttributes = reader.uint32();
      return;
    case 11:
      span.events.push(decodeEvent(reader.message()));
      return;
    case 12:
      span.droppedEvents = reader.uint32();
      return;
    case 13:
      addLink(span, reader.message());
      return;
    case 14:
      span.droppedLinks = reader.uint32();
      return;
    case 15:
      span.status = decodeStatus(reader.message());
      return;
    case 16:
      span.flags = reader.fixed32();
      return;
    default:
      reader.skip();
  }
}

/** Span.Status: message = 2, code = 3. */
function decodeStatus(reader: ProtobufReader): SpanStatus {
  let message = '';
  let code = 0;
  while (reader.next()) {
    if (reader.field === 2) message = reader.text();
    else if (reader.field === 3) code = reader.uint32();
    else reader.skip();
  }
  const name = STATUS_CODES[code] ?? 'unset';
  return message === '' ? { code: name } : { code: name, message };
}

/** Span.Event: time_unix_nano = 1, name = 2, attributes = 3, dropped_attributes_count = 4. */
function decodeEvent(reader: ProtobufReader): SpanEvent {
  const attributes: Attributes = {};
  let name = '';
  let time = EPOCH;
  let dropped = 0;
  while (reader.next()) {
    if (reader.field === 1) time = reader.unixNano();
    else if (reader.field === 2) name = reader.text();
    else if (reader.field === 3) dropped += addAttribute(attributes, reader.message()) ? 0 : 1;
    else if (reader.field === 4) dropped += reader.uint32();
    else reader.skip();
  }
  return { name, timeMs: toMs(time), attributes, ...(dropped > 0 && { droppedAttributesCount: dropped }) };
}

/** Span.Link: trace_id = 1, span_id = 2, trace_state = 3, attributes = 4, dropped_attributes_count = 5, flags = 6. */
function addLink(span: SpanFields, reader: ProtobufReader): void {
  const attributes: Attributes = {};
  let traceId = '';
  let spanId = '';
  let traceState = '';
  let flags = 0;
  let dropped = 0;
  while (reader.next()) {
    if (reader.field === 1) traceId = reader.hex();
    else if (reader.field === 2) spanId = reader.hex();
    else if (reader.field === 3) traceState = reader.text();
    else if (reader.field === 4) dropped += addAttribute(attributes, reader.message()) ? 0 : 1;
    else if (reader.field === 5) dropped += reader.uint32();
    else if (reader.field === 6) flags = reader.fixed32();
    else reader.skip();
  }
  if (!isId(traceId, 32) || !isId(spanId, 16)) {
    span.unreadLinks++;
    return;
  }
  const isRemote = remoteOfFlags(flags);
  const context = {
    traceId,
    spanId,
    traceFlags: flags & 0xff,
    ...(isRemote !== undefined && { isRemote }),
    ...(traceState !== '' && { traceState }),
  };
  span.links.push({ context, attributes, ...(dropped > 0 && { droppedAttributesCount: dropped }) });
}

/** KeyValue: key = 1, value = 2. Of a repeated key the last one stays. False when the value cannot be read. */
function addAttribute(attributes: Attributes, reader: ProtobufReader): boolean {
  let key = '';
  let value: ReturnType<typeof decodeAnyValue> = '';
  while (reader.next()) {
    if (reader.field === 1) key = reader.text();
    else if (reader.field === 2) value = decodeAnyValue(reader.message());
    else reader.skip();
  }
  if (value === undefined) return false;
  setOwn(attributes, key, value);
  return true;
}

function isId(hex: string, length: number): boolean {
  return hex.length === length && !NO_ID.test(hex);
}
