import { FLAG_SAMPLED } from '../../../propagation/context.ts';
import type { TraceState } from '../../../propagation/tracestate.ts';
import type { Clock } from '../clock.ts';
import { estimateBytes } from '../pipeline/record-size.ts';
import type { Attributes, OpenRecord } from '../record.ts';
import type { KeepRule } from './keep-rule.ts';
import type { Ledger } from './ledger.ts';
import { factsOf, headersMsOf, statusOf } from './root-facts.ts';
import {
  decidedState,
  NO,
  parentBased,
  type RequestFacts,
  ratioSampler,
  type Sampler,
  type TraceIdentity,
  type Verdict,
  YES,
} from './sampler.ts';
import { type Undecided, WaitingRoom } from './waiting-room.ts';

/** The rules of a tracer: its sampler, and a word on what is kept whatever that says. */
export interface DecisionRules {
  readonly sampler: Sampler;
  /** Undefined: nothing. */
  readonly keepRule: KeepRule | undefined;
}

/** An ended span that waits, with its estimated size: it is looked at once. */
interface WaitingRecord {
  readonly record: OpenRecord;
  readonly bytes: number;
}

/**
 * The fate of one local trace that its start could not decide: because rules want to see the
 * request, or because `keep` may overrule the sampler. Until then its ended spans wait here.
 *
 *     waiting ─┬─ context goes out ─┬─ sampled ───────────────▶ kept     everything leaves, flag 1
 *              │   (flag is fixed)  └─ not, `keep` may still ─▶ waiting  flag 0
 *              ├─ the local root ends, or room is needed ─────▶ kept or out
 *              └─ keep(), drop() ─────────────────────────────▶ kept, out
 *
 * A trace that is kept although a 0 went out, or came in, is marked partial: the services that were told so
 * have nothing of it.
 */
export class Decision implements Undecided {
  readonly #rules: DecisionRules;
  readonly #ledger: Ledger;
  readonly #waitingRoom: WaitingRoom;
  readonly #clock: Clock;
  readonly #identity: TraceIdentity;
  /** The sampler's word: from the start, or when it was asked later. */
  #verdict: Verdict | undefined;
  /** The caller said no, and that is passed on whatever we keep. */
  readonly #isDenied: boolean;
  #state: 'waiting' | 'kept' | 'out';
  /** The flag as it went out; undefined before. */
  #sent: boolean | undefined;
  #isPartial: boolean;
  /** The record of the local root while that is open. */
  #rootRecord: OpenRecord | undefined;
  /** A reading of the monotonic clock at its start. */
  #startedMs: number;
  #failed: boolean;
  #waiting: WaitingRecord[];
  #writtenState: TraceState | undefined;
  #writtenFor: Verdict | undefined;
  /** The request, as the instrumentation of the local root tells of it while that is open. */
  facts: RequestFacts | undefined;

  /** `identity` is what the trace began with, `verdict` what its start decided, undefined where it could not. */
  constructor(
    rules: DecisionRules,
    ledger: Ledger,
    waitingRoom: WaitingRoom,
    clock: Clock,
    identity: TraceIdentity,
    verdict: Verdict | undefined,
  ) {
    this.#rules = rules;
    this.#ledger = ledger;
    this.#waitingRoom = waitingRoom;
    this.#clock = clock;
    this.#identity = identity;
    this.#verdict = verdict;
    this.#isDenied = verdict?.isInherited === true && !verdict.sampled;
    this.#state = 'waiting';
    this.#sent = undefined;
    this.#isPartial = false;
    this.#rootRecord = undefined;
    this.#startedMs = 0;
    this.#failed = false;
    this.#waiting = [];
    this.#writtenState = undefined;
    this.#writtenFor = undefined;
    this.facts = undefined;
  }

  /** For a trace that was sampled at its start, and is to be dropped: nothing of it waits any more. */
  static toDrop(ledger: Ledger, clock: Clock, identity: TraceIdentity): Decision {
    return new Decision(DROP_ALL, ledger, NO_ROOM, clock, identity, NO);
  }

  /** The local root was started; `record` is undefined where nothing of it is recorded. */
  begin(record: OpenRecord | undefined): void {
    this.#rootRecord = record;
    this.#startedMs = this.#clock.monotonicMs();
  }

  get records(): boolean {
    return this.#state !== 'out';
  }

  get isKept(): boolean {
    return this.#state === 'kept';
  }

