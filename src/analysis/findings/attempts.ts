import { type AnalysedTrace, ownPathMsWithin, pathMs } from '../analysed-trace.ts';
import { hasFailed, reasonOf } from '../failures.ts';
import { describeCall, describeSpan } from '../labels.ts';
import type { Retries } from '../retries.ts';
import type { TreeNode } from '../types.ts';

/** The time that a request waited before the last attempt of a call began: the failed ones and the pauses, in milliseconds. */
export function waitedUntilLast(trace: AnalysedTrace, { caller, attempts }: Retries): number {
  const [first] = attempts;
  const last = attempts.at(-1);
  if (!first || !last || !attempts.some((attempt) => trace.path.visits.has(attempt))) return 0;
  const window = { fromMs: trace.times.startOf(first), toMs: trace.times.startOf(last) };
  const failedMs = attempts.slice(0, -1).reduce((sum, attempt) => sum + pathMs(trace, attempt), 0);
  return failedMs + ownPathMsWithin(trace, caller, window);
}

/** The start of a sentence about attempts: who called whom, how often, and why in vain. */
export function describeAttempts({ caller, attempts }: Retries): string {
  const failed = attempts.filter(hasFailed);
  const first = attempts[0] as TreeNode;
  const reason = reasonOf((failed[0] ?? first).span);
  const how = reason === '' ? '' : ` (${reason})`;
  return `${describeSpan(caller)} tried ${describeCall(first)} ${attempts.length} times, ${failed.length} failed${how}`;
}
