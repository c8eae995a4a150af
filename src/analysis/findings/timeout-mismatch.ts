import { type AnalysedTrace, findingOf, milliseconds } from '../analysed-trace.ts';
import { answersOf } from '../calls.ts';
import { hasTimedOut } from '../failures.ts';
import type { Finding } from '../finding.ts';
import { describeSpan } from '../labels.ts';
import { durationOf } from '../times.ts';
import { CLOSE_TOLERANCE_MS } from '../transit.ts';
import type { TreeNode } from '../types.ts';

/** Servers that went on working for a client that had given up: its timeout is shorter than their work. */
export function findTimeoutMismatches(trace: AnalysedTrace): Finding[] {
  const findings: Finding[] = [];
  for (const call of trace.nodes) {
    if (call.span.kind !== 'client' || !hasTimedOut(call)) continue;
    for (const server of answersOf(call)) {
      const longerMs = outlivesMs(call, server);
      if (longerMs > CLOSE_TOLERANCE_MS) findings.push(describe(call, server, longerMs));
    }
  }
  return findings;
}

/** By how much the server outlives its client, as far as their clocks can say. */
function outlivesMs(call: TreeNode, server: TreeNode): number {
  if (server.transit?.clockSkewed) return 0;
  // Between two machines only durations compare: who takes longer than the whole call ends after it.
  if (areApart(call, server)) return durationOf(server) - durationOf(call);
  return server.span.startTimeMs + durationOf(server) - (call.span.startTimeMs + durationOf(call));
}

function areApart(one: TreeNode, other: TreeNode): boolean {
  const [here, there] = [one, other].map(({ span }) => span.resource.attributes['host.name']);
  return here !== undefined && there !== undefined && here !== there;
}

function describe(call: TreeNode, server: TreeNode, longerMs: number): Finding {
  const message =
    `${describeSpan(call)} gave up after ${milliseconds(durationOf(call))}, but ${describeSpan(server)} ` +
    `worked on for ${milliseconds(longerMs)}: give the server a shorter timeout, or the client a longer one`;
  return findingOf('timeout-mismatch', server, [server, call], 0, message, describeSpan(call));
}
