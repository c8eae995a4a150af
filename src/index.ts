/**
 * throughline follows one request through every service.
 *
 * @example
 * import { start, tracing, traceAxios } from 'throughline';
 *
 * start({ service: 'shop' });              // optional: OTEL_* variables do without
 * app.use(tracing());                      // Express or Koa
 * const api = traceAxios(axios.create());  // the same instance
 *
 * @module
 */
export { type TraceAxiosOptions, traceAxios } from '../middleware/client/axios/axios.ts';
export type { ClientOptions } from '../middleware/client/client-options.ts';
export type { DescribedRequest } from '../middleware/client/described-request.ts';
export { type TraceFetchOptions, traceFetch } from '../middleware/client/fetch/fetch.ts';
export { type TraceHttpOptions, traceHttp } from '../middleware/client/http/http-client.ts';
export { current, type RequestLike } from '../middleware/server/current.ts';
export type { ErrorHandler } from '../middleware/server/error-handler.ts';
export type { CaptureHeaders } from '../middleware/server/header-capture.ts';
export type { RequestListener } from '../middleware/server/http.ts';
export type { IgnoredPath, IgnoreOption } from '../middleware/server/ignore.ts';
export type { IncomingMode } from '../middleware/server/incoming.ts';
export type { MetricsHandler } from '../middleware/server/metrics-handler.ts';
export type { AttributesHook, ResponseHeader, TracingOptions } from '../middleware/server/server-settings.ts';
export { type Tracing, type TracingMiddleware, tracing } from '../middleware/server/tracing.ts';
export type { UpgradeListener } from '../middleware/server/upgrade.ts';
export type { Baggage, BaggageEntry, BaggageEntryInput } from '../propagation/baggage.ts';
export type { BaggageMetadata } from '../propagation/baggage-member.ts';
export type {
  Getter,
  OutboundContext,
  Propagator,
  RemoteContext,
  Setter,
  SpanContext,
  SpanContext as SpanIdentity,
  SpanId,
  TraceId,
} from '../propagation/context.ts';
export type { Destination, PropagateTo } from '../propagation/destination.ts';
export type { TraceState } from '../propagation/tracestate.ts';
export type { TimeInput } from './core/clock.ts';
export type { SampleRule } from './core/decide/sample-rules.ts';
export type { DoctorCheck, DoctorReport } from './core/doctor/report.ts';
export { bind } from './core/functions/bind.ts';
export { type SpanFunction, span } from './core/functions/function-tracing.ts';
export { type LogFields, logFields, type WinstonFormat, winstonFormat } from './core/functions/log-fields.ts';
export { type TracedDecorator, traced } from './core/functions/traced.ts';
export type { WrapOptions } from './core/functions/wrap.ts';
export type { Duration } from './core/options/duration.ts';
export { isThroughlineError, type ThroughlineError } from './core/options/errors.ts';
export type { Exporter, ExportProbe, ExportResult } from './core/pipeline/exporter.ts';
export type { DropCounters, ExporterStats, Stats } from './core/pipeline/stats.ts';
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
} from './core/record.ts';
export type { RedactAttribute, RedactOptions } from './core/redaction.ts';
export { type ActiveBaggage, baggage } from './core/scope/active-baggage.ts';
export type { StartOptions } from './core/settings/config.ts';
export type { ExporterName } from './core/settings/config-exporters.ts';
export type { InstrumentOptions } from './core/settings/config-instrument.ts';
export type { KeepOptions } from './core/settings/config-keep.ts';
export type { LimitOptions } from './core/settings/config-limits.ts';
export type { PropagatorLists, PropagatorOption } from './core/settings/config-propagators.ts';
export type { SpoolModeName, SpoolOptions } from './core/settings/config-spool.ts';
export type { Span, SpanOptions, SpanParent, StatusInput } from './core/span.ts';
export type { AnyFunction } from './leaves/like-original.ts';
export { start, type Throughline } from './setup.ts';
