import type { SpanContext, SpanId, TraceId, VendorFields } from '../../../propagation/context.ts';
import { SHARED_NAME } from '../../../propagation/shared-name.ts';
import type { TraceState } from '../../../propagation/tracestate.ts';
import { type TimeInput, timeInputMs } from '../clock.ts';
import type { LocalTrace } from '../decide/local-trace.ts';
import type { OpenSpan, SpanOwner } from '../decide/open-span.ts';
import { noteFault } from '../diagnostics.ts';
import { bounded, type Limits, NAME_LENGTH } from '../limits.ts';
import type { Attributes, AttributeValue, Link, OpenRecord } from '../record.ts';
import { activeScope, runInScope } from '../scope/scope.ts';
import { shared } from '../shared.ts';
import type { Span, SpanOptions, StatusInput } from '../span.ts';
import { errorType, exceptionAttributes } from './exception.ts';
import type { CarriedFields } from './given-context.ts';
import { putAttribute, putAttributes, putEvent, putLink, putStatus } from './open-record.ts';

const BRAND: unique symbol = Symbol.for(`${SHARED_NAME}.span`);

/**
 * A handle on a record in the making. Ending hands the record to the pipeline and keeps only the
 * identity, so a captured ended span costs some 100 bytes, whatever was recorded on it.
 */
export class RecordingSpan implements OpenSpan {
  static {
    Object.defineProperty(RecordingSpan.prototype, BRAND, { value: true });
  }

  readonly traceId: TraceId;
  readonly spanId: SpanId;
  /** As they were at the start; the sampled bit says whether the span was to be recorded. See `decideFlags`. */
  readonly startFlags: number;
  readonly isRemote: boolean;
  readonly #traceState: TraceState | undefined;
  readonly debug: boolean;
  readonly vendor: VendorFields | undefined;
  /** See `SpanContext`: a span of our own has decided. */
  readonly deferred: boolean;
  /** The local trace this span ends in; undefined for another process's span that we only pass on. */
  readonly localTrace: LocalTrace | undefined;
  /** Set, and taken away, by the operation that the span is of. */
  owner: SpanOwner | undefined;
  #record: OpenRecord | undefined;
  #ended = false;
  /** Closes the `using` scope that belongs to this span. */
  #onEnd: (() => void) | undefined;

  constructor(
    traceId: TraceId,
    spanId: SpanId,
    startFlags: number,
    carried: CarriedFields | undefined,
    localTrace: LocalTrace | undefined,
    record: OpenRecord | undefined,
  ) {
    this.traceId = traceId;
    this.spanId = spanId;
    this.startFlags = startFlags;
    this.isRemote = localTrace === undefined && carried !== undefined;
    this.#traceState = carried?.traceState;
    this.debug = carried?.debug === true;
    this.vendor = carried?.vendor;
    this.deferred = localTrace === undefined && carried?.deferred === true;
    this.localTrace = localTrace;
    this.owner = undefined;
    this.#record = record;
  }

  /** The flags as far as they are known, for whoever only wants to look: decides nothing. */
  get flagsSoFar(): number {
    const decision = this.localTrace?.decision;
    return decision === undefined ? this.startFlags : decision.flagsSoFar(this.startFlags);
  }

  /** Decides about a trace that its start could not decide, and gives the flags to send. */
  decideFlags(): number {
    return this.localTrace === undefined ? this.startFlags : this.localTrace.decideFlags(this.startFlags);
  }

  /** Asks the sampler, and gives the flags for an answer to the caller: nobody is told to leave anything out. */
  decideAnswerFlags(): number {
    const decision = this.localTrace?.decision;
    return decision === undefined ? this.startFlags : decision.decideAnswerFlags(this.startFlags);
  }

  /** The `tracestate` as far as it is decided. */
  get traceState(): TraceState | undefined {
    return this.localTrace === undefined ? this.#traceState : this.localTrace.traceStateSoFar(this.#traceState);
  }

  spanContext(): SpanContext {
    const { traceId, spanId, isRemote } = this;
    const traceFlags = this.decideFlags(); // first: it may change what tracestate says
    const { traceState, debug, vendor, deferred } = this;
    const context = { traceId, spanId, traceFlags, isRemote };
    if (traceState === undefined && !debug && vendor === undefined && !deferred) return context;
    return {
      ...context,
      ...(traceState && { traceState }),
      ...(debug && { debug }),
      ...(vendor && { vendor }),
      ...(deferred && { deferred }),
    };
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
      putAttribute(record, key, value, this.#limits());
    } catch (error) {
      noteFault('span.setAttribute', error);
    }
    return this;
  }

  setAttributes(attributes: Attributes): this {
    const record = this.#record;
    if (record === undefined) return this;
    putAttributes(record, attributes, this.#limits());
    return this;
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
      putEvent(record, String(name), givenTime ?? timeInputMs(time) ?? this.#now(), attributes, this.#limits());
    } catch (error) {
      noteFault('span.addEvent', error); // a name without a text
    }
    return this;
  }

  addLink(link: Link): this {
    const record = this.#record;
    if (record === undefined) return this;
    try {
      putLink(record, link, this.#limits());
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
      putStatus(record, status, this.#limits());
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
    putEvent(record, 'exception', timeInputMs(time) ?? this.#now(), exceptionAttributes(exception), this.#limits());
  }

  updateName(name: string): this {
    if (this.#record !== undefined && typeof name === 'string') this.#record.name = bounded(name, NAME_LENGTH);
    return this;
  }

  keep(reason: string): this {
    if (this.isRecording()) {
      if (typeof reason === 'string' && reason !== '') this.setAttribute('throughline.keep', reason);
      this.localTrace?.keep();
    } else this.localTrace?.noteIgnoredKeep();
    return this;
  }

  drop(): this {
    const { traceId } = this;
    if (this.isRecording()) this.localTrace?.drop({ traceId, traceState: this.#traceState });
    return this;
  }

  child(name: string, options?: Omit<SpanOptions, 'parent'>): Span {
    const starter = this.localTrace?.starter;
    if (starter === undefined) return this; // another process's span: nothing of ours can be started under it here
    try {
      return starter.startSpan(name, options, RecordingSpan.prototype.child, this);
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

  /** The span as an example of what was measured; undefined where it is not known to be kept. */
  get exemplar(): this | undefined {
    return this.localTrace?.isKept === true ? this : undefined;
  }

  ageMs(): number | undefined {
    return this.#record === undefined ? undefined : this.#now() - this.#record.startTimeMs;
  }

  decideNow(): void {
    this.localTrace?.decision?.decideNow();
  }

  /** Has one more thing done when the span ends. It must not throw. */
  onEnd(done: () => void): void {
    this.#onEnd = done;
  }

  #limits(): Limits {
    return (this.localTrace as LocalTrace).limits;
  }

  #now(): number {
    return (this.localTrace as LocalTrace).now();
  }
}

/** Given to an app where no span could be started: every method works, nothing is recorded. */
export const NO_SPAN: RecordingSpan = shared(
  'noSpan',
  () => new RecordingSpan('0'.repeat(32), '0'.repeat(16), 0, undefined, undefined, undefined),
);

/** Recognises a span of ours, of whatever copy of the package. */
export function isRecordingSpan(span: unknown): span is RecordingSpan {
  return (span as { readonly [BRAND]?: true } | null | undefined)?.[BRAND] === true;
}
