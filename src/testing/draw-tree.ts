import { buildTraces } from '../analysis/index.ts';
import type { SpanRecord } from '../core/record.ts';
import type { DrawOptions } from '../terminal/options.ts';
import { drawTree as drawTrace } from '../terminal/tree.ts';

/**
 * Spans as text: a tree with durations for each trace among them, in order of first start, an empty line
 * between two. No span gives an empty text. What it draws is safe to print, whatever names the spans
 * have. Never throws.
 *
 *     console.log(drawTree(captured.spans));
 */
export function drawTree(spans: readonly SpanRecord[], options: DrawOptions = {}): string {
  return buildTraces(spans)
    .map((trace) => drawTrace(trace, options))
    .join('\n\n');
}
