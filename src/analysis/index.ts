export type { SpanRecord } from '../core/record.ts';
export { type NameSummary, sumUp } from './sum-up.ts';
export { buildTrace, buildTraces, serviceName, walk } from './tree.ts';
export type { OrphanGroup, OrphanReason, TraceTree, Transit, TreeNode } from './types.ts';
