import type { RemoteContext, SpanContext, SpanId, TraceId, VendorFields } from '../../propagation/context.ts';
import type { TraceState } from '../../propagation/tracestate.ts';
import { type TimeInput, timeInputMs } from './clock.ts';
import type { LocalTrace } from './decide/local-trace.ts';
import { noteFault } from './diagnostics.ts';
import {
  attributeValue,
  bounded,
  copyAttributes,
  KEY_LENGTH,
  type Limits,
  NAME_LENGTH,
  ownKeys,
  setOwn,
} from './limits.ts';
import type {
  Attributes,
  AttributeValue,
  Link,
  RecordedLink,
  SpanContextInput,
  SpanEvent,
  SpanKind,
  SpanRecord,
  SpanStatus,
} from './record.ts';
import { activeScope, runInScope } from './scope/scope.ts';
import { errorType, exceptionAttributes } from './spans/exception.ts';
import { linkedContext } from './spans/given-context.ts';

/** Under what a span may be started. */
export type SpanParent = Span | SpanContextInput | RemoteContext | null | undefined;

/** What a span may be started with. */
export interface SpanOptions {
  /** Default `'internal'`. */
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  /**
   * The parent instead of the active span; `null` starts a new trace. With what `extract` read from a
   * message, the baggage of that message is active with the span, in the place of any other.
   */
  readonly parent?: SpanParent;
  /** Spans that this one follows from without being their child. */
  readonly links?: readonly Link[];
}

/** Status as OpenTelemetry's API gives it (0 unset, 1 ok, 2 error), or by name. */
export interface StatusInput {
  readonly code: number | SpanStatus['code'];
  readonly message?: string | undefined;
}

/** A span context as `@opentelemetry/api` types it: what is not there is left out, never undefined. */
export interface SpanIdentity extends SpanContext {
  readonly isRemote?: boolean;
  readonly traceState?: TraceState;
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
  /** The identity that travels to other services. */
  spanContext(): SpanIdentity;
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

/** The record while its span is open. */
export type OpenRecord = { -readonly [Field in keyof SpanRecord]: SpanRecord[Field] };

/**
 * A handle on a record in the making. Ending hands the record to the pipeline and keeps only the
 * identity, so a captured ended span costs some 100 bytes, whatever was recorded on it.
 *
 * It is its own `SpanContext` inside the library, which saves an object a span.
 */
export class RecordingSpan implements Span, SpanContext {
  readonly traceId: TraceId;
  readonly spanId: SpanId;
  /** As they were at the start; the sampled bit says whether the span was to be recorded. See `traceFlags`. */
  readonly startFlags: number;
  readonly isRemote: boolean;
  readonly #traceState: TraceState | undefined;
  readonly debug: boolean;
  readonly vendor: VendorFields | undefined;
  /** See `SpanContext`: a span of our own has decided. */
  readonly deferred: boolean;
  /** The local trace this span ends in; undefined for another process's span that we only pass on. */
  readonly localTrace: LocalTrace | undefined;
  #record: OpenRecord | undefined;
  #ended = false;
  /** Closes the `using` scope that belongs to this span. */
  #onEnd: (() => void) | undefined;

  constructor(
    traceId: TraceId,
    spanId: SpanId,
    startFlags: number,
    isRemote: boolean,
    inherited: Pick<SpanContext, 'traceState' | 'debug' | 'vendor' | 'deferred'> | undefined,
    localTrace: LocalTrace | undefined,
    record: OpenRecord | undefined,
  ) {
    this.traceId = traceId;
    this.spanId = spanId;
    this.startFlags = startFlags;
    this.isRemote = isRemote;
    this.#traceState = inherited?.traceState;
    this.debug = inherited?.debug === true;
    this.vendor = inherited?.vendor;
    this.deferred = localTrace === undefined && inherited?.deferred === true;
    this.localTrace = localTrace;
    this.#record = record;
  }

  /** The flags to send. Asking is what decides about a trace that its start could not decide. */
  get traceFlags(): number {
    return this.localTrace === undefined ? this.startFlags : this.localTrace.outboundFlags(this.startFlags);
  }

  /** The flags as far as they are known, for whoever only wants to look: decides nothing. */
  get knownFlags(): number {
    const decision = this.localTrace?.decision;
    return decision === undefined ? this.startFlags : decision.knownFlags(this.startFlags);
  }

  /** The flags for an answer to the caller: asks the sampler, but nobody is told to leave anything out. */
  get answerFlags(): number {
    const decision = this.localTrace?.decision;
    return decision === undefined ? this.startFlags : decision.answerFlags(this.startFlags);
  }

