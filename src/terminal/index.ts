/**
 * Traces, reports, diffs and lists as text for terminals: safe to print whatever names the spans have, in any width,
 * with or without colours. Nothing here writes: whoever has a stream does.
 *
 * @module
 */

export type { SpanId, TraceId } from '../../propagation/context.ts';
export type { CriticalOperation } from '../analysis/critical-operations.ts';
export type { DiffRow, DiffSide, TraceDiff } from '../analysis/diff.ts';
export type { Cause, Finding, FindingKind } from '../analysis/finding.ts';
export type { Report, ReportedEdge, ReportedOperation } from '../analysis/report.ts';
export type { OrphanGroup, OrphanReason, TraceTree, Transit, TreeNode } from '../analysis/types.ts';
export type {
  Attributes,
  AttributeValue,
  InstrumentationScope,
  RecordedContext,
  RecordedLink,
  Resource,
  SpanEvent,
  SpanKind,
  SpanRecord,
  SpanStatus,
} from '../core/record.ts';
export { drawDiff } from './diff.ts';
export type { DrawOptions } from './options.ts';
export { type DrawnReport, drawReport } from './report.ts';
export { supportsColor } from './style.ts';
export { drawTrace } from './trace.ts';
export { drawTraceList, type ListedTrace } from './trace-list.ts';