  /** Decides, if that is still to be done, and gives the flags for whoever is called. */
  decideFlags(flags: number): number {
    this.#sent ??= this.#decideForOthers();
    return withSampled(flags, this.#sent);
  }

  /** Asks the sampler, and gives the flags for an answer to the caller: `keep` may still speak, so it binds nobody to a 0. */
  decideAnswerFlags(flags: number): number {
    if (this.#state === 'waiting' && this.#sent === undefined && !this.#isDenied && this.#askSampler().sampled) {
      this.#keepAll();
    }
    return this.flagsSoFar(flags);
  }

  /** The flags for whoever only wants to look: decides nothing. */
  flagsSoFar(flags: number): number {
    return withSampled(flags, this.#sent ?? (this.#state === 'kept' && !this.#isPartial));
  }

  /** The `tracestate` that goes on, as far as it is decided. */
  get traceState(): TraceState | undefined {
    const { traceState } = this.#identity;
    if (this.#verdict === undefined) return traceState;
    if (this.#verdict !== this.#writtenFor) {
      this.#writtenState = decidedState(traceState, this.#verdict);
      this.#writtenFor = this.#verdict;
    }
    return this.#writtenState;
  }

  /** The flag that goes out first goes out for good. */
  #decideForOthers(): boolean {
    if (this.#isDenied) return false;
    if (this.#state === 'waiting' && (this.#askSampler().sampled || this.#isToKeep(undefined))) this.#keepAll();
    if (this.#state === 'waiting' && this.#rules.keepRule === undefined) this.#letGo();
    return this.#state === 'kept';
  }

  #askSampler(): Verdict {
    if (this.#verdict === undefined) {
      const facts = this.facts ?? factsOf(this.#rootRecord);
      this.#verdict = this.#rules.sampler.later(this.#identity, facts, this.#clock);
    }
    return this.#verdict;
  }

  /** `ended` is the record of a local root that has ended; without, it is open and its time so far counts. */
  #isToKeep(ended: OpenRecord | undefined): boolean {
    const { keepRule } = this.#rules;
    if (keepRule === undefined) return false;
    const record = ended ?? this.#rootRecord;
    return keepRule({
      failed: this.#failed,
      durationMs: headersMsOf(record) ?? (this.facts?.isStream === true ? 0 : (ended?.durationMs ?? this.#ageMs())),
      status: statusOf(record),
    });
  }

  #ageMs(): number {
    return this.#rootRecord === undefined ? 0 : this.#clock.monotonicMs() - this.#startedMs;
  }

  /** Takes the record of a span that has ended. */
  ended(record: OpenRecord): void {
    if (this.#state === 'kept') this.#ledger.leave(this.#stamped(record));
    else if (this.#state === 'out') this.#ledger.leaveOut();
    else this.#wait(record);
  }

  /** The local root has ended, and its record was taken, if there is any: nothing more will be known. */
  rootEnded(record: OpenRecord | undefined): void {
    this.#decide(record);
    this.#rootRecord = undefined;
    this.facts = undefined; // an ended span may be held for long, and must not hold a request
  }

  #wait(record: OpenRecord): void {
    const bytes = estimateBytes(record);
    if (record.status.code === 'error') this.#failed = true;
    this.#waiting.push({ record, bytes });
    this.#ledger.wait();
    this.#waitingRoom.enter(this, bytes); // last: it may decide us at once
  }

  /** Decides by what is known now. */
  decideNow(): void {
    this.#decide(undefined);
  }

  #decide(ended: OpenRecord | undefined): void {
    if (this.#state !== 'waiting') return;
    // What is kept for its outcome is not counted against the share of the sampler.
    if (this.#isToKeep(ended)) this.#keepAll();
    else if (!this.#isDenied && this.#askForRoot(ended).sampled) this.#keepAll();
    else this.#letGo();
  }

  #askForRoot(ended: OpenRecord | undefined): Verdict {
    if (ended !== undefined) this.facts = factsOf(ended);
    return this.#askSampler();
  }

  keep(): void {
    if (this.#state === 'waiting') this.#keepAll();
  }

  drop(): void {
    this.#letGo();
    this.#sent = false;
  }

  #keepAll(): void {
    this.#state = 'kept';
    this.#isPartial = this.#isDenied || this.#sent === false;
    // Kept for another reason than a share of all: nobody may extrapolate from it.
    if (this.#verdict?.sampled !== true && !this.#isPartial) this.#verdict = YES;
    for (const { record, bytes } of this.#leaveRoom()) this.#ledger.release(this.#stamped(record), bytes);
  }

  #letGo(): void {
    this.#state = 'out';
    this.#ledger.releaseNone(this.#leaveRoom().length);
  }

  #leaveRoom(): readonly WaitingRecord[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    let bytes = 0;
    for (const each of waiting) bytes += each.bytes;
    this.#waitingRoom.leave(this, bytes);
    return waiting;
  }

  #stamped(record: OpenRecord): OpenRecord {
    record.flags = this.flagsSoFar(record.flags);
    record.traceState = this.traceState?.serialize();
    if (this.#isPartial) record.attributes = { ...record.attributes, ...PARTIAL };
    return record;
  }
}

const DROP_ALL: DecisionRules = { sampler: parentBased(ratioSampler(0)), keepRule: undefined };
const NO_ROOM = new WaitingRoom(0);

/** Ours: a trace of which other services were told not to keep anything. */
const PARTIAL: Attributes = Object.freeze({ 'throughline.partial': true });

function withSampled(flags: number, isSampled: boolean): number {
  return isSampled ? flags | FLAG_SAMPLED : flags & ~FLAG_SAMPLED;
}
