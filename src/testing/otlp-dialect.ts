import type { DecodedTraceRequest } from '../formats/decoded-request.ts';
import { decodeTraceRequest } from '../formats/otlp-json-decode.ts';
import { encodeStatus, encodeTraceResponse } from '../formats/otlp-protobuf-answer.ts';
import { decodeTraceRequestProtobuf } from '../formats/otlp-protobuf-decode.ts';

/** One of OTLP/HTTP's two encodings: a receiver answers in the one it was asked in. */
export interface OtlpDialect {
  readonly contentType: string;
  /** Reads an `ExportTraceServiceRequest`. Never throws. */
  decode(body: Buffer): DecodedTraceRequest;
  /** An `ExportTraceServiceResponse`. */
  response(rejected: number, message: string): string | Uint8Array;
  /** A `google.rpc.Status`. */
  status(code: number, message: string): string | Uint8Array;
}

export const JSON_DIALECT: OtlpDialect = {
  contentType: 'application/json',
  decode: (body) => decodeTraceRequest(body.toString()),
  response(rejected, message) {
    if (rejected === 0) return '{}';
    return JSON.stringify({ partialSuccess: { rejectedSpans: String(rejected), errorMessage: message } });
  },
  status: (code, message) => JSON.stringify({ code, message }),
};

const PROTOBUF_DIALECT: OtlpDialect = {
  contentType: 'application/x-protobuf',
  decode: decodeTraceRequestProtobuf,
  response: encodeTraceResponse,
  status: encodeStatus,
};

/** The dialect of a `content-type` header; parameters such as `charset` do not matter. */
export function dialectOf(contentType: string | undefined): OtlpDialect | undefined {
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase();
  return [JSON_DIALECT, PROTOBUF_DIALECT].find((dialect) => dialect.contentType === type);
}
