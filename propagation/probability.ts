import { characterClass, DIGITS, isRunOf } from './characters.ts';
import type { TraceId } from './context.ts';
import { TraceState } from './tracestate.ts';

/** Hex digits of a 56-bit number: what of a trace id is random (W3C Trace Context Level 2, 3.2.2.5.2). */
export const RANDOM_DIGITS = 14;

/** OpenTelemetry's member of `tracestate`: `ot=th:e666;rv:0123456789abcd`, pairs in any order (TraceState Handling). */
const MEMBER = 'ot';
const HEX = characterClass(`${DIGITS}abcdef`);

/**
 * The number that a probability is held against, as 14 hex digits: `rv` where the trace brings one,
 * else the right-most 7 bytes of its id (OpenTelemetry, TraceState: Probability Sampling). Digits of
 * equal length compare as numbers do.
 */
export function randomnessOf(traceId: TraceId, traceState: TraceState | undefined): string {
  const explicit = traceState === undefined ? undefined : fieldOf(traceState.get(MEMBER), 'rv');
  return explicit !== undefined && isHex(explicit, RANDOM_DIGITS) ? explicit : traceId.slice(-RANDOM_DIGITS);
}

/**
 * `traceState` with another `th`, the threshold below which traces were left out: a sampler that decides
 * for itself must say so, or whoever extrapolates counts by another's probability. `undefined` takes it
 * out: the share is not known. All else in the member stays; `rv` is never erased.
 *
 * @example
 * withThreshold(TraceState.parse('ot=th:0;rv:0123456789abcd'), 'c'); // ot=th:c;rv:0123456789abcd
 */
export function withThreshold(
  traceState: TraceState | undefined,
  threshold: string | undefined,
): TraceState | undefined {
  const member = traceState?.get(MEMBER);
  const others = member === undefined ? [] : member.split(';').filter((field) => !field.startsWith('th:'));
  if (threshold !== undefined)
    return (traceState ?? TraceState.empty).set(MEMBER, [`th:${threshold}`, ...others].join(';'));
  if (traceState === undefined || member === undefined || !member.split(';').some((field) => field.startsWith('th:')))
    return traceState;
  return others.length === 0 ? traceState.unset(MEMBER) : traceState.set(MEMBER, others.join(';'));
}

/** True when the trace says what share of its kind was kept. */
export function hasThreshold(traceState: TraceState | undefined): boolean {
  return fieldOf(traceState?.get(MEMBER), 'th') !== undefined;
}

function fieldOf(member: string | undefined, key: string): string | undefined {
  const prefix = `${key}:`;
  return member
    ?.split(';') // a member has 256 characters at most
    .find((field) => field.startsWith(prefix))
    ?.slice(prefix.length);
}

function isHex(text: string, length: number): boolean {
  return text.length === length && isRunOf(text, HEX);
}
