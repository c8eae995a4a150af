export type { SpanId, TraceId } from '../../propagation/context.ts';
export type { Duration } from '../core/options/duration.ts';
export type { Exporter, ExportProbe, ExportResult } from '../core/pipeline/exporter.ts';
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
export { type ConsoleOptions, console, console as toConsole } from './console.ts';
export type { ConsoleStream } from './console-stream.ts';
export { type FileOptions, file } from './file.ts';
export { type MemoryExporter, memory } from './memory.ts';
export { type OtlpOptions, otlp } from './otlp.ts';
export { parseSpans } from './parse-spans.ts';
export type { TlsOptions } from './tls-options.ts';
export { type ZipkinOptions, zipkin } from './zipkin.ts';
