import type { RemoteContext, SpanId, TraceId, VendorFields } from '../../propagation/context.ts';

/** As OpenTelemetry: a primitive, or a list of one kind of primitive (holes allowed). */
export type AttributeValue =
  | string
  | number
  | boolean
  | readonly (string | null | undefined)[]
  | readonly (number | null | undefined)[]
  | readonly (boolean | null | undefined)[];

export interface Attributes {
  [key: string]: AttributeValue | undefined;
}

export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

export interface SpanStatus {
  readonly code: 'unset' | 'ok' | 'error';
  readonly message?: string | undefined;
}

/** Something that happened at one moment of a span (`span.log`, `addEvent`, a recorded exception). */
export interface SpanEvent {
  readonly name: string;
  /** Milliseconds since the Unix epoch, with fractions. */
  readonly timeMs: number;
  readonly attributes: Attributes;
  /** Attributes that `limits` took; absent: none. */
  readonly droppedAttributesCount?: number | undefined;
}

/** A span context as an app hands it in: ours, or that of `@opentelemetry/api`. One without valid ids counts as none. */
export interface SpanContextInput {
  readonly traceId: TraceId;
  readonly spanId: SpanId;
  readonly traceFlags: number;
  readonly isRemote?: boolean | undefined;
  readonly traceState?: { serialize(): string } | undefined;
  readonly debug?: boolean | undefined;
  readonly vendor?: VendorFields | undefined;
}

/** A follows-from relation to a span of this or another trace, as an app states it. */
export interface Link {
  /** Also what `extract` read from a message. */
  readonly context: SpanContextInput | RemoteContext;
  /** As wide as OpenTelemetry's: what is no attribute value is left out. */
  readonly attributes?: { readonly [key: string]: unknown } | undefined;
}

/** A link in a finished record: plain data. */
export interface RecordedLink {
  readonly context: RecordedContext;
  readonly attributes: Attributes;
  /** Attributes that `limits` took; absent: none. */
  readonly droppedAttributesCount?: number | undefined;
}

export interface RecordedContext {
  readonly traceId: TraceId;
  readonly spanId: SpanId;
  readonly traceFlags: number;
  readonly isRemote?: boolean | undefined;
  readonly traceState?: string | undefined;
}

/** The producer of the spans: `service.name` and the other resource attributes. One object a tracer. */
export interface Resource {
  readonly attributes: Attributes;
  /** The schema that the attributes follow, where who made them says so. */
  readonly schemaUrl?: string | undefined;
}

/** The instrumentation that made the span. */
export interface InstrumentationScope {
  readonly name: string;
  readonly version?: string | undefined;
  readonly attributes?: Attributes | undefined;
  /** The schema that the attributes of its spans follow. */
  readonly schemaUrl?: string | undefined;
}

/**
 * A finished span. Times are milliseconds as doubles (Unix epoch). Children are not stored in the
 * parent: the tree is assembled when the trace is read.
 */
export interface SpanRecord {
  readonly traceId: TraceId;
  readonly spanId: SpanId;
  /** Absent on a root. */
  readonly parentSpanId: SpanId | undefined;
  /** True when the parent lives in another process. */
  readonly parentIsRemote: boolean;
  readonly name: string;
  readonly kind: SpanKind;
  readonly startTimeMs: number;
  readonly durationMs: number;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  readonly links: readonly RecordedLink[];
  readonly status: SpanStatus;
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
  /** The W3C tracestate as sent, when there is one. */
  readonly traceState: string | undefined;
  /** W3C trace-flags. */
  readonly flags: number;
  /** Those that were refused by the limits. */
  readonly droppedAttributesCount: number;
  readonly droppedEventsCount: number;
  readonly droppedLinksCount: number;
}

/** The record while its span is open. */
export type OpenRecord = { -readonly [Field in keyof SpanRecord]: SpanRecord[Field] };
