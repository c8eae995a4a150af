import type { Baggage } from '../../../propagation/baggage.ts';
import { FLAG_SAMPLED, type Propagator, type RemoteContext } from '../../../propagation/context.ts';
import type { Destination } from '../../../propagation/destination.ts';
import { type Clock, systemClock, timeInputMs } from '../clock.ts';
import { Decider } from '../decide/decider.ts';
import { Ledger } from '../decide/ledger.ts';
import { WaitingRoom } from '../decide/waiting-room.ts';
import { bounded, type Limits, NAME_LENGTH } from '../limits.ts';
import { RequestMetrics } from '../metrics/request-metrics.ts';
import { redactingSink } from '../pipeline/redacting-sink.ts';
import { type SpanCounts, type SpanSink, type Stats, statsOf } from '../pipeline/stats.ts';
import type { Attributes, InstrumentationScope, OpenRecord, Resource, SpanKind } from '../record.ts';
import type { Redaction } from '../redaction.ts';
import { requestOf } from '../scope/request-scope.ts';
import { activeScope, type Scope } from '../scope/scope.ts';
import type { Config } from '../settings/config.ts';
import type { SpanOptions, SpanParent, SpanStarter } from '../span.ts';
import { baggageOf } from './given-context.ts';
import { type IdGenerator, idGenerator } from './ids.ts';
import { type Lineage, Lineages } from './lineage.ts';
import { type Caller, locationOf } from './location.ts';
import { NO_ATTRIBUTES, NO_EVENTS, NO_LINKS, STATUS_UNSET } from './open-record.ts';
import { passOn, passThrough } from './pass-through.ts';
import { isRecordingSpan, RecordingSpan } from './recording-span.ts';
import { lookAtOptions, spanKind } from './span-options.ts';

/** Everything a tracer needs beside its configuration. */
export interface TracerParts {
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  /** Default: random ids. */
  readonly ids?: IdGenerator | undefined;
  /** Takes the finished spans that are kept. */
  readonly sink: SpanSink;
  /** The whole books, from this tracer's counts on. Default: whatever `sink` was given has arrived. */
  readonly statsOf?: (counts: SpanCounts) => Stats;
}

const NO_OPTIONS: SpanOptions = Object.freeze({});

/** The instrumentation scope of spans that the app starts itself. */
const APP_SCOPE: InstrumentationScope = Object.freeze({ name: 'throughline' });

/** Starts spans. One a process, but for tests. */
export class Tracer implements SpanStarter {
  readonly enabled: boolean;
  readonly limits: Limits;
  readonly propagator: Propagator;
  readonly propagateTo: (url: URL) => Destination;
  readonly redaction: Redaction;
  /** Undefined where nothing is counted. */
  readonly requests: RequestMetrics | undefined;
  /** The books of its spans. */
  readonly ledger: Ledger;
  /** Of traces that are not decided yet. */
  readonly waitingRoom: WaitingRoom;
  readonly #lineages: Lineages;
  readonly #location: boolean;
  readonly #baggageAttributes: readonly string[];
  readonly #resource: Resource;
  readonly #ids: IdGenerator;
  readonly #statsOf: (counts: SpanCounts) => Stats;

  constructor(config: Config, { clock = systemClock(), ids = idGenerator(), ...to }: TracerParts) {
    const { limits, redaction } = config;
    this.enabled = config.enabled;
    this.limits = limits;
    this.propagator = config.propagator;
    this.propagateTo = config.propagateTo;
    this.redaction = redaction;
    this.requests = config.enabled && config.metrics ? new RequestMetrics(clock) : undefined;
    this.ledger = new Ledger(redactedSink(to.sink, redaction, limits), limits);
    this.waitingRoom = new WaitingRoom(limits.queueBytes);
    const decider = new Decider(config, this.ledger, this.waitingRoom, clock, this);
    this.#lineages = new Lineages(this, ids, decider, config.randomFlag);
    this.#location = config.location;
    this.#baggageAttributes = config.baggageAttributes;
    this.#resource = config.resource;
    this.#ids = ids;
    this.#statsOf = to.statsOf ?? statsOf;
  }

  /**
   * Starts a span of the app's own, under `parent` (default: as the options say, else the active span).
   * `caller` is the public function that the app called to start it, `scope` where it did (default: the
   * active one). Throws what hostile options throw.
   */
  startSpan(
    name: string,
    options?: SpanOptions,
    caller?: Caller,
    parent: SpanParent = options?.parent === undefined ? activeScope().span : options.parent,
    scope?: Scope,
  ): RecordingSpan {
    if (options !== undefined) lookAtOptions(name, options);
    // All options are read before the span starts: one that throws must not leave a span open.
    const { kind, attributes, links, startTime } = options ?? NO_OPTIONS;
    const span = this.start(bounded(String(name), NAME_LENGTH), spanKind(kind), NO_ATTRIBUTES, parent, APP_SCOPE);
    if (startTime !== undefined && span.record !== undefined) {
      span.record.startTimeMs = timeInputMs(startTime) ?? span.record.startTimeMs;
    }
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
    if (!this.enabled || this.#isSilenced(parent)) return passOn(parent, this.#ids);
    if (parent === undefined) this.ledger.noteRoot();
    const lineage = parent ? this.#lineages.under(parent) : this.#lineages.root(undefined);
    return this.#startSpan(lineage, name, kind, attributes, scope);
  }

  /** Nothing is recorded of a request that is ignored, but for what is started under a span by hand. */
  #isSilenced(parent: SpanParent): boolean {
    if (isRecordingSpan(parent) && parent.localTrace !== undefined) return false;
    return requestOf(activeScope())?.isSilent === true;
  }

  /** Starts the local root of a request that another process sent, continuing the trace it sent, if any. */
  startRemote(
    name: string,
    kind: SpanKind,
    remote: RemoteContext | undefined,
    scope: InstrumentationScope,
  ): RecordingSpan {
    return this.#startSpan(this.#lineages.root(remote), name, kind, undefined, scope);
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

  /** The counters, which hold the counter law at every moment. */
  stats(): Stats {
    return this.#statsOf(this.ledger.counts());
  }

  #startSpan(
    lineage: Lineage,
    name: string,
    kind: SpanKind,
    attributes: Attributes | undefined,
    scope: InstrumentationScope,
  ): RecordingSpan {
    const { traceId, carried, localTrace } = lineage;
    const spanId = this.#ids.spanId();
    const { records } = localTrace;
    const flags = records ? lineage.flags | FLAG_SAMPLED : lineage.flags & ~FLAG_SAMPLED;
    let record: OpenRecord | undefined;
    if (records && this.ledger.hasRoom) {
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
        traceState: carried?.traceState?.serialize(),
        flags,
        droppedAttributesCount: 0,
        droppedEventsCount: 0,
        droppedLinksCount: 0,
      };
    }
    const span = new RecordingSpan(traceId, spanId, flags, carried, localTrace, record);
    localTrace.began(span);
    return span;
  }
}

/** A sink before which the app is asked about its attributes. */
function redactedSink(sink: SpanSink, { attributes }: Redaction, { attributeLength }: Limits): SpanSink {
  return attributes === undefined ? sink : redactingSink(sink, attributes, attributeLength);
}
