import type { SpanRecord } from 'throughline/exporters';

type Attributes = SpanRecord['attributes'];

/**
 * The rest of a record after the way through Zipkin's v2 JSON: text for attributes, those of the
 * resource among the span's, whole microseconds, no trace flags.
 */
export function asZipkin(record: SpanRecord): SpanRecord {
  const { 'service.name': service, ...resource } = record.resource.attributes;
  return {
    ...record,
    // Zipkin does not say where a parent lives; a server's and a consumer's is elsewhere.
    parentIsRemote: record.parentSpanId !== undefined && (record.kind === 'server' || record.kind === 'consumer'),
    startTimeMs: Math.round(record.startTimeMs * 1000) / 1000,
    durationMs: Math.max(1, Math.round(record.durationMs * 1000)) / 1000,
    attributes: texts({ ...resource, ...record.attributes }),
    events: record.events.map((event) => ({ ...event, timeMs: Math.round(event.timeMs * 1000) / 1000 })),
    links: record.links.map(({ context: { traceId, spanId, traceState }, attributes }) => ({
      context: { traceId, spanId, traceFlags: 0, ...(traceState !== undefined && { traceState }) },
      attributes,
    })),
    resource: { attributes: service === undefined ? {} : { 'service.name': service } },
    flags: 1,
  };
}

function texts(attributes: Attributes): Attributes {
  const entries = Object.entries(attributes);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, typeof value === 'object' ? JSON.stringify(value) : String(value)]),
  );
}
