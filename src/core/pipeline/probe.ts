import { describe } from '../diagnostics.ts';
import { runOutsideScopes } from '../scope/scope.ts';
import { checkedResult } from './checked-result.ts';
import type { Exporter, ExportProbe } from './exporter.ts';
import { pause } from './pause.ts';

/**
 * Asks an exporter whether the other side takes spans, under a total deadline for which the process stays
 * alive. `undefined` for one that cannot be asked. One that throws or never answers counts as out of reach.
 */
export async function probeExporter(exporter: Exporter, timeoutMs: number): Promise<ExportProbe | undefined> {
  if (exporter.probe === undefined) return undefined;
  const deadline = pause(timeoutMs);
  const giveUp = new AbortController();
  const late = deadline.promise.then(() => {
    giveUp.abort();
    return unanswered(`no answer within ${timeoutMs} ms`);
  });
  try {
    const probe = await Promise.race([runOutsideScopes(() => exporter.probe?.(giveUp.signal)), late]);
    return { serverTimeMs: probe?.serverTimeMs, result: checkedResult(probe?.result, 0) };
  } catch (error) {
    return unanswered(describe(error));
  } finally {
    deadline.cancel();
  }
}

function unanswered(reason: string): ExportProbe {
  return { result: { outcome: 'retry', reason } };
}
