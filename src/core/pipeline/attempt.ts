import { describe, noteFault } from '../diagnostics.ts';
import type { SpanRecord } from '../record.ts';
import { checkedResult } from './checked-result.ts';
import { startDeadline } from './deadline.ts';
import type { Exporter, ExportResult } from './exporter.ts';

/**
 * One export under its total deadline, on the monotonic clock that timers run on. Never rejects: an
 * exporter that throws, rejects or never answers counts as `retry`. At the deadline the exporter is
 * told by its signal, and not waited for.
 */
export async function attempt(
  exporter: Exporter,
  batch: readonly SpanRecord[],
  timeoutMs: number,
): Promise<ExportResult> {
  const deadline = startDeadline(timeoutMs);
  const { signal } = deadline;
  const late = new Promise<ExportResult>((resolve) => {
    signal.addEventListener('abort', () => resolve({ outcome: 'retry', reason: describe(signal.reason) }));
  });
  try {
    return checkedResult(await Promise.race([exporter.export(batch, signal), late]), batch.length);
  } catch (error) {
    noteFault(`exporter ${exporter.name}`, error);
    return { outcome: 'retry', reason: describe(error) };
  } finally {
    deadline.clear();
  }
}
