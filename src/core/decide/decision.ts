import { FLAG_SAMPLED } from '../../../propagation/context.ts';
import type { TraceState } from '../../../propagation/tracestate.ts';
import type { Clock } from '../clock.ts';
import { estimateBytes } from '../pipeline/record-size.ts';
import type { Attributes, OpenRecord } from '../record.ts';
import type { RecordingSpan } from '../spans/recording-span.ts';
import type { Tracer } from '../spans/tracer.ts';
import { decidedState, NO, type RequestFacts, type Verdict, YES } from './sampler.ts';

/**
 * What is to become of one local trace that its start could not decide: because rules want to see the
 * request, or because `keep` may overrule the sampler. Until then its ended spans wait here.
 *
 *     waiting ─┬─ context goes out ─┬─ sampled ───────────────▶ kept     everything leaves, flag 1
 *              │   (flag is fixed)  └─ not, `keep` may still ─▶ waiting  flag 0
 *              ├─ the local root ends, or room is needed ─────▶ kept or out
 *              └─ keep(), drop() ─────────────────────────────▶ kept, out
 *
 * What is kept although a 0 went out, or came in, is marked partial: the services that were told so have
 * nothing of it.
 */
export class Decision {
  readonly #tracer: Tracer;
  readonly #clock: Clock;
  /** The sampler's word: from the start, or when it was asked later. */
  #verdict: Verdict | undefined;
  /** The caller said no, and that is passed on whatever we keep. */
  readonly #isDenied: boolean;
  #state: 'waiting' | 'kept' | 'out' = 'waiting';
  /** The flag as it went out; undefined before. */
  #sent: boolean | undefined;
  #isPartial = false;
  #root: RecordingSpan | undefined;
  #failed = false;
  #records: OpenRecord[] = [];
  #bytes = 0;
  #writtenState: TraceState | undefined;
  #writtenFor: Verdict | undefined;
  /** What the instrumentation of the local root can tell while that is open. */
  facts: RequestFacts | undefined = undefined;

  /** `verdict` is what the start decided, undefined where it could not. */
  constructor(tracer: Tracer, clock: Clock, verdict: Verdict | undefined) {
    this.#tracer = tracer;
    this.#clock = clock;
    this.#verdict = verdict;
    this.#isDenied = verdict?.isInherited === true && !verdict.sampled;
  }

  /** For a trace that was sampled at its start, and is to be dropped. */
  static none(tracer: Tracer, clock: Clock): Decision {
    return new Decision(tracer, clock, NO);
  }

  /** Told of the local root, which is the first span. */
  begin(root: RecordingSpan): void {
    this.#root ??= root;
  }

  get records(): boolean {
    return this.#state !== 'out';
  }

  get isKept(): boolean {
    return this.#state === 'kept';
  }

