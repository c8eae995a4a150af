import { type AnalysedTrace, findingOf, milliseconds, pathMs } from '../analysed-trace.ts';
import type { Finding } from '../finding.ts';
import { describeCall, describeSpan } from '../labels.ts';
import { startsAfter } from '../retries.ts';
import type { TreeNode } from '../types.ts';
import { equivalentCalls } from './equivalent-calls.ts';

/** From so many on, calls one after another are a loop that could be one call. */
export const LEAST_CALLS = 5;

/** Equivalent calls of one parent, one after another, where one call could have asked for all. */
export function findNPlusOne(trace: AnalysedTrace): Finding[] {
  const findings: Finding[] = [];
  for (const parent of trace.nodes) {
    for (const calls of equivalentCalls(trace, parent, LEAST_CALLS)) {
      const chain = withoutOverlap(trace, calls);
      const [first] = chain;
      if (!first || chain.length < LEAST_CALLS) continue;
      const savingMs = allButTheLongest(chain.map((call) => pathMs(trace, call)));
      if (savingMs >= trace.leastSavingMs) findings.push(describe(parent, first, chain, savingMs));
    }
  }
  return findings;
}

/** The most calls of which none overlaps another: always the one that ends first next. */
function withoutOverlap({ times }: AnalysedTrace, calls: readonly TreeNode[]): TreeNode[] {
  const chain: TreeNode[] = [];
  for (const call of [...calls].sort((a, b) => times.endOf(a) - times.endOf(b))) {
    const before = chain.at(-1);
    if (!before || startsAfter(call, before, times)) chain.push(call);
  }
  return chain;
}

/** The time that is saved when only the longest of some waits stays, in milliseconds. */
export function allButTheLongest(waitsMs: readonly number[]): number {
  let sum = 0;
  let longest = 0;
  for (const ms of waitsMs) {
    sum += ms;
    longest = Math.max(longest, ms);
  }
  return sum - longest;
}

function describe(parent: TreeNode, first: TreeNode, chain: readonly TreeNode[], savingMs: number): Finding {
  const message =
    `${describeSpan(parent)} calls ${describeCall(first)} ${chain.length} times, one after another: ` +
    `one call for all would save up to ${milliseconds(savingMs)}`;
  return findingOf('n-plus-one', parent, chain, savingMs, message, describeCall(first));
}
