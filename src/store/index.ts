export type { SpanId, TraceId } from '../../propagation/context.ts';
export type { Histogram } from '../analysis/histogram.ts';
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
export { type FileStoreOptions, fileStore } from './file-store.ts';
export { type MemoryStoreOptions, memoryStore } from './memory-store.ts';
export { readTraces, searchAll, tracesOneByOne } from './read-traces.ts';
export type {
  AggregateQuery,
  AggregateRow,
  AppendResult,
  Operation,
  Removed,
  SearchPage,
  SpanStore,
  StoreCall,
  StoredTrace,
  StoreProblem,
  StoreProblems,
  TailBatch,
  TailOptions,
  TraceQuery,
  TraceSummary,
} from './span-store.ts';
export type { StoreError } from './store-error.ts';
