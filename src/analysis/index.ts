export type { SpanRecord } from '../core/record.ts';
export { buildTrace, buildTraces, serviceName, walk } from './tree.ts';
export type { OrphanGroup, OrphanReason, TraceTree, Transit, TreeNode } from './types.ts';
