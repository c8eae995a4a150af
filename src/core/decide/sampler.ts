import type { RemoteContext, SpanContext } from '../../../propagation/context.ts';
import { hasThreshold, RANDOM_DIGITS, randomnessOf, withThreshold } from '../../../propagation/probability.ts';
import { TraceState } from '../../../propagation/tracestate.ts';
import type { Clock } from '../clock.ts';

/** A trace as the one who decides about it sees it. */
export type TraceIdentity = Pick<RemoteContext, 'traceState'> & Pick<SpanContext, 'traceId'>;

/** The local root as it is known at the moment it is asked about. */
export interface RequestFacts {
  /** As the conventions know it: `GET`, or `_OTHER`. */
  readonly method: string | undefined;
  /** The template of the matched route; undefined while none has matched. */
  readonly route: string | undefined;
  /** Lasts as long as somebody listens, which is no latency. */
  readonly isStream?: boolean;
}

/** One decision, and the share of traces that it keeps of such. Shared: decisions are not made anew for each trace. */
export interface Verdict {
  readonly sampled: boolean;
  /** The caller decided: what it says about shares stays. */
  readonly isInherited: boolean;
  /** The rejection threshold as OpenTelemetry's `th` has it; undefined when no share is known. */
  readonly threshold: string | undefined;
  /** The `tracestate` that goes on where the trace brought none. */
  readonly traceState: TraceState | undefined;
}

/** Decides about a trace that nobody decided about. */
export interface RootSampler {
  /** The decision that takes no more than ids; undefined when the request has to be seen. */
  atStart(trace: TraceIdentity, clock: Clock): Verdict | undefined;
  /** The decision with what is known by now. */
  later(trace: TraceIdentity, facts: RequestFacts, clock: Clock): Verdict;
}

/** Decides by the parent first (unless it ignores parents), then by the root's own sampler. */
export interface Sampler {
  /** `parentSampled` is undefined for a root and for a caller that deferred the decision. */
  atStart(trace: TraceIdentity, parentSampled: boolean | undefined, clock: Clock): Verdict | undefined;
  later(trace: TraceIdentity, facts: RequestFacts, clock: Clock): Verdict;
}

const FOLLOW_YES: Verdict = Object.freeze(inherited(true));
const FOLLOW_NO: Verdict = Object.freeze(inherited(false));
/** Left out by our own decision. */
export const NO: Verdict = Object.freeze(decided(false, undefined));
/** Kept, but nobody knows how many others were not. */
export const YES: Verdict = Object.freeze(decided(true, undefined));
const ALL: Verdict = Object.freeze({ ...decided(true, '0'), traceState: undefined }); // the default goes without saying

function inherited(sampled: boolean): Verdict {
  return { sampled, isInherited: true, threshold: undefined, traceState: undefined };
}

function decided(sampled: boolean, threshold: string | undefined): Verdict {
  const traceState = threshold === undefined ? undefined : withThreshold(TraceState.empty, threshold);
  return { sampled, isInherited: false, threshold, traceState };
}

/**
 * Keeps `ratio` (0 to 1) of all traces, by 56 random bits that all services see alike: R ≥ T keeps, with
 * T = (1 - ratio) · 2^56, as OpenTelemetry's consistent probability sampling has it. Two services with
 * the same ratio keep the same traces; one with a higher ratio keeps a superset.
 */
export function ratioSampler(ratio: number): RootSampler {
  if (ratio >= 1) return always(ALL);
  if (ratio <= 0) return always(NO);
  const threshold = thresholdOf(ratio);
  const yes = Object.freeze(decided(true, threshold.replace(/0+$/, '') || '0'));
  // Digits of equal length compare as numbers do, so nothing is parsed per trace.
  const decide = (trace: TraceIdentity): Verdict =>
    randomnessOf(trace.traceId, trace.traceState) >= threshold ? yes : NO;
  return { atStart: decide, later: decide };
}

function always(verdict: Verdict): RootSampler {
  return { atStart: () => verdict, later: () => verdict };
}

/** (1 - ratio) · 2^56 as 14 hex digits, computed in two halves: 2^56 is beyond exact doubles. */
function thresholdOf(ratio: number): string {
  const scaled = (1 - ratio) * 2 ** 28;
  const high = Math.floor(scaled);
  const low = Math.floor((scaled - high) * 2 ** 28);
  const half = RANDOM_DIGITS / 2;
  return high.toString(16).padStart(half, '0') + low.toString(16).padStart(half, '0');
}

/** A sampler that follows the caller's decision, and asks `root` where there is none. */
export function parentBased(root: RootSampler): Sampler {
  return {
    atStart(trace, parentSampled, clock) {
      if (parentSampled !== undefined) return parentSampled ? FOLLOW_YES : FOLLOW_NO;
      return root.atStart(trace, clock);
    },
    later: root.later,
  };
}

/** A sampler that decides alike for every span of a trace, whatever the caller decided. */
export function ignoringParent(root: RootSampler): Sampler {
  return { atStart: (trace, _parentSampled, clock) => root.atStart(trace, clock), later: root.later };
}

/** The `tracestate` that goes on after `verdict`. */
export function decidedState(traceState: TraceState | undefined, verdict: Verdict): TraceState | undefined {
  if (verdict.isInherited) return traceState;
  if (traceState === undefined) return verdict.traceState;
  if (verdict === ALL && !hasThreshold(traceState)) return traceState;
  return withThreshold(traceState, verdict.sampled ? verdict.threshold : undefined);
}
