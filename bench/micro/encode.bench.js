import { SpanKind } from '@opentelemetry/api';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { span, start } from 'throughline';
import { memory } from 'throughline/exporters';
// The encoder has no public name: it is what the OTLP exporter does with a batch.
import { encodeTraceRequest } from '../../dist/src/formats/otlp-json-encode.js';
import { attributes, name } from './server-span.js';

const SPANS = 512;

export const title = `OTLP JSON, a batch of ${SPANS} server spans (divided by ${SPANS})`;
export const operationsPerCall = SPANS;

async function ourSpans() {
  const exporter = memory();
  const running = start({ service: 'bench', exporters: exporter });
  for (let i = 0; i < SPANS; i += 1) span(name, { kind: 'server', attributes, parent: null }, () => {});
  await running.flush();
  return exporter.spans;
}

function theirSpans() {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const tracer = provider.getTracer('bench');
  for (let i = 0; i < SPANS; i += 1) tracer.startSpan(name, { kind: SpanKind.SERVER, attributes, root: true }).end();
  return exporter.getFinishedSpans();
}

const ours = await ourSpans();
const theirs = theirSpans();

export const cases = {
  // To bytes, as the socket needs them: the serializer beside it hands back bytes too.
  throughline: () => Buffer.from(encodeTraceRequest(ours)),
  OpenTelemetry: () => JsonTraceSerializer.serializeRequest(theirs),
};
