import type { SpoolCodec } from '../core/pipeline/spool/codec.ts';
import type { Resource, SpanRecord } from '../core/record.ts';
import { encodeTraceRequestProtobuf } from '../formats/otlp-protobuf-encode.ts';

/** OTLP protobuf: the bytes of an `ExportTraceServiceRequest`. */
const TYPE_PROTOBUF = 1;

/**
 * Spans in the records of a spool, as OTLP. Writing is loaded with us, since it must be at hand when the
 * process ends; reading is loaded when there is something to be read, which in most processes is never.
 */
export function spoolCodec(): SpoolCodec {
  return {
    type: TYPE_PROTOBUF,
    encode: encodeTraceRequestProtobuf,
    async decode(type, payload) {
      if (type !== TYPE_PROTOBUF) throw new Error(`payload type ${type} is not known here`);
      const { decodeTraceRequestProtobuf } = await import('../formats/otlp-protobuf-decode.ts');
      return sharingResources(decodeTraceRequestProtobuf(payload).records);
    },
    async toLine(batch) {
      const { encodeTraceRequest } = await import('../formats/otlp-json-encode.ts');
      return encodeTraceRequest(batch);
    },
  };
}

const MAX_KNOWN = 16;
const known = new Map<string, Resource>();

/**
 * Each record was encoded by itself and brings a resource of its own. Where they are equal they become
 * one object again, or a batch would be sent with a copy of it for each record.
 */
function sharingResources(records: readonly SpanRecord[]): SpanRecord[] {
  let [last, shared] = [records[0]?.resource, sharedResource(records[0]?.resource)];
  return records.map((record) => {
    if (record.resource !== last) [last, shared] = [record.resource, sharedResource(record.resource)];
    return { ...record, resource: shared ?? record.resource };
  });
}

function sharedResource(resource: Resource | undefined): Resource | undefined {
  if (resource === undefined) return undefined;
  const key = JSON.stringify(resource.attributes);
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(key, resource);
  return resource;
}
