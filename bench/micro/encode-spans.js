import { SpanKind } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { span, start } from 'throughline';
import { memory } from 'throughline/exporters';
import { name, variedAttributes } from './server-span.js';

/** The size of a batch: what both exporters take at most. */
export const SPANS = 512;

/**
 * Calls in one measured batch at least. The collector runs before each batch and throws compiled code
 * away; with the two calls that fit into the usual time, OpenTelemetry's protobuf serializer then took
 * ten times as long as it does in a process at work.
 */
export const MIN_CALLS = 40;

/** The same batch twice, as our exporters are given it and as OpenTelemetry's are: every fourth span has an event. */
export async function ourSpans() {
  const exporter = memory();
  const running = start({ service: 'bench', exporters: exporter });
  for (let i = 0; i < SPANS; i += 1) {
    const server = span(name, { kind: 'server', attributes: variedAttributes(i), parent: null });
    if (i % 4 === 0) server.log('cache miss', { key: `cart:${i}` });
    server.end();
  }
  await running.flush();
  return exporter.spans;
}

export function theirSpans() {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const tracer = provider.getTracer('bench', '1.0.0');
  for (let i = 0; i < SPANS; i += 1) {
    const server = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes: variedAttributes(i), root: true });
    if (i % 4 === 0) server.addEvent('cache miss', { key: `cart:${i}` });
    server.end();
  }
  return exporter.getFinishedSpans();
}
