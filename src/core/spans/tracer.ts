import type { Baggage } from '../../../propagation/baggage.ts';
import {
  FLAG_RANDOM,
  FLAG_SAMPLED,
  type Propagator,
  type RemoteContext,
  type SpanContext,
  type SpanId,
  type TraceId,
} from '../../../propagation/context.ts';
import type { Destination } from '../../../propagation/destination.ts';
import type { Clock } from '../clock.ts';
import { Decision } from '../decide/decision.ts';
import type { KeepRule } from '../decide/keep-rule.ts';
import { LocalTrace } from '../decide/local-trace.ts';
import { OpenSpansWatch } from '../decide/open-spans-watch.ts';
import { decidedState, type Sampler } from '../decide/sampler.ts';
import { WaitingRoom } from '../decide/waiting-room.ts';
import type { IdGenerator } from '../ids.ts';
import { bounded, type Limits, NAME_LENGTH } from '../limits.ts';
import { RequestMetrics } from '../metrics/request-metrics.ts';
import { type SpanCounts, type SpanSink, type Stats, statsOf } from '../pipeline/stats.ts';
import type { Attributes, InstrumentationScope, OpenRecord, Resource, SpanContextInput, SpanKind } from '../record.ts';
import { NOTHING_ALLOWED, type Redaction } from '../redaction.ts';
import { activeScope, type Scope } from '../scope/scope.ts';
import type { Span, SpanOptions, SpanParent } from '../span.ts';
import { baggageOf, checkedContext, checkedRemote, isRemoteContext, remoteOf } from './given-context.ts';
import { type Caller, locationOf } from './location.ts';
import { NO_ATTRIBUTES, NO_EVENTS, NO_LINKS, STATUS_UNSET } from './open-record.ts';
import { type Inherited, isPassedOn, passOn, passThrough } from './pass-through.ts';
import { identityOf, RecordingSpan } from './recording-span.ts';

/** Everything a tracer was set up with, complete: nothing is looked up again while requests run. */
export interface TracerSettings {
  /** False under `OTEL_SDK_DISABLED`: no spans, and context passes through as it came. */
  readonly enabled: boolean;
  readonly resource: Resource;
  readonly limits: Limits;
  /** Note on the app's own spans where they were started. Default false. */
  readonly location?: boolean;
  readonly sampler: Sampler;
  /** Count requests, and how long they take. Default true. */
  readonly metrics?: boolean;
  /** What is kept whatever the sampler says. Default: nothing. */
  readonly keepRule?: KeepRule | undefined;
  readonly propagator: Propagator;
  /** Where outbound context may go. */
  readonly propagateTo: (url: URL) => Destination;
  /** Names of baggage values that go into the attributes of spans. Default: none. */
  readonly baggageAttributes?: readonly string[];
  /** What instrumentation may record of requests. Default: no query value, no credential. */
  readonly redaction?: Redaction;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  /** Takes what is finished and kept. */
  readonly sink: SpanSink;
  /** The whole books, from this tracer's counts on. Default: whatever `sink` was given has arrived. */
  readonly statsOf?: (counts: SpanCounts) => Stats;
}

/** The instrumentation scope of spans that the app starts itself. */
const APP_SCOPE: InstrumentationScope = Object.freeze({ name: 'throughline' });

/** Where a new span belongs: all that is decided before its record is made. */
interface Lineage {
  readonly traceId: TraceId;
  readonly parentSpanId: SpanId | undefined;
  readonly parentIsRemote: boolean;
  readonly flags: number;
  /** Whose tracestate, debug mark and vendor fields go on. */
  readonly inherited: Inherited | undefined;
  readonly localTrace: LocalTrace;
}

/** Where an ended span goes: out of the process, to those of its trace that wait, or nowhere. */
export type Fate = 'leaves' | 'waits' | 'sampledOut';

/** Starts spans, and counts them until they have left. One a process, but for tests. */
export class Tracer {
  readonly enabled: boolean;
  readonly limits: Limits;
  readonly propagator: Propagator;
  readonly propagateTo: (url: URL) => Destination;
  readonly redaction: Redaction;
  readonly sampler: Sampler;
  readonly keepRule: KeepRule | undefined;
  /** Undefined where nothing is counted. */
  readonly requests: RequestMetrics | undefined;
  /** Of traces that are not decided yet. */
  readonly waitingRoom: WaitingRoom;
  readonly #location: boolean;
  readonly #baggageAttributes: readonly string[];
  readonly #resource: Resource;
  readonly #clock: Clock;
  readonly #ids: IdGenerator;
  readonly #sink: SpanSink;
  readonly #statsOf: (counts: SpanCounts) => Stats;
  /** Shared by everything that is not sampled: such spans need no clock. */
  readonly #unsampled: LocalTrace;
  /** Oldest first, recorded or not, up to the limit: an app that never ends its spans must not fill the memory. */
  readonly #open = new Set<Span>();
  readonly #watch: OpenSpansWatch;
  #started = 0;
  #ended = 0;
  #sampledOut = 0;
  #overLimit = 0;
  #ignoredKeeps = 0;

