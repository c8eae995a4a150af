import { groupBy, pushTo } from '../../leaves/grouping.ts';
import { type AnalysedTrace, findingOf } from '../analysed-trace.ts';
import type { Finding } from '../finding.ts';
import { describeCall } from '../labels.ts';
import type { Retries } from '../retries.ts';
import type { TreeNode } from '../types.ts';
import { describeAttempts, waitedUntilLast } from './attempts.ts';

/** A caller that retries what retries itself: every layer multiplies the attempts of the one below. */
export function findLayeredRetries(trace: AnalysedTrace): Finding[] {
  const findings: Finding[] = [];
  for (const [outer, inner] of layersOf(trace)) {
    const savingMs = waitedUntilLast(trace, outer);
    if (savingMs < trace.leastSavingMs) continue;
    const below = inner.map((retries) => describeAttempts(retries));
    const more = below.length > 1 ? ` and ${below.length - 1} more` : '';
    const evidence = [...outer.attempts, ...inner.flatMap(({ attempts }) => attempts)];
    const message = `${describeAttempts(outer)}, and below that ${below[0]}${more}: retries multiply, keep one layer`;
    const first = outer.attempts[0] as TreeNode;
    findings.push(findingOf('layered-retries', first, evidence, savingMs, message, describeCall(first)));
  }
  return findings;
}

/** The outermost retries, each with those below its attempts. */
function layersOf({ nodes, retries }: AnalysedTrace): Map<Retries, Retries[]> {
  const ofAttempt = new Map(retries.flatMap((group) => group.attempts.map((attempt) => [attempt, group] as const)));
  const ofCaller = groupBy(retries, ({ caller }) => caller);
  const around = new Map<TreeNode, Retries>();
  const layers = new Map<Retries, Retries[]>();
  if (retries.length < 2) return layers;
  for (const node of nodes) {
    const outer = (node.parent && around.get(node.parent)) ?? ofAttempt.get(node);
    if (!outer) continue;
    around.set(node, outer);
    for (const inner of ofCaller.get(node) ?? []) pushTo(layers, outer, inner);
  }
  return layers;
}
