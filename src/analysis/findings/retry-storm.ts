import { type AnalysedTrace, findingOf, milliseconds } from '../analysed-trace.ts';
import { hasFailed } from '../failures.ts';
import type { Finding } from '../finding.ts';
import { describeCall } from '../labels.ts';
import type { TreeNode } from '../types.ts';
import { describeAttempts, waitedUntilLast } from './attempts.ts';

const LEAST_FAILURES = 3;

/** One call that one caller tried again and again in vain, before the last attempt. */
export function findRetryStorms(trace: AnalysedTrace): Finding[] {
  return trace.retries.flatMap((retries) => {
    const { attempts } = retries;
    if (attempts.filter(hasFailed).length < LEAST_FAILURES) return [];
    const savingMs = waitedUntilLast(trace, retries);
    if (savingMs < trace.leastSavingMs) return [];
    const message = `${describeAttempts(retries)}: ${milliseconds(savingMs)} passed before the last attempt`;
    const first = attempts[0] as TreeNode;
    return [findingOf('retry-storm', first, attempts, savingMs, message, describeCall(first))];
  });
}
