import { buildTraces } from '../analysis/index.ts';
import type { SpanRecord } from '../core/record.ts';
import type { DrawOptions } from '../terminal/options.ts';
import { drawWaterfall as drawTrace } from '../terminal/waterfall.ts';

/**
 * Spans as text: a waterfall for each trace among them, in order of first start, an empty line between
 * two. No span gives an empty text. What it draws is safe to print, whatever names the spans have.
 * Never throws.
 *
 *     const backend = await collector();
 *     …
 *     console.log(drawWaterfall(backend.spans, { width: process.stdout.columns }));
 */
export function drawWaterfall(spans: readonly SpanRecord[], options: DrawOptions = {}): string {
  return buildTraces(spans)
    .map((trace) => drawTrace(trace, options))
    .join('\n\n');
}
