export type { Exporter, ExportResult } from '../core/pipeline/exporter.ts';
export type { SpanRecord } from '../core/record.ts';
export { type ConsoleOptions, console } from './console.ts';
export { type FileOptions, file } from './file.ts';
export { type MemoryExporter, memory } from './memory.ts';
export { type OtlpOptions, otlp } from './otlp.ts';
export { parseSpans } from './parse-spans.ts';
export { type ZipkinOptions, zipkin } from './zipkin.ts';
