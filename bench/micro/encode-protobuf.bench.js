import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
// The encoder has no public name: it is what the OTLP exporter does with a batch.
import { encodeTraceRequestProtobuf } from '../../dist/src/formats/otlp-protobuf-encode.js';
import { MIN_CALLS, ourSpans, SPANS, theirSpans } from './encode-spans.js';

export const title = `OTLP protobuf, a batch of ${SPANS} server spans of 20 attributes (divided by ${SPANS})`;
export const operationsPerCall = SPANS;
export const minCalls = MIN_CALLS;

const ours = await ourSpans();
const theirs = theirSpans();

export const cases = {
  throughline: () => encodeTraceRequestProtobuf(ours),
  OpenTelemetry: () => ProtobufTraceSerializer.serializeRequest(theirs),
};
