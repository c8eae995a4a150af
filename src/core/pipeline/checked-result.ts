import { textOf } from '../../leaves/json-value.ts';
import type { ExportResult } from './exporter.ts';

/**
 * An exporter's answer for `sent` spans, as it may be counted on: an app's own exporter can answer
 * anything, and one odd number would break the books for good. An answer that is none counts as
 * refused: sending again could only repeat it, and would repeat the spans where they had arrived.
 */
export function checkedResult(result: unknown, sent: number): ExportResult {
  const { outcome, rejected, message, reason, retryAfterMs } = Object(result) as Record<string, unknown>;
  switch (outcome) {
    case 'accepted':
      return { outcome, rejected: countUpTo(rejected, sent), message: textOf(message) };
    case 'retry':
      return { outcome, reason: textOf(reason) ?? NO_REASON, retryAfterMs: millisecondsOf(retryAfterMs) };
    case 'refused':
    case 'too-large':
      return { outcome, reason: textOf(reason) ?? NO_REASON };
    default:
      return { outcome: 'refused', reason: 'export() did not resolve with an outcome' };
  }
}

const NO_REASON = 'it gave no reason';

function countUpTo(count: unknown, max: number): number {
  return typeof count === 'number' && count > 0 ? Math.min(Math.floor(count), max) : 0;
}

function millisecondsOf(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined;
}
