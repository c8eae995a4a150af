import type { Baggage } from './baggage.ts';
import type { TraceState } from './tracestate.ts';

/** 32 lower-case hex digits, never all zero. The tag keeps it from being swapped with a span id; plain strings pass. */
export type TraceId = string & { readonly __id?: 'trace' };

/** 16 lower-case hex digits, never all zero. */
export type SpanId = string & { readonly __id?: 'span' };

/** In the place of a span id: the trace is known, no span of it is (X-Ray's `Root` alone). Never sent as an id. */
export const NO_SPAN_ID: SpanId = '0000000000000000';

/** Bits of the W3C trace-flags byte (Trace Context Level 2, 3.2.2.5). All other bits are sent as zero. */
export const FLAG_SAMPLED = 0x01;
export const FLAG_RANDOM = 0x02;

/** The fields of a format beyond the W3C ones, by `format.field` (`datadog.origin`): kept so that the same format can be written again. */
export type VendorFields = Readonly<Record<string, string>>;

/**
 * The identity of a span as it travels: complete, and shaped as OpenTelemetry's `SpanContext`, whose two optional
 * fields are left out where they are not there, and never undefined. Code that has to decide something takes this one; what came off the wire is a
 * {@link RemoteContext}, and what goes out with it an {@link OutboundContext}.
 */
export interface SpanContext {
  readonly traceId: TraceId;
  readonly spanId: SpanId;
  /** W3C trace-flags: a combination of `FLAG_SAMPLED` and `FLAG_RANDOM`. */
  readonly traceFlags: number;
  /** True when the context came from another process. */
  readonly isRemote?: boolean;
  readonly traceState?: TraceState;
  /** B3 and Jaeger debug: sampled, and every service downstream must keep it. */
  readonly debug?: boolean | undefined;
  readonly vendor?: VendorFields | undefined;
  /** Of a context that is only passed on: nobody has decided yet. Formats that can leave the decision out do so. */
  readonly deferred?: boolean | undefined;
}

/**
 * The context that `extract` read from a carrier: partial and three-valued, because formats leave things out.
 * An X-Ray `Root` alone has a trace id and no span id; `b3: 0` has a decision and no ids; a lone
 * `baggage` header has neither.
 */
export interface RemoteContext {
  readonly traceId: TraceId | undefined;
  readonly spanId: SpanId | undefined;
  /** `undefined` = deferred: the decision is ours to take. `false` = deny, which must reach downstream. */
  readonly sampled: boolean | undefined;
  /** The W3C random flag: the right-most 7 bytes of the trace id are random. */
  readonly random: boolean;
  readonly debug: boolean;
  readonly traceState: TraceState | undefined;
  /** Of a propagator's own `extract` it may not have been looked at yet, and turn out to be without members. */
  readonly baggage: Baggage | undefined;
  readonly vendor: VendorFields | undefined;
}

/** The context that `inject` writes: the active span's identity, and the baggage that goes with it. Either may be missing. */
export interface OutboundContext {
  readonly span: SpanContext | undefined;
  readonly baggage: Baggage | undefined;
}

/** Reads one field of a carrier, as OpenTelemetry's `TextMapGetter`. Repeated fields come joined by `,`. */
export interface Getter<Carrier> {
  get(carrier: Carrier, name: string): string | undefined;
  keys(carrier: Carrier): Iterable<string>;
}

/** Writes one field of a carrier, replacing what was there, as OpenTelemetry's `TextMapSetter`. */
export interface Setter<Carrier> {
  set(carrier: Carrier, name: string, value: string): void;
  /** Reads a field, where the carrier may hold some already: of an outgoing request, the app's own. */
  get?(carrier: Carrier, name: string): string | undefined;
  /**
   * Removes a field, where the carrier may hold some of another context: of an outgoing request, the app's own.
   * Formats call it for a field that must not stand beside those they wrote.
   */
  remove?(carrier: Carrier, name: string): void;
}

/** One wire format: reader and writer together. Neither may throw, whatever the carrier holds. */
export interface Propagator {
  readonly name: string;
  /** Names of the fields that `inject` may write, lower-case. */
  readonly fields: readonly string[];
  extract<Carrier>(carrier: Carrier, getter: Getter<Carrier>): RemoteContext | undefined;
  inject<Carrier>(context: OutboundContext, carrier: Carrier, setter: Setter<Carrier>): void;
}
