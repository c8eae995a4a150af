import type { RemoteContext, SpanContext, SpanId, TraceId } from '../../propagation/context.ts';
import type { TimeInput } from './clock.ts';
import type { Attributes, AttributeValue, Link, SpanContextInput, SpanKind, SpanStatus } from './record.ts';

/** Under what a span may be started. */
export type SpanParent = Span | SpanContextInput | RemoteContext | null | undefined;

/** The options of a new span. */
export interface SpanOptions {
  /** By name, or by OpenTelemetry's number (0 internal, 1 server, 2 client, 3 producer, 4 consumer). Default `'internal'`. */
  readonly kind?: SpanKind | number | undefined;
  readonly attributes?: Attributes | undefined;
  /**
   * The parent instead of the active span; `null` starts a new trace. With what `extract` read from a
   * message, the baggage of that message is active with the span, in the place of any other.
   */
  readonly parent?: SpanParent | undefined;
  /** Spans that this one follows from without being their child. */
  readonly links?: readonly Link[] | undefined;
  /** When it started, where that was before it is told. Default: now. */
  readonly startTime?: TimeInput | undefined;
}

/** Status as OpenTelemetry's API gives it (0 unset, 1 ok, 2 error), or by name. */
export interface StatusInput {
  readonly code: number | SpanStatus['code'];
  readonly message?: string | undefined;
}

/**
 * One timed operation of a trace. Structurally an OpenTelemetry API `Span`, with the short forms
 * `tag`, `log`, `fail`, `child` and `run`.
 *
 * No method throws, whatever it is given, and after `end` every one is a no-op: the record has left.
 */
export interface Span {
  /** 32 lower-case hex digits. */
  readonly traceId: TraceId;
  /** 16 lower-case hex digits. */
  readonly spanId: SpanId;
  /** The identity that travels to other services. Asking decides about a trace that waited for its decision. */
  spanContext(): SpanContext;
  /** False once ended, and for spans of traces that are not sampled: then attributes need not be computed. */
  isRecording(): boolean;
  /** Sets one attribute. An equal key is replaced; values that OpenTelemetry does not know are left out. */
  tag(key: string, value: AttributeValue): this;
  setAttribute(key: string, value: AttributeValue): this;
  setAttributes(attributes: Attributes): this;
  /** Notes that something happened now: an event of the span. */
  log(message: string, attributes?: Attributes): this;
  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this;
  addLink(link: Link): this;
  addLinks(links: readonly Link[]): this;
  /** `unset` never replaces anything, and what is `ok` stays so (OpenTelemetry, Trace API, Set Status). */
  setStatus(status: StatusInput): this;
  /** Marks the span as failed by `error`: records the exception, sets `error.type` and the status. */
  fail(error: unknown): this;
  recordException(exception: unknown, time?: TimeInput): void;
  updateName(name: string): this;
  /** Starts a span under this one. It does not become active: use `run`, or pass it on. */
  child(name: string, options?: Omit<SpanOptions, 'parent'>): Span;
  /**
   * Keeps this span's local trace (what this process does for one request) whatever the sampler says, and
   * notes `reason` as `throughline.keep`. On a span that does not record nothing can be kept: that is
   * counted, and does nothing.
   */
  keep(reason: string): this;
  /**
   * Lets go of this span's local trace: what of it has not left for the exporters never does, what starts
   * later in it is not recorded, and services that are called from here on are told `not sampled`.
   */
  drop(): this;
  /** Runs `fn` with this span active and returns what it returns. The span is not ended by it. */
  run<Result>(fn: () => Result): Result;
  /** Ends the span. Only the first call counts. */
  end(endTime?: TimeInput): void;
  [Symbol.dispose](): void;
}

/** Whoever starts spans, as a span knows it that starts a child. */
export interface SpanStarter {
  /** Starts a span under `parent`. `caller` is the public function that the app called. Throws what hostile options throw. */
  startSpan(
    name: string,
    options: SpanOptions | undefined,
    caller: (...args: never[]) => unknown,
    parent: SpanParent,
  ): Span;
}
