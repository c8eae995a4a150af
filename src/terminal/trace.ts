import { buildTraces } from '../analysis/tree.ts';
import type { TraceTree } from '../analysis/types.ts';
import type { SpanRecord } from '../core/record.ts';
import { type DrawOptions, readDrawOptions } from './options.ts';
import { drawTree } from './tree.ts';
import { drawWaterfall } from './waterfall.ts';

/**
 * A trace as text, or several with an empty line between two: as a waterfall, or `as: 'tree'`. Takes an assembled
 * trace, or spans of any number of traces, which come in order of first start; no span gives an empty text. Lines
 * are separated by `\n`, none at the end, none wider than `width`. Throws for no span, whatever it holds.
 *
 *     console.log(drawTrace(buildTrace(spans), { width: process.stdout.columns, critical: true }));
 */
export function drawTrace(given: TraceTree | readonly SpanRecord[], asked: DrawOptions = {}): string {
  const options = readDrawOptions('drawTrace', asked);
  const traces = isSpans(given) ? buildTraces(given) : [given];
  const draw = options.as === 'tree' ? drawTree : drawWaterfall;
  return traces.map((trace) => draw(trace, options)).join('\n\n');
}

function isSpans(given: TraceTree | readonly SpanRecord[]): given is readonly SpanRecord[] {
  return Array.isArray(given);
}
