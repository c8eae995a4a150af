import type { IncomingHttpHeaders, IncomingHttpStatusHeader } from 'node:http2';
import type { ExportProbe, ExportResult } from '../core/pipeline/exporter.ts';
import { decodeRetryDelayMs, decodeTraceResponse } from '../formats/otlp-protobuf-answer.ts';
import { readMessage } from './grpc-wire.ts';
import { acceptedResult, quoteForLog } from './otlp-answer.ts';

/** All that came back from one call: `grpc-status` is in the trailers, or in the headers where there was nothing else. */
export interface GrpcAnswer {
  readonly headers: IncomingHttpHeaders & IncomingHttpStatusHeader;
  readonly trailers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The names of the status codes, by number. */
const CODES: readonly string[] = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

/** OTLP/gRPC Response, Failures; RESOURCE_EXHAUSTED only where the other side says when it has recovered. */
const RETRYABLE: ReadonlySet<string> = new Set([
  'CANCELLED',
  'DEADLINE_EXCEEDED',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNAVAILABLE',
  'DATA_LOSS',
]);

/** A status of HTTP as one of gRPC, where that is missing: a proxy has answered (HTTP to gRPC Status Code Mapping). */
const CODE_OF_STATUS: ReadonlyMap<number, string> = new Map([
  [400, 'INTERNAL'],
  [401, 'UNAUTHENTICATED'],
  [403, 'PERMISSION_DENIED'],
  [404, 'UNIMPLEMENTED'],
  [429, 'UNAVAILABLE'],
  [502, 'UNAVAILABLE'],
  [503, 'UNAVAILABLE'],
  [504, 'UNAVAILABLE'],
]);

/** The meaning of an answer for a batch of `sent` spans. */
export async function resultOfGrpc(answer: GrpcAnswer, sent: number): Promise<ExportProbe> {
  const timeMs = Date.parse(answer.headers.date ?? '');
  return { result: await resultOf(answer, sent), serverTimeMs: Number.isNaN(timeMs) ? undefined : timeMs };
}

async function resultOf({ headers, trailers, body }: GrpcAnswer, sent: number): Promise<ExportResult> {
  const said = trailers['grpc-status'] === undefined ? headers : trailers;
  const status = said['grpc-status'];
  if (status === undefined) return withoutStatus(headers[':status']);
  if (String(status) !== '0') return failure(CODES[Number(status)] ?? 'UNKNOWN', said);
  const message = await readMessage(body);
  const partial = message === undefined ? undefined : decodeTraceResponse(message);
  if (partial === undefined) return { outcome: 'accepted', message: 'the answer is not OTLP: is this a collector?' };
  return acceptedResult(partial, sent);
}

/** Somebody answers who speaks no gRPC; without any status the connection was lost on the way. */
function withoutStatus(status: number | undefined): ExportResult {
  if (status === undefined || status === 200) {
    return { outcome: 'retry', reason: 'the connection was closed before the status had come' };
  }
  const code = CODE_OF_STATUS.get(status) ?? 'UNKNOWN';
  const reason = `HTTP ${status} in the place of a gRPC status (${code})`;
  return RETRYABLE.has(code) ? { outcome: 'retry', reason } : { outcome: 'refused', reason };
}

function failure(code: string, headers: IncomingHttpHeaders): ExportResult {
  const text = quoteForLog(percentDecoded(headers['grpc-message']));
  const reason = text === '' ? code : `${code}: ${text}`;
  const retryAfterMs = retryDelayOf(headers['grpc-status-details-bin']);
  if (RETRYABLE.has(code) || (code === 'RESOURCE_EXHAUSTED' && retryAfterMs !== undefined)) {
    return { outcome: 'retry', reason, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  }
  // As gRPC's servers say that a message is above their bound, 4 MiB by default.
  if (code === 'RESOURCE_EXHAUSTED' && /larger than max|too large/i.test(text)) return { outcome: 'too-large', reason };
  return { outcome: 'refused', reason };
}

function retryDelayOf(details: string | string[] | undefined): number | undefined {
  return typeof details === 'string' ? decodeRetryDelayMs(Buffer.from(details, 'base64')) : undefined;
}

/** `grpc-message` is percent-encoded; one that is wrong is shown as it is. */
function percentDecoded(text: string | string[] | undefined): string {
  const message = String(text ?? '');
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}
