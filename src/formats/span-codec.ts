import type { SpanRecord } from '../core/record.ts';
import { decodeTraceRequestProtobuf } from './otlp-protobuf-decode.ts';
import { encodeTraceRequestProtobuf } from './otlp-protobuf-encode.ts';

/** Spans as bytes and back, for whoever keeps them: the spool. */
export interface SpanCodec {
  encodeSpans(batch: readonly SpanRecord[]): Uint8Array;
  /** What can be read of the bytes, in order; nothing when they are damaged. Never throws. */
  decodeSpans(bytes: Uint8Array): SpanRecord[];
}

/**
 * OTLP protobuf: what is kept can be sent as it is. Beside JSON it takes under half the bytes.
 * A lone surrogate in a name or value comes back as U+FFFD, since UTF-8 has no bytes for it.
 */
export const protobufCodec: SpanCodec = {
  encodeSpans: encodeTraceRequestProtobuf,
  decodeSpans: (bytes) => decodeTraceRequestProtobuf(bytes).records,
};
