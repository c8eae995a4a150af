import type { CriticalOperation, Report } from '../analysis/index.ts';
import { wrongArgument } from '../core/options/errors.ts';
import { isOptions } from '../core/options/options.ts';
import type { SpanRecord } from '../core/record.ts';
import { type DrawOptions, readDrawOptions } from '../terminal/options.ts';
import { drawReport as drawOnlyReport } from '../terminal/report.ts';
import { drawTrace } from '../terminal/trace.ts';

/** Options of `drawTree` and `drawWaterfall`: those of `drawTrace` of `throughline/terminal`. */
export interface TraceDrawOptions extends DrawOptions {
  /** The older name of `maxRows`. */
  readonly maxLines?: number | undefined;
}

/** Options of `drawReport`. */
export interface ReportDrawOptions extends Omit<DrawOptions, 'critical'> {
  /** The critical operations, as `criticalOperations` gives them: one more table. */
  readonly critical?: readonly CriticalOperation[] | undefined;
}

/**
 * Spans as text: a tree with durations for each trace among them. `drawTrace(spans, { as: 'tree' })` of
 * `throughline/terminal` under its older name.
 *
 *     console.log(drawTree(captured.spans));
 */
export function drawTree(spans: readonly SpanRecord[], options: TraceDrawOptions = {}): string {
  return drawTrace(spans, { ...readTraceOptions('drawTree', options), as: 'tree' });
}

/**
 * Spans as text: a waterfall for each trace among them. `drawTrace(spans)` of `throughline/terminal` under its older
 * name.
 *
 *     console.log(drawWaterfall(backend.spans, { width: process.stdout.columns }));
 */
export function drawWaterfall(spans: readonly SpanRecord[], options: TraceDrawOptions = {}): string {
  return drawTrace(spans, { ...readTraceOptions('drawWaterfall', options), as: 'waterfall' });
}

function readTraceOptions(caller: string, options: TraceDrawOptions): DrawOptions {
  if (!isOptions(options)) throw wrongArgument(caller, 'an object of options', options);
  const { maxLines, maxRows, ...others } = options;
  const rows = maxRows ?? maxLines;
  return readDrawOptions(caller, rows === undefined ? others : { ...others, maxRows: rows });
}

/** A report as text: `drawReport` of `throughline/terminal`, which takes the critical operations with the report. */
export function drawReport(report: Report, options: ReportDrawOptions = {}): string {
  if (!isOptions(options)) throw wrongArgument('drawReport', 'an object of options', options);
  const { critical, ...others } = options;
  return drawOnlyReport({ ...report, critical }, others);
}
