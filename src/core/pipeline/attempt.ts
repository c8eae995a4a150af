import { describe, noteFault } from '../diagnostics.ts';
import type { SpanRecord } from '../record.ts';
import { checkedResult } from './checked-result.ts';
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
  const deadline = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<ExportResult>((resolve) => {
    timer = setTimeout(() => {
      deadline.abort();
      resolve({ outcome: 'retry', reason: `no answer within ${timeoutMs} ms` });
    }, timeoutMs).unref();
  });
  try {
    return checkedResult(await Promise.race([exporter.export(batch, deadline.signal), late]), batch.length);
  } catch (error) {
    noteFault(`exporter ${exporter.name}`, error);
    return { outcome: 'retry', reason: describe(error) };
  } finally {
    clearTimeout(timer);
  }
}
