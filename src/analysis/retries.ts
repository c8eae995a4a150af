import { callIdentity, isCall } from './calls.ts';
import { hasFailed } from './failures.ts';
import { type Times, TOUCHING_MS } from './times.ts';
import type { TreeNode } from './types.ts';

/** One call that was made again after it failed: at least two attempts, in order of time. */
export interface Retries {
  readonly caller: TreeNode;
  /** All but the last have failed. */
  readonly attempts: readonly TreeNode[];
}

/** The calls of one parent that were tried again: each attempt starts after the one before had failed. */
export function retriesOf(caller: TreeNode, times: Times): Retries[] {
  const open = new Map<string, TreeNode[]>();
  const groups: TreeNode[][] = [];
  const calls = caller.children.filter(({ span }) => isCall(span));
  if (!calls.some(hasFailed)) return [];
  for (const call of calls) {
    const identity = callIdentity(call);
    const group = open.get(identity);
    const before = group?.at(-1);
    if (group && before && hasFailed(before) && startsAfter(call, before, times)) {
      group.push(call);
      continue;
    }
    const started = [call];
    open.set(identity, started);
    groups.push(started);
  }
  return groups.filter(({ length }) => length > 1).map((attempts) => ({ caller, attempts }));
}

/** True where a call starts when the other is over. */
export function startsAfter(call: TreeNode, other: TreeNode, times: Times): boolean {
  return times.startOf(call) >= times.endOf(other) - TOUCHING_MS;
}
