import { type AnalysedTrace, findingOf, milliseconds, pathMs } from '../analysed-trace.ts';
import { mayWrite } from '../calls.ts';
import { hasFailed } from '../failures.ts';
import type { Finding } from '../finding.ts';
import { describeCall, describeSpan } from '../labels.ts';
import { startsAfter } from '../retries.ts';
import { durationOf, isAsynchronous } from '../times.ts';
import type { TreeNode } from '../types.ts';
import { equivalentCalls } from './equivalent-calls.ts';
import { allButTheLongest, LEAST_CALLS } from './n-plus-one.ts';

/**
 * Different calls of one parent in a row that could run side by side. A trace cannot prove that the second
 * needs nothing of the first; what speaks against it ends a row: a call that may write or that failed,
 * another span in between, an equivalent call.
 */
export function findSequential(trace: AnalysedTrace): Finding[] {
  const findings: Finding[] = [];
  for (const parent of trace.nodes) {
    for (const row of parent.children.length > 1 ? rowsOf(trace, parent) : []) {
      const savingMs = allButTheLongest(row.map((call) => pathMs(trace, call)));
      if (row.length > 1 && savingMs >= trace.leastSavingMs) findings.push(describe(parent, row, savingMs));
    }
  }
  return findings;
}

function rowsOf(trace: AnalysedTrace, parent: TreeNode): TreeNode[][] {
  const rows: TreeNode[][] = [];
  const loops = new Set(equivalentCalls(trace, parent, LEAST_CALLS).flat());
  let row: TreeNode[] = [];
  let keys = new Set<string>();
  for (const { node, alone } of inOrder(trace, parent)) {
    const key = trace.callKeys.get(node);
    const isFree = alone && key !== undefined && !loops.has(node) && !hasFailed(node) && !mayWrite(node);
    if (!isFree || keys.has(key)) {
      rows.push(row);
      row = [];
      keys = new Set();
    }
    if (!isFree) continue;
    row.push(node);
    keys.add(key);
  }
  return [...rows, row];
}

/** The children that the parent waited for, by start, and whether no other of them ran beside each. */
function inOrder({ times }: AnalysedTrace, parent: TreeNode): { node: TreeNode; alone: boolean }[] {
  const waitedFor = parent.children.filter((child) => durationOf(child) > 0 && !isAsynchronous(child, times));
  const ordered = waitedFor.sort((a, b) => times.startOf(a) - times.startOf(b));
  let lastToEnd: TreeNode | undefined;
  return ordered.map((node, i) => {
    const next = ordered[i + 1];
    const followsAll = !lastToEnd || startsAfter(node, lastToEnd, times);
    if (!lastToEnd || times.endOf(node) > times.endOf(lastToEnd)) lastToEnd = node;
    return { node, alone: followsAll && (!next || startsAfter(next, node, times)) };
  });
}

function describe(parent: TreeNode, row: readonly TreeNode[], savingMs: number): Finding {
  const calls = row.slice(0, 4).map(describeCall);
  const names = `${calls.join(', then ')}${row.length > 4 ? ', and more' : ''}`;
  const message =
    `${describeSpan(parent)} makes ${row.length} calls in a row: ${names}. ` +
    `If none needs the one before, side by side they save up to ${milliseconds(savingMs)}`;
  return findingOf('sequential', parent, row, savingMs, message, names);
}
