import { type AnalysedTrace, findingOf, milliseconds, pathMs } from '../analysed-trace.ts';
import type { Finding } from '../finding.ts';
import { describeCall, describeSpan } from '../labels.ts';
import { startsAfter } from '../retries.ts';
import { durationOf } from '../times.ts';
import type { TreeNode } from '../types.ts';
import { equivalentCalls } from './equivalent-calls.ts';

const LEAST_CALLS = 4;

/** A straggler takes this many times as long as the middle one of its group. */
const SLOWER = 3;

/** One of several equivalent calls side by side that took far longer than the others, and was waited for. */
export function findStragglers(trace: AnalysedTrace): Finding[] {
  const findings: Finding[] = [];
  for (const parent of trace.nodes) {
    for (const calls of equivalentCalls(trace, parent, LEAST_CALLS)) {
      for (const group of sideBySide(trace, calls)) findings.push(...slowest(trace, parent, group));
    }
  }
  return findings;
}

/** Calls that overlap, directly or by way of others. */
function sideBySide({ times }: AnalysedTrace, calls: readonly TreeNode[]): TreeNode[][] {
  const groups: TreeNode[][] = [];
  let lastToEnd: TreeNode | undefined;
  for (const call of [...calls].sort((a, b) => times.startOf(a) - times.startOf(b))) {
    if (!lastToEnd || startsAfter(call, lastToEnd, times)) groups.push([call]);
    else groups.at(-1)?.push(call);
    if (!lastToEnd || times.endOf(call) > times.endOf(lastToEnd)) lastToEnd = call;
  }
  return groups.filter(({ length }) => length >= LEAST_CALLS);
}

function slowest(trace: AnalysedTrace, parent: TreeNode, group: readonly TreeNode[]): Finding[] {
  const medianMs = median(group.map(durationOf));
  return group.flatMap((call) => {
    if (durationOf(call) < SLOWER * medianMs) return [];
    const savingMs = Math.min(durationOf(call) - medianMs, pathMs(trace, call));
    if (savingMs < trace.leastSavingMs) return [];
    const message =
      `${describeSpan(parent)} waits for one of ${group.length} equal calls: ${describeCall(call)} took ` +
      `${milliseconds(durationOf(call))}, half of them ${milliseconds(medianMs)} or less`;
    return [
      findingOf(
        'straggler',
        call,
        [call, ...group.filter((other) => other !== call)],
        savingMs,
        message,
        describeCall(call),
      ),
    ];
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}
