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
export { type TraceAxiosOptions, traceAxios } from '../middleware/axios.ts';
export { current, type RequestLike } from '../middleware/current.ts';
export type { ErrorHandler } from '../middleware/error-handler.ts';
export { type TraceFetchOptions, traceFetch } from '../middleware/fetch.ts';
export type { CaptureHeaders } from '../middleware/header-capture.ts';
export { type TraceHttpOptions, traceHttp } from '../middleware/http-client.ts';
export type { IgnoredPath, IgnoreOption } from '../middleware/ignore.ts';
export type { IncomingMode } from '../middleware/incoming.ts';
export type { MetricsHandler } from '../middleware/metrics-handler.ts';
export type { AttributesHook, ResponseHeader, TracingOptions } from '../middleware/server-settings.ts';
export { type Tracing, type TracingMiddleware, tracing } from '../middleware/tracing.ts';
export type { UpgradeListener } from '../middleware/upgrade.ts';
export { type ActiveBaggage, baggage } from './core/active-baggage.ts';
export { bind } from './core/bind.ts';
export type { StartOptions } from './core/config.ts';
export type { DoctorCheck, DoctorReport } from './core/doctor/report.ts';
export { type SpanFunction, span } from './core/function-tracing.ts';
export type { KeepOptions } from './core/keep-rule.ts';
export { type LogFields, logFields, type WinstonFormat, winstonFormat } from './core/log-fields.ts';
export type { Attributes, AttributeValue, Link, SpanContextInput, SpanKind, SpanRecord } from './core/record.ts';
export type { RedactAttribute, RedactOptions } from './core/redaction.ts';
export type { SampleRule } from './core/sample-rules.ts';
export type { Span, SpanIdentity, SpanOptions } from './core/span.ts';
export { type TracedDecorator, traced } from './core/traced.ts';
export type { WrapOptions } from './core/wrap.ts';
export { start, type Throughline } from './setup.ts';
