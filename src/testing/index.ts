/**
 * For tests: catch the spans of a test, hold them to an expected tree, receive them over OTLP. Works in
 * any runner; nothing here knows one.
 *
 * @module
 */

export type { Baggage } from '../../propagation/baggage.ts';
export type {
  Getter,
  OutboundContext,
  Propagator,
  RemoteContext,
  Setter,
  SpanContext,
  SpanId,
  TraceId,
} from '../../propagation/context.ts';
export type { PropagateTo } from '../../propagation/destination.ts';
export type { TraceState } from '../../propagation/tracestate.ts';
export type { CriticalOperation } from '../analysis/critical-operations.ts';
export type { TraceTree, TreeNode } from '../analysis/index.ts';
export type { OrphanGroup, OrphanReason, Transit } from '../analysis/types.ts';
export type { TimeInput } from '../core/clock.ts';
export type { SampleRule } from '../core/decide/sample-rules.ts';
export type { Duration } from '../core/options/duration.ts';
export type { DropCounters, ExporterStats, Stats } from '../core/pipeline/stats.ts';
export type {
  Attributes,
  AttributeValue,
  InstrumentationScope,
  Link,
  RecordedContext,
  RecordedLink,
  Resource,
  SpanContextInput,
  SpanEvent,
  SpanKind,
  SpanRecord,
  SpanStatus,
} from '../core/record.ts';
export type { RedactAttribute, RedactOptions } from '../core/redaction.ts';
export type { KeepOptions } from '../core/settings/config-keep.ts';
export type { LimitOptions } from '../core/settings/config-limits.ts';
export type { PropagatorLists, PropagatorOption } from '../core/settings/config-propagators.ts';
export type { Span, SpanOptions, SpanParent, StatusInput } from '../core/span.ts';
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
