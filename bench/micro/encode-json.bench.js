import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
// The encoder has no public name: it is what the OTLP exporter does with a batch.
import { encodeTraceRequestBytes } from '../../dist/src/formats/otlp-json-encode.js';
import { MIN_CALLS, ourSpans, SPANS, theirSpans } from './encode-spans.js';

export const title = `OTLP JSON, a batch of ${SPANS} server spans of 20 attributes (divided by ${SPANS})`;
export const operationsPerCall = SPANS;
export const minCalls = MIN_CALLS;

const ours = await ourSpans();
const theirs = theirSpans();

export const cases = {
  throughline: () => encodeTraceRequestBytes(ours),
  OpenTelemetry: () => JsonTraceSerializer.serializeRequest(theirs),
};
