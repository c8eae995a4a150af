export type { SpanRecord } from '../core/record.ts';
export { type BucketBounds, boundsOf, bucketOf, Histogram } from './histogram.ts';
export { type NameSummary, sumUp } from './sum-up.ts';
export { buildTrace, buildTraces, serviceName, walk } from './tree.ts';
export type { OrphanGroup, OrphanReason, TraceTree, Transit, TreeNode } from './types.ts';
