import type { TraceId } from '../../propagation/context.ts';

/** Decides about a trace that nobody decided about: true keeps it. Consistent by trace id across services. */
export type RootSampler = (traceId: TraceId) => boolean;

/** What decides: parent first (unless `parentBased` is false), then the ratio. */
export interface Sampler {
  /** `parentSampled` is undefined for a root and for a caller that deferred the decision. */
  sample(traceId: TraceId, parentSampled: boolean | undefined): boolean;
}

/** Hex digits of the 56 random bits at the end of a trace id (W3C Trace Context Level 2, 3.2.2.5.2). */
const RANDOM_DIGITS = 14;

/**
 * Keeps `ratio` (0 to 1) of all traces, by the right-most 56 bits of the trace id: R ≥ T keeps, with
 * T = (1 - ratio) · 2^56, as OpenTelemetry's consistent probability sampling has it. Two services with
 * the same ratio keep the same traces; one with a higher ratio keeps a superset.
 */
export function ratioSampler(ratio: number): RootSampler {
  if (ratio >= 1) return () => true;
  if (ratio <= 0) return () => false;
  // (1 - ratio) · 2^56 is computed in two halves: 2^56 is beyond exact doubles.
  const scaled = (1 - ratio) * 2 ** 28;
  const high = Math.floor(scaled);
  const low = Math.floor((scaled - high) * 2 ** 28);
  const threshold = high.toString(16).padStart(7, '0') + low.toString(16).padStart(7, '0');
  // Digits of equal length compare as numbers do, so nothing is parsed per trace.
  return (traceId) => traceId.slice(-RANDOM_DIGITS) >= threshold;
}

/** A sampler that follows the caller's decision, and asks `root` where there is none. */
export function parentBased(root: RootSampler): Sampler {
  return { sample: (traceId, parentSampled) => parentSampled ?? root(traceId) };
}

/** A sampler that decides alike for every span of a trace, whatever the caller decided. */
export function ignoringParent(root: RootSampler): Sampler {
  return { sample: (traceId) => root(traceId) };
}
