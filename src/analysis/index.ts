export type { SpanId, TraceId } from '../../propagation/context.ts';
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
export { type CriticalOperation, criticalOperations } from './critical-operations.ts';
export { type CriticalPath, type CriticalSection, criticalPath, entryOf } from './critical-path.ts';
export { type DiffRow, type DiffSide, diffTraces, regressionsOf, type TraceDiff } from './diff.ts';
export { type Cause, FINDING_KINDS, type Finding, type FindingKind } from './finding.ts';
export { causesIn, type FindingOptions, findingsIn } from './findings/findings-in.ts';
export { type BucketBounds, boundsOf, bucketOf, Histogram } from './histogram.ts';
export { History, historyOf } from './history.ts';
export { type OperationStats, Operations } from './operations.ts';
export { type Report, type ReportedEdge, type ReportedOperation, type ReportOptions, report } from './report.ts';
export { selfTimeOf } from './self-time.ts';
export { type GraphEdge, ServiceGraph } from './service-graph.ts';
export { type NameSummary, sumUp } from './sum-up.ts';
export { alignedTimes, type Interval, recordedTimes, type Times } from './times.ts';
export { buildTrace, buildTraces, serviceName, walk } from './tree.ts';
export type { OrphanGroup, OrphanReason, TraceTree, Transit, TreeNode } from './types.ts';
export type { Wait } from './waits.ts';
export { type AttributeShare, whatDiffers } from './what-differs.ts';