  get traceState(): TraceState | undefined {
    return this.localTrace === undefined ? this.#traceState : this.localTrace.outboundState(this.#traceState);
  }

  spanContext(): SpanIdentity {
    const { traceId, spanId, traceFlags, isRemote, traceState, debug, vendor } = this;
    const identity = { traceId, spanId, traceFlags, isRemote };
    if (traceState === undefined && !debug && vendor === undefined) return identity;
    return { ...identity, ...(traceState && { traceState }), ...(debug && { debug }), ...(vendor && { vendor }) };
  }

  isRecording(): boolean {
    return this.#record !== undefined && this.localTrace?.records === true;
  }

  /** The record while the span is open, for instrumentation that knows its attributes to be few and valid. */
  get record(): OpenRecord | undefined {
    return this.#record;
  }

  tag(key: string, value: AttributeValue): this {
    return this.setAttribute(key, value);
  }

  setAttribute(key: string, value: AttributeValue): this {
    const record = this.#record;
    if (record === undefined) return this;
    try {
      this.#set(record, key, value);
    } catch (error) {
      noteFault('span.setAttribute', error);
    }
    return this;
  }

  setAttributes(attributes: Attributes): this {
    const record = this.#record;
    if (record === undefined) return this;
    for (const key of ownKeys(attributes)) {
      try {
        this.#set(record, key, attributes[key]);
      } catch (error) {
        noteFault('span.setAttributes', error); // a getter of the app's threw: the others still count
      }
    }
    return this;
  }

  #set(record: OpenRecord, key: unknown, value: unknown): void {
    if (typeof key !== 'string' || key === '') return;
    const { attributes: max, attributeLength } = this.#limits();
    const kept = attributeValue(value, attributeLength);
    if (kept === undefined) return;
    const name = bounded(key, KEY_LENGTH);
    if (!Object.hasOwn(record.attributes, name) && Object.keys(record.attributes).length >= max) {
      record.droppedAttributesCount++;
      return;
    }
    if (record.attributes === NO_ATTRIBUTES) record.attributes = {};
    setOwn(record.attributes, name, kept);
  }

  log(message: string, attributes?: Attributes): this {
    return this.addEvent(message, attributes);
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    const record = this.#record;
    if (record === undefined) return this;
    const givenTime = timeInputMs(attributesOrTime);
    const attributes = givenTime === undefined ? attributesOrTime : undefined;
    try {
      this.#event(record, String(name), attributes, givenTime ?? timeInputMs(time));
    } catch (error) {
      noteFault('span.addEvent', error); // a name without a text
    }
    return this;
  }

  #event(record: OpenRecord, name: string, attributes: unknown, timeMs: number | undefined): void {
    if (record.events.length >= this.#limits().events) {
      record.droppedEventsCount++;
      return;
    }
    const event: SpanEvent = {
      name: bounded(name, NAME_LENGTH),
      timeMs: timeMs ?? this.#now(),
      attributes: copyAttributes(attributes, this.#limits()).attributes,
    };
    if (record.events === NO_EVENTS) record.events = [event];
    else (record.events as SpanEvent[]).push(event);
  }

