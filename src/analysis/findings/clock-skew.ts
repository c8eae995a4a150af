import { groupBy } from '../../leaves/grouping.ts';
import { type AnalysedTrace, findingOf, milliseconds } from '../analysed-trace.ts';
import type { Finding } from '../finding.ts';
import { isSkewed } from '../times.ts';
import { isOneHost } from '../transit.ts';
import { serviceName } from '../tree.ts';
import type { TreeNode } from '../types.ts';

/** Clocks that disagree: servers that seem to work outside the interval of the call they answer. One finding a pair of processes. */
export function findClockSkew({ nodes, times }: AnalysedTrace): Finding[] {
  const pairs = groupBy(nodes.filter(isSkewed), pairOf);
  return [...pairs.values()].map((servers) => describe(servers, (node) => times.shiftOf(node)));
}

function pairOf(server: TreeNode): string {
  return JSON.stringify([server.parent && processOf(server.parent), processOf(server)]);
}

function processOf({ span }: TreeNode): unknown[] {
  return [serviceName(span), span.resource.attributes['service.instance.id'], span.resource.attributes['host.name']];
}

function describe(servers: readonly TreeNode[], shiftOf: (node: TreeNode) => number): Finding {
  const server = servers[0] as TreeNode;
  const client = server.parent as TreeNode;
  const shiftMs = shiftOf(server) - shiftOf(client);
  const way = shiftMs > 0 ? 'behind' : 'ahead of';
  // They read one clock at their starts; what each measures from there may drift.
  const where = isOneHost(server.span, client.span) ? ', though both run on one host' : '';
  const message =
    `the clock of ${serviceName(server.span)} is about ${milliseconds(Math.abs(shiftMs))} ${way} that of ` +
    `${serviceName(client.span)}${where}: its spans are shown as recorded, and moved when times are reckoned`;
  const evidence = servers.flatMap((node) => (node.parent ? [node, node.parent] : [node]));
  return findingOf('clock-skew', server, evidence, 0, message, serviceName(client.span));
}
