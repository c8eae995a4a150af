import { groupBy } from '../../leaves/grouping.ts';
import type { AnalysedTrace } from '../analysed-trace.ts';
import type { TreeNode } from '../types.ts';

/**
 * The calls of one parent that differ in values only, at least so many of them, in order of start. Of a
 * call that was tried again the last attempt counts alone.
 */
export function equivalentCalls(trace: AnalysedTrace, parent: TreeNode, least: number): TreeNode[][] {
  if (parent.children.length < least) return [];
  const calls = parent.children.filter((child) => trace.callKeys.has(child) && !trace.retried.has(child));
  const byKey = groupBy(calls, (call) => trace.callKeys.get(call));
  return [...byKey.values()].filter(({ length }) => length >= least);
}