  addLink(link: Link): this {
    const record = this.#record;
    if (record === undefined) return this;
    try {
      const kept = copyLink(link, this.#limits());
      if (kept === undefined) return this;
      if (record.links.length >= this.#limits().links) record.droppedLinksCount++;
      else if (record.links === NO_LINKS) record.links = [kept];
      else (record.links as RecordedLink[]).push(kept);
    } catch (error) {
      noteFault('span.addLink', error);
    }
    return this;
  }

  addLinks(links: readonly Link[]): this {
    try {
      if (Array.isArray(links)) for (const link of links) this.addLink(link);
    } catch (error) {
      noteFault('span.addLinks', error);
    }
    return this;
  }

  setStatus(status: StatusInput): this {
    const record = this.#record;
    if (record === undefined) return this;
    try {
      const code = statusCode(status.code);
      if (code === undefined || code === 'unset' || record.status.code === 'ok') return this;
      record.status = code === 'error' ? errorStatus(status.message, this.#limits()) : STATUS_OK;
    } catch (error) {
      noteFault('span.setStatus', error);
    }
    return this;
  }

  fail(error: unknown): this {
    const record = this.#record;
    if (record === undefined) return this;
    this.recordException(error);
    const attributes = exceptionAttributes(error);
    this.setAttribute('error.type', errorType(error));
    return this.setStatus({ code: 'error', message: String(attributes['exception.message'] ?? '') });
  }

  recordException(exception: unknown, time?: TimeInput): void {
    const record = this.#record;
    if (record === undefined) return;
    this.#event(record, 'exception', exceptionAttributes(exception), timeInputMs(time));
  }

  updateName(name: string): this {
    if (this.#record !== undefined && typeof name === 'string') this.#record.name = bounded(name, NAME_LENGTH);
    return this;
  }

  keep(reason: string): this {
    if (this.isRecording()) {
      if (typeof reason === 'string' && reason !== '') this.setAttribute('throughline.keep', reason);
      this.localTrace?.keep();
    } else this.localTrace?.tracer.noteIgnoredKeep();
    return this;
  }

  drop(): this {
    if (this.isRecording()) this.localTrace?.drop();
    return this;
  }

  child(name: string, options?: Omit<SpanOptions, 'parent'>): Span {
    const tracer = this.localTrace?.tracer;
    if (tracer === undefined) return this; // another process's span: nothing of ours can be started under it here
    try {
      return tracer.startSpan(name, options, RecordingSpan.prototype.child, this);
    } catch (error) {
      noteFault('span.child', error);
      return NO_SPAN;
    }
  }

  run<Result>(fn: () => Result): Result {
    if (this === NO_SPAN) return fn(); // nobody's identity must not become anybody's parent
    return runInScope(activeScope().withSpan(this), fn);
  }

  end(endTime?: TimeInput): void {
    if (this.#ended || this.localTrace === undefined) return;
    this.#ended = true;
    this.#onEnd?.();
    this.#onEnd = undefined; // it holds the scope, and that the spans around it
    const record = this.#record;
    this.#record = undefined;
    if (record !== undefined) {
      const end = timeInputMs(endTime) ?? this.localTrace.now();
      record.durationMs = Math.max(0, end - record.startTimeMs);
    }
    this.localTrace.ended(this, record);
  }

  [Symbol.dispose](): void {
    this.end();
  }

  /** What else is to be done when the span ends. One thing, and it must not throw. */
  onEnd(done: () => void): void {
    this.#onEnd = done;
  }

  #limits(): Limits {
    return (this.localTrace as LocalTrace).tracer.limits;
  }

  #now(): number {
    return (this.localTrace as LocalTrace).now();
  }
}

/** What an app is given where no span could be started: every method works, nothing is recorded. */
export const NO_SPAN: RecordingSpan = new RecordingSpan(
  '0'.repeat(32),
  '0'.repeat(16),
  0,
  false,
  undefined,
  undefined,
  undefined,
);

/** Shared by all records without any: replaced, never pushed to. */
export const NO_ATTRIBUTES: Attributes = Object.freeze({});
export const NO_EVENTS: readonly SpanEvent[] = Object.freeze([]);
export const NO_LINKS: readonly RecordedLink[] = Object.freeze([]);
export const STATUS_UNSET: SpanStatus = Object.freeze({ code: 'unset' });
const STATUS_OK: SpanStatus = Object.freeze({ code: 'ok' });
const STATUS_ERROR: SpanStatus = Object.freeze({ code: 'error' });

function errorStatus(message: unknown, limits: Limits): SpanStatus {
  if (typeof message !== 'string' || message === '') return STATUS_ERROR;
  return { code: 'error', message: bounded(message, limits.attributeLength) };
}

const STATUS_CODES: readonly SpanStatus['code'][] = ['unset', 'ok', 'error'];

function statusCode(code: unknown): SpanStatus['code'] | undefined {
  return typeof code === 'number' ? STATUS_CODES[code] : STATUS_CODES.find((known) => known === code);
}

/** A bounded copy of a link, or undefined when it names no span. */
function copyLink(link: Link, limits: Limits): RecordedLink | undefined {
  const context = linkedContext(link.context);
  if (context === undefined) return undefined;
  const { traceId, spanId, traceFlags, isRemote, traceState } = context;
  const { attributes } = copyAttributes(link.attributes, limits);
  return { context: { traceId, spanId, traceFlags, isRemote, traceState: traceState?.serialize() }, attributes };
}

/** The identity of a span, whoever made it; ours is its own, with what `spanContext()` has no field for. */
export function identityOf(span: Span): SpanContext;
export function identityOf(span: Span | SpanContextInput): SpanContextInput;
export function identityOf(span: Span | SpanContextInput): SpanContextInput {
  if (span instanceof RecordingSpan) return span;
  return 'spanContext' in span ? span.spanContext() : span;
}
