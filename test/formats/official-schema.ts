import root from '@opentelemetry/otlp-transformer/build/src/generated/root.js';

/** The part that we need of a class that protobufjs generated from OpenTelemetry's own .proto files. */
export interface SchemaType {
  fromObject(object: object): object;
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
  toObject(message: object, options: object): Record<string, unknown>;
}

interface Schema {
  readonly opentelemetry: {
    readonly proto: {
      readonly collector: {
        readonly trace: {
          readonly v1: {
            readonly ExportTraceServiceRequest: SchemaType;
            readonly ExportTraceServiceResponse: SchemaType;
          };
        };
      };
    };
  };
}

const { v1 } = (root as unknown as Schema).opentelemetry.proto.collector.trace;

/** The official schema, as OpenTelemetry's transformer shipped it: what our bytes are held to. */
export const OfficialRequest: SchemaType = v1.ExportTraceServiceRequest;
export const OfficialResponse: SchemaType = v1.ExportTraceServiceResponse;

/** OTLP JSON as the official classes take it: ids and bytes as bytes, default fields left out, as in proto3. */
export function messageOfJson(json: unknown): object {
  return OfficialRequest.fromObject(withoutDefaults(json, '') as object);
}

/** Defaults say something inside a oneof (AnyValue) only. */
const ONEOF = new Set(['stringValue', 'boolValue', 'intValue', 'doubleValue']);
const IDS = new Set(['traceId', 'spanId', 'parentSpanId']);

function withoutDefaults(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutDefaults(item, ''));
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, member]) => [key, withoutDefaults(member, key)] as const);
    return Object.fromEntries(entries.filter(([key, member]) => ONEOF.has(key) || !isDefault(key, member)));
  }
  if (IDS.has(name)) return Buffer.from(String(value), 'hex');
  return name === 'doubleValue' ? Number(value) : value;
}

function isDefault(key: string, value: unknown): boolean {
  if (key === 'status') return Object.keys(Object(value)).length === 0;
  return value === '' || value === 0 || (value === '0' && key.endsWith('UnixNano'));
}