  outboundFlags(flags: number): number {
    this.#sent ??= this.#decideForOthers();
    return withSampled(flags, this.#sent);
  }

  /** The flag as the caller is answered: what the sampler says, while `keep` has not spoken. Binds nobody to a 0. */
  answerFlags(flags: number): number {
    if (this.#state === 'waiting' && this.#sent === undefined && !this.#isDenied && this.#askSampler().sampled) {
      this.#keepAll();
    }
    return this.knownFlags(flags);
  }

  /** The flag for whoever only wants to look: decides nothing. */
  knownFlags(flags: number): number {
    return withSampled(flags, this.#sent ?? (this.#state === 'kept' && !this.#isPartial));
  }

  /** `state` is what came with the trace: the same for all its spans. */
  traceState(state: TraceState | undefined): TraceState | undefined {
    if (this.#verdict === undefined) return state;
    if (this.#verdict !== this.#writtenFor) {
      this.#writtenState = decidedState(state, this.#verdict);
      this.#writtenFor = this.#verdict;
    }
    return this.#writtenState;
  }

  /** The flag that goes out first goes out for good. */
  #decideForOthers(): boolean {
    if (this.#isDenied) return false;
    if (this.#state === 'waiting' && (this.#askSampler().sampled || this.#isToKeep(undefined))) this.#keepAll();
    if (this.#state === 'waiting' && this.#tracer.keepRule === undefined) this.#letGo();
    return this.#state === 'kept';
  }

  #askSampler(): Verdict {
    const root = this.#root as RecordingSpan;
    this.#verdict ??= this.#tracer.sampler.later(root, this.facts ?? factsOf(root.record), this.#clock);
    return this.#verdict;
  }

  /** `rootRecord` of a local root that has ended; without, it is open and its time so far counts. */
  #isToKeep(rootRecord: OpenRecord | undefined): boolean {
    const record = rootRecord ?? this.#root?.record;
    if (this.#tracer.keepRule === undefined) return false;
    return this.#tracer.keepRule({
      failed: this.#failed,
      durationMs: headersMsOf(record) ?? rootRecord?.durationMs ?? this.#ageMs(record),
      status: statusOf(record),
    });
  }

  #ageMs(record: OpenRecord | undefined): number {
    const now = this.#root?.localTrace?.now();
    return record === undefined || now === undefined ? 0 : now - record.startTimeMs;
  }

  ended(span: RecordingSpan, record: OpenRecord | undefined): void {
    if (record === undefined) this.#tracer.spanEnded(span, undefined, 'leaves');
    else if (this.#state === 'kept') this.#tracer.spanEnded(span, this.#stamped(record), 'leaves');
    else if (this.#state === 'out') this.#tracer.spanEnded(span, record, 'sampledOut');
    else this.#wait(span, record);
    if (span !== this.#root) return;
    this.#decide(record);
    this.facts = undefined; // an ended span may be held for long, and must not hold a request
  }

  #wait(span: RecordingSpan, record: OpenRecord): void {
    const bytes = estimateBytes(record);
    if (record.status.code === 'error') this.#failed = true;
    this.#records.push(record);
    this.#bytes += bytes;
    this.#tracer.spanEnded(span, record, 'waits');
    this.#tracer.waitingRoom.enter(this, bytes); // last: it may decide us at once
  }

  /** Decides by what is known now. */
  decideNow(): void {
    this.#decide(undefined);
  }

  #decide(rootRecord: OpenRecord | undefined): void {
    if (this.#state !== 'waiting') return;
    // What is kept for its outcome is not counted against the share of the sampler.
    if (this.#isToKeep(rootRecord)) this.#keepAll();
    else if (!this.#isDenied && this.#askForRoot(rootRecord).sampled) this.#keepAll();
    else this.#letGo();
  }

  #askForRoot(rootRecord: OpenRecord | undefined): Verdict {
    if (rootRecord !== undefined) this.facts = factsOf(rootRecord);
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
    this.#leave((record) => this.#tracer.release(this.#stamped(record)));
  }

  #letGo(): void {
    this.#state = 'out';
    this.#leave(() => this.#tracer.release(undefined));
  }

  #leave(each: (record: OpenRecord) => void): void {
    const records = this.#records;
    const bytes = this.#bytes;
    this.#records = [];
    this.#bytes = 0;
    this.#tracer.waitingRoom.leave(this, records.length, bytes);
    for (const record of records) each(record);
  }

  #stamped(record: OpenRecord): OpenRecord {
    record.flags = this.knownFlags(record.flags);
    record.traceState = this.#root?.traceState?.serialize();
    if (this.#isPartial) record.attributes = { ...record.attributes, ...PARTIAL };
    return record;
  }
}

/** Ours: a trace of which other services were told not to keep anything. */
const PARTIAL: Attributes = Object.freeze({ 'throughline.partial': true });

function withSampled(flags: number, isSampled: boolean): number {
  return isSampled ? flags | FLAG_SAMPLED : flags & ~FLAG_SAMPLED;
}

/** A local root that nobody speaks for says what its attributes say. */
function factsOf(record: OpenRecord | undefined): RequestFacts {
  return { method: textOf(record, 'http.request.method'), route: textOf(record, 'http.route') };
}

function textOf(record: OpenRecord | undefined, key: string): string | undefined {
  const value = record?.attributes[key];
  return typeof value === 'string' ? value : undefined;
}

/** A stream lasts as long as somebody listens: its latency is what its instrumentation says. */
function headersMsOf(record: OpenRecord | undefined): number | undefined {
  return numberOf(record, 'throughline.headers_ms');
}

function statusOf(record: OpenRecord | undefined): number | undefined {
  return numberOf(record, 'http.response.status_code');
}

function numberOf(record: OpenRecord | undefined, key: string): number | undefined {
  const value = record?.attributes[key];
  return typeof value === 'number' ? value : undefined;
}
