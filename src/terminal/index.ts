/**
 * Traces, reports, diffs and lists as text for terminals: safe to print whatever names the spans have, in any width,
 * with or without colours. Nothing here writes: whoever has a stream does.
 *
 * @module
 */

export type { DiffRow, TraceDiff } from '../analysis/diff.ts';
export type { Report } from '../analysis/report.ts';
export type { TraceTree } from '../analysis/types.ts';
export type { SpanRecord } from '../core/record.ts';
export { drawDiff } from './diff.ts';
export type { DrawOptions } from './options.ts';
export { type DrawnReport, drawReport } from './report.ts';
export { supportsColor } from './style.ts';
export { drawTrace } from './trace.ts';
export { drawTraceList, type ListedTrace } from './trace-list.ts';
