import type { TraceState } from '../../../propagation/tracestate.ts';
import type { Clock } from '../clock.ts';
import type { SpanStarter } from '../span.ts';
import { Decision, type DecisionRules } from './decision.ts';
import type { Ledger } from './ledger.ts';
import { LocalTrace } from './local-trace.ts';
import { decidedState, type TraceIdentity } from './sampler.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** A local trace that begins, and the `tracestate` that its spans pass on. */
export interface BegunTrace {
  readonly localTrace: LocalTrace;
  readonly traceState: TraceState | undefined;
}

/**
 * Begins local traces, and decides about each as early as it is possible: where its start cannot, ended
 * spans wait in it.
 */
export class Decider {
  readonly #rules: DecisionRules;
  readonly #ledger: Ledger;
  readonly #waitingRoom: WaitingRoom;
  readonly #clock: Clock;
  readonly #starter: SpanStarter;
  /** Shared by everything that is not sampled: such spans need no clock. */
  readonly #unsampled: LocalTrace;

  /** `starter` starts the spans. */
  constructor(rules: DecisionRules, ledger: Ledger, waitingRoom: WaitingRoom, clock: Clock, starter: SpanStarter) {
    this.#rules = rules;
    this.#ledger = ledger;
    this.#waitingRoom = waitingRoom;
    this.#clock = clock;
    this.#starter = starter;
    this.#unsampled = new LocalTrace(starter, ledger, clock, false);
  }

  /** `parentSampled` is undefined for a root, and for a caller that left the decision to us. */
  begin(trace: TraceIdentity, parentSampled: boolean | undefined): BegunTrace {
    const { traceState } = trace;
    const verdict = this.#rules.sampler.atStart(trace, parentSampled, this.#clock);
    if (verdict === undefined || (this.#rules.keepRule !== undefined && !verdict.sampled)) {
      const decision = new Decision(this.#rules, this.#ledger, this.#waitingRoom, this.#clock, trace, verdict);
      return { localTrace: this.#localTrace(decision), traceState };
    }
    const localTrace = verdict.sampled ? this.#localTrace(undefined) : this.#unsampled;
    return { localTrace, traceState: decidedState(traceState, verdict) };
  }

  #localTrace(decision: Decision | undefined): LocalTrace {
    return new LocalTrace(this.#starter, this.#ledger, this.#clock, true, decision);
  }
}
