export type { SpanRecord } from '../core/record.ts';
export type { DrawOptions } from '../terminal/options.ts';
export { type Collector, type CollectorAnswer, type CollectorOptions, collector, type Responder } from './collector.ts';
export { drawWaterfall } from './waterfall.ts';
