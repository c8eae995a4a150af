import { type AnalysedTrace, findingOf, milliseconds, ownPathMsWithin } from '../analysed-trace.ts';
import type { Finding } from '../finding.ts';
import type { History } from '../history.ts';
import { describeSpan } from '../labels.ts';
import { type Wait, waitsOf } from '../waits.ts';

/** Time that passed before work began, beyond what is usual there: before a server, before its handler, before a connection. */
export function findWaiting(trace: AnalysedTrace, history: History): Finding[] {
  const findings: Finding[] = [];
  for (const node of trace.nodes) {
    if ((trace.path.ownMs.get(node) ?? 0) < trace.leastSavingMs) continue;
    for (const wait of waitsOf(node, trace.times)) {
      const usualMs = history.usualWaitMs(wait);
      if (usualMs === undefined) continue;
      const savingMs = Math.min(wait.toMs - wait.fromMs - usualMs, ownPathMsWithin(trace, node, wait));
      if (savingMs >= trace.leastSavingMs) findings.push(describe(wait, usualMs, savingMs));
    }
  }
  return findings;
}

const BEFORE: Readonly<Record<Wait['what'], string>> = {
  request: 'before it was served',
  handler: 'before its handler began',
  connection: 'before it had a connection',
};

function describe(wait: Wait, usualMs: number, savingMs: number): Finding {
  const { what, node, next, fromMs, toMs } = wait;
  const message = `${describeSpan(node)} waited ${milliseconds(toMs - fromMs)} ${BEFORE[what]}, usually ${milliseconds(usualMs)}`;
  return findingOf('waiting', node, next ? [node, next] : [node], savingMs, message, next && describeSpan(next));
}