  constructor(settings: TracerSettings) {
    this.enabled = settings.enabled;
    this.limits = settings.limits;
    this.propagator = settings.propagator;
    this.propagateTo = settings.propagateTo;
    this.redaction = settings.redaction ?? NOTHING_ALLOWED;
    this.#sink = settings.sink;
    this.#statsOf = settings.statsOf ?? statsOf;
    this.sampler = settings.sampler;
    this.keepRule = settings.keepRule;
    this.requests = settings.enabled && settings.metrics !== false ? new RequestMetrics(settings.clock) : undefined;
    this.waitingRoom = new WaitingRoom(settings.limits.queueBytes);
    this.#location = settings.location === true;
    this.#baggageAttributes = settings.baggageAttributes ?? [];
    this.#resource = settings.resource;
    this.#clock = settings.clock;
    this.#ids = settings.ids;
    this.#watch = new OpenSpansWatch(this.#open, settings.limits.openMs);
    this.#unsampled = new LocalTrace(this, settings.clock, false);
  }

  /**
   * Starts a span of the app's own, under `parent` (default: as the options say, else the active span).
   * `caller` is the public function that the app called to start it, `scope` where it did (default: the
   * active one). Throws what hostile options throw.
   */
  startSpan(
    name: string,
    options: SpanOptions = {},
    caller?: Caller,
    parent: SpanParent = options.parent === undefined ? activeScope().span : options.parent,
    scope?: Scope,
  ): RecordingSpan {
    // All options are read before the span starts: one that throws must not leave a span open.
    const { kind = 'internal', attributes, links } = options;
    const span = this.start(bounded(String(name), NAME_LENGTH), kind, NO_ATTRIBUTES, parent, APP_SCOPE);
    if (this.#location && caller !== undefined && span.isRecording()) span.setAttributes(locationOf(caller));
    if (this.#baggageAttributes.length > 0) this.noteBaggage(span, baggageOf(parent, scope ?? activeScope()));
    if (attributes !== undefined) span.setAttributes(attributes);
    if (links !== undefined) span.addLinks(links);
    return span;
  }

  /** Starts a span under `parent`, or a root. `attributes` are taken over, not copied: the hot path. */
  start(
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    parent: SpanParent,
    scope: InstrumentationScope,
  ): RecordingSpan {
    if (!this.enabled) return passOn(parent, this.#ids);
    const lineage = parent ? this.#under(parent) : this.#root(undefined);
    return this.#startSpan(lineage, name, kind, attributes, scope);
  }

  /** Starts the local root of a request that another process sent, continuing the trace it sent, if any. */
  startRemote(
    name: string,
    kind: SpanKind,
    remote: RemoteContext | undefined,
    scope: InstrumentationScope,
  ): RecordingSpan {
    return this.#startSpan(this.#root(remote), name, kind, undefined, scope);
  }

  /** Copies the declared values of `baggage` to the attributes of a span that has just started. */
  noteBaggage(span: RecordingSpan, baggage: Baggage | undefined): void {
    if (baggage === undefined || !span.isRecording()) return;
    for (const key of this.#baggageAttributes) {
      const value = baggage.get(key);
      if (value !== undefined) span.setAttribute(key, value);
    }
  }

  /** A span that only carries another process's identity on: nothing is recorded or counted. */
  passThrough(remote: RemoteContext): RecordingSpan | undefined {
    return passThrough(remote, this.#ids);
  }

  #under(parent: Span | SpanContextInput | RemoteContext): Lineage {
    if (parent instanceof RecordingSpan && parent.localTrace?.tracer === this) {
      const { traceId, spanId, startFlags, localTrace } = parent; // its traceFlags would be a decision
      return { traceId, parentSpanId: spanId, parentIsRemote: false, flags: startFlags, inherited: parent, localTrace };
    }
    if (isPassedOn(parent)) return this.#root(remoteOf(parent));
    if (isRemoteContext(parent)) return this.#root(checkedRemote(parent));
    const context = checkedContext(identityOf(parent));
    if (context === undefined) return this.#root(undefined);
    const { traceId, spanId, traceFlags } = context;
    const { localTrace, inherited } = this.#localRoot(traceId, (traceFlags & FLAG_SAMPLED) !== 0, context);
    const flags = traceFlags & FLAG_RANDOM;
    return { traceId, parentSpanId: spanId, parentIsRemote: context.isRemote === true, flags, inherited, localTrace };
  }

  /** A local root: of a new trace, or of the one that `remote` names. */
  #root(remote: RemoteContext | undefined): Lineage {
    const traceId = remote?.traceId ?? this.#ids.traceId();
    const random = remote?.traceId === undefined || remote.random; // ours are random; a caller's flag is copied
    const { localTrace, inherited } = this.#localRoot(traceId, remote?.debug === true ? true : remote?.sampled, remote);
    return {
      traceId,
      parentSpanId: remote?.traceId === undefined ? undefined : remote.spanId,
      parentIsRemote: remote?.spanId !== undefined,
      flags: random ? FLAG_RANDOM : 0,
      inherited,
      localTrace,
    };
  }

  /** Decides as early as it is possible: where the start cannot, ended spans wait in their local trace. */
  #localRoot(
    traceId: TraceId,
    parentSampled: boolean | undefined,
    context: RemoteContext | SpanContext | undefined,
  ): Pick<Lineage, 'localTrace' | 'inherited'> {
    const traceState = context?.traceState;
    const verdict = this.sampler.atStart({ traceId, traceState }, parentSampled, this.#clock);
    if (verdict === undefined || (this.keepRule !== undefined && !verdict.sampled)) {
      const decision = new Decision(this, this.#clock, verdict);
      return { localTrace: new LocalTrace(this, this.#clock, true, decision), inherited: context };
    }
    const localTrace = verdict.sampled ? new LocalTrace(this, this.#clock, true) : this.#unsampled;
    const decided = decidedState(traceState, verdict);
    if (decided === traceState) return { localTrace, inherited: context };
    return { localTrace, inherited: { ...context, traceState: decided } };
  }

  #startSpan(
    lineage: Lineage,
    name: string,
    kind: SpanKind,
    attributes: Attributes | undefined,
    scope: InstrumentationScope,
  ): RecordingSpan {
    const { traceId, inherited, localTrace } = lineage;
    const spanId = this.#ids.spanId();
    const { records } = localTrace;
    const flags = records ? lineage.flags | FLAG_SAMPLED : lineage.flags & ~FLAG_SAMPLED;
    let record: OpenRecord | undefined;
    if (records && this.#open.size < this.limits.openSpans) {
      record = {
        traceId,
        spanId,
        parentSpanId: lineage.parentSpanId,
        parentIsRemote: lineage.parentIsRemote,
        name,
        kind,
        startTimeMs: localTrace.now(),
        durationMs: 0,
        attributes: attributes ?? {},
        events: NO_EVENTS,
        links: NO_LINKS,
        status: STATUS_UNSET,
        resource: this.#resource,
        scope,
        traceState: inherited?.traceState?.serialize(),
        flags,
        droppedAttributesCount: 0,
        droppedEventsCount: 0,
        droppedLinksCount: 0,
      };
    }
    const span = new RecordingSpan(traceId, spanId, flags, false, inherited, localTrace, record);
    localTrace.decision?.begin(span);
    this.#started++;
    if (this.#open.size < this.limits.openSpans) this.#open.add(span);
    if (record !== undefined) this.#watch.touch();
    return span;
  }

  /** Called once by each span at its end; `record` is undefined when nothing was recorded. */
  spanEnded(span: RecordingSpan, record: OpenRecord | undefined, fate: Fate): void {
    this.#ended++;
    this.#open.delete(span);
    if (fate === 'waits') return;
    if (record !== undefined && fate === 'leaves') this.#sink.accept(record);
    else if (record !== undefined || (span.startFlags & FLAG_SAMPLED) === 0) this.#sampledOut++;
    else this.#overLimit++;
  }

  /** Called for each span that has waited: with what it recorded, or without when it is not kept. */
  release(record: OpenRecord | undefined): void {
    if (record === undefined) this.#sampledOut++;
    else this.#sink.accept(record);
  }

  /** Somebody asked to keep a trace of which nothing is recorded. */
  noteIgnoredKeep(): void {
    this.#ignoredKeeps++;
  }

  /** How often `keep()` came for nothing. */
  get ignoredKeeps(): number {
    return this.#ignoredKeeps;
  }

  /** Spans started and not ended yet, oldest first; at most `limits.openSpans`, though more may be counted. */
  openSpans(): Span[] {
    return [...this.#open];
  }

  /** How many of them are open for longer than `limits.openMs`. */
  countOverdue(): number {
    let count = 0;
    for (const _span of this.#watch.overdue()) count++;
    return count;
  }

  /** The counters, which hold the counter law at every moment. */
  stats(): Stats {
    return this.#statsOf({
      started: this.#started,
      ended: this.#ended,
      open: this.#started - this.#ended,
      waiting: this.waitingRoom.spans,
      sampledOut: this.#sampledOut,
      overLimit: this.#overLimit,
    });
  }
}
