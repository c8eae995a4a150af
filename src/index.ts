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
export { type TraceFetchOptions, traceFetch } from '../middleware/client/fetch/fetch.ts';
export { type TraceHttpOptions, traceHttp } from '../middleware/client/http/http-client.ts';
export { current, type RequestLike } from '../middleware/server/current.ts';
export type { ErrorHandler } from '../middleware/server/error-handler.ts';
export type { CaptureHeaders } from '../middleware/server/header-capture.ts';
export type { IgnoredPath, IgnoreOption } from '../middleware/server/ignore.ts';
export type { IncomingMode } from '../middleware/server/incoming.ts';
export type { MetricsHandler } from '../middleware/server/metrics-handler.ts';
export type { AttributesHook, ResponseHeader, TracingOptions } from '../middleware/server/server-settings.ts';
export { type Tracing, type TracingMiddleware, tracing } from '../middleware/server/tracing.ts';
export type { UpgradeListener } from '../middleware/server/upgrade.ts';
export type { SampleRule } from './core/decide/sample-rules.ts';
export type { DoctorCheck, DoctorReport } from './core/doctor/report.ts';
export { bind } from './core/functions/bind.ts';
export { type SpanFunction, span } from './core/functions/function-tracing.ts';
export { type LogFields, logFields, type WinstonFormat, winstonFormat } from './core/functions/log-fields.ts';
export { type TracedDecorator, traced } from './core/functions/traced.ts';
export type { WrapOptions } from './core/functions/wrap.ts';
export type { Attributes, AttributeValue, Link, SpanContextInput, SpanKind, SpanRecord } from './core/record.ts';
export type { RedactAttribute, RedactOptions } from './core/redaction.ts';
export { type ActiveBaggage, baggage } from './core/scope/active-baggage.ts';
export type { StartOptions } from './core/settings/config.ts';
export type { KeepOptions } from './core/settings/config-keep.ts';
export type { Span, SpanIdentity, SpanOptions } from './core/span.ts';
export { start, type Throughline } from './setup.ts';
