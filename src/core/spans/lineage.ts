import {
  FLAG_RANDOM,
  FLAG_SAMPLED,
  type RemoteContext,
  type SpanContext,
  type SpanId,
  type TraceId,
} from '../../../propagation/context.ts';
import type { Decider } from '../decide/decider.ts';
import type { LocalTrace } from '../decide/local-trace.ts';
import type { SpanContextInput } from '../record.ts';
import type { Span, SpanStarter } from '../span.ts';
import {
  type CarriedFields,
  checkedContext,
  checkedRemote,
  contextOf,
  isRemoteContext,
  remoteOf,
} from './given-context.ts';
import type { IdGenerator } from './ids.ts';
import { isPassedOn } from './pass-through.ts';
import { isRecordingSpan } from './recording-span.ts';

/** The place of a new span: all that is decided before its record is made. */
export interface Lineage {
  readonly traceId: TraceId;
  readonly parentSpanId: SpanId | undefined;
  readonly parentIsRemote: boolean;
  readonly flags: number;
  readonly carried: CarriedFields | undefined;
  readonly localTrace: LocalTrace;
}

/** Finds the place of a new span of one tracer. */
export class Lineages {
  readonly #starter: SpanStarter;
  readonly #ids: IdGenerator;
  readonly #decider: Decider;
  readonly #randomFlag: boolean;

  constructor(starter: SpanStarter, ids: IdGenerator, decider: Decider, randomFlag: boolean) {
    this.#starter = starter;
    this.#ids = ids;
    this.#decider = decider;
    this.#randomFlag = randomFlag;
  }

  /** Under `parent`, of whatever make; a root where it names no span. */
  under(parent: Span | SpanContextInput | RemoteContext): Lineage {
    if (isRecordingSpan(parent) && parent.localTrace?.starter === this.#starter) {
      const { traceId, spanId, startFlags, localTrace } = parent; // its context would be a decision
      return { traceId, parentSpanId: spanId, parentIsRemote: false, flags: startFlags, carried: parent, localTrace };
    }
    if (isPassedOn(parent)) return this.root(remoteOf(parent.spanContext()));
    if (isRemoteContext(parent)) return this.root(checkedRemote(parent));
    const context = checkedContext(contextOf(parent));
    if (context === undefined) return this.root(undefined);
    const { traceId, spanId, traceFlags } = context;
    const { localTrace, carried } = this.#localRoot(traceId, (traceFlags & FLAG_SAMPLED) !== 0, context);
    const flags = traceFlags & FLAG_RANDOM;
    return { traceId, parentSpanId: spanId, parentIsRemote: context.isRemote === true, flags, carried, localTrace };
  }

  /** A local root: of a new trace, or of the one that `remote` names. */
  root(remote: RemoteContext | undefined): Lineage {
    const traceId = remote?.traceId ?? this.#ids.traceId();
    const random = remote?.traceId === undefined ? this.#randomFlag : remote.random; // a caller's flag is copied
    const { localTrace, carried } = this.#localRoot(traceId, remote?.debug === true ? true : remote?.sampled, remote);
    return {
      traceId,
      parentSpanId: remote?.traceId === undefined ? undefined : remote.spanId,
      parentIsRemote: remote?.spanId !== undefined,
      flags: random ? FLAG_RANDOM : 0,
      carried,
      localTrace,
    };
  }

  #localRoot(
    traceId: TraceId,
    parentSampled: boolean | undefined,
    context: RemoteContext | SpanContext | undefined,
  ): Pick<Lineage, 'localTrace' | 'carried'> {
    const begun = this.#decider.begin({ traceId, traceState: context?.traceState }, parentSampled);
    const { localTrace, traceState } = begun;
    return { localTrace, carried: traceState === context?.traceState ? context : { ...context, traceState } };
  }
}
