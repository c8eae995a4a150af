/**
 * For tests: catch the spans of a test, hold them to an expected tree, receive them over OTLP. Works in
 * any runner; nothing here knows one.
 *
 * @module
 */
export type { TraceTree, TreeNode } from '../analysis/index.ts';
export type { SpanRecord } from '../core/record.ts';
export type { DrawOptions } from '../terminal/options.ts';
export { type AssertTreeOptions, assertTree, outline } from './assert-tree.ts';
export { type CaptureOptions, capture } from './capture.ts';
export type { Captured } from './captured.ts';
export { type Collector, type CollectorAnswer, type CollectorOptions, collector, type Responder } from './collector.ts';
export { drawReport, drawTree, drawWaterfall, type ReportDrawOptions, type TraceDrawOptions } from './drawing.ts';
export { noOpenSpans, type OpenSpanSource } from './open-spans.ts';
export type { SpanMatch } from './span-match.ts';
export type { SpanView } from './span-view.ts';
export type { SpanSource } from './tree/forest.ts';
export { type SettableRequest, type TracedResponse, withTrace } from './with-trace.ts';
