export type { SpanRecord } from '../core/record.ts';
export { type Collector, type CollectorAnswer, type CollectorOptions, collector, type Responder } from './collector.ts';
