import type { ExportResult } from '../core/pipeline/exporter.ts';
import { parseBoundedJson } from '../formats/bounded-json.ts';
import { decodeStatusMessage, decodeTraceResponse, type PartialSuccess } from '../formats/otlp-protobuf-answer.ts';
import { asObject, countOf } from '../leaves/json-value.ts';
import type { HttpAnswer } from './http-post.ts';
import { parseRetryAfter } from './retry-after.ts';

/** OTLP/HTTP, "Retryable response codes". */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

const PROTOBUF_TYPE = 'application/x-protobuf';

const MAX_QUOTED = 200;
const MAX_ANSWER_DEPTH = 64;

/**
 * The meaning of an OTLP receiver's answer for a batch of `sent` spans. `sentType` is the content type of the
 * request, which an answer without one has too. `nowMs` is wall time, for dates in headers.
 */
export function resultOfAnswer(answer: HttpAnswer, sent: number, sentType: string, nowMs: number): ExportResult {
  const type = (answer.headers['content-type'] ?? sentType).toLowerCase();
  return isSuccess(answer) ? acceptedAnswer(answer, type, sent) : failureResult(answer, type, nowMs);
}

export function isSuccess({ status }: HttpAnswer): boolean {
  return status >= 200 && status < 300;
}

/** The clock of the one who answered, in milliseconds since the Unix epoch (HTTP's `Date` is in whole seconds). */
export function dateOf({ headers }: HttpAnswer): number | undefined {
  const timeMs = Date.parse(headers.date ?? '');
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

/** The meaning of a status other than 2xx, by OTLP's rules, which are good for any receiver of spans. `type` is the body's. */
export function failureResult(answer: HttpAnswer, type: string, nowMs: number): ExportResult {
  const { status, headers } = answer;
  if (status >= 300 && status < 400) return { outcome: 'retry', reason: redirectReason(answer) };
  const reason = `${status}${describeBody(answer.body, type)}`;
  if (status === 413) return { outcome: 'too-large', reason };
  if (!RETRYABLE.has(status)) return { outcome: 'refused', reason };
  const retryAfterMs = parseRetryAfter(headers['retry-after'], nowMs);
  return retryAfterMs === undefined ? { outcome: 'retry', reason } : { outcome: 'retry', reason, retryAfterMs };
}

/** Text from outside, fit for one log line: bounded, no control, bidi or line-breaking characters. */
export function quoteForLog(text: string): string {
  const line = text
    .slice(0, MAX_QUOTED)
    .replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return text.length > MAX_QUOTED ? `${line}…` : line;
}

function acceptedAnswer({ body, headers }: HttpAnswer, type: string, sent: number): ExportResult {
  if (body.length === 0) return { outcome: 'accepted' };
  const partial = readPartialSuccess(body, type);
  if (partial !== undefined) return acceptedResult(partial, sent);
  const shown = quoteForLog(headers['content-type'] ?? 'no content type');
  return { outcome: 'accepted', message: `the answer is not OTLP (${shown}): is this a collector?` };
}

/** Partial success (`{"partialSuccess":{"rejectedSpans":"2","errorMessage":"…"}}`) is never retried, as OTLP demands. */
export function acceptedResult(partial: PartialSuccess, sent: number): ExportResult {
  const rejected = Math.min(partial.rejectedSpans, sent);
  const message = quoteForLog(partial.errorMessage);
  return {
    outcome: 'accepted',
    ...(rejected > 0 && { rejected }),
    ...(message !== '' && { message }),
  };
}

function readPartialSuccess(body: Buffer, type: string): PartialSuccess | undefined {
  if (type.startsWith(PROTOBUF_TYPE)) return decodeTraceResponse(body);
  const text = body.toString();
  if (text.trim() === '') return { rejectedSpans: 0, errorMessage: '' };
  const answer = readObject(text);
  if (answer === undefined) return undefined;
  const partial = asObject(answer.partialSuccess);
  const message = partial?.errorMessage;
  return { rejectedSpans: countOf(partial?.rejectedSpans), errorMessage: typeof message === 'string' ? message : '' };
}

function redirectReason({ status, headers }: HttpAnswer): string {
  const location = quoteForLog((headers.location ?? 'nowhere').replace(/\/\/[^/]*@/, '//').replace(/[?#].*/, ''));
  return `${status} redirects to ${location}, which is not followed: set the endpoint to where the collector is`;
}

/** The message of a google.rpc.Status where there is one, else the beginning of the body. */
function describeBody(body: Buffer, type: string): string {
  const text = quoteForLog(statusMessage(body, type) ?? body.toString('utf8', 0, MAX_QUOTED * 4));
  return text === '' ? '' : `: ${text}`;
}

function statusMessage(body: Buffer, type: string): string | undefined {
  if (type.startsWith(PROTOBUF_TYPE)) return decodeStatusMessage(body);
  const message = readObject(body.toString())?.message;
  return typeof message === 'string' ? message : undefined;
}

function readObject(body: string): Record<string, unknown> | undefined {
  const parsed = parseBoundedJson(body, MAX_ANSWER_DEPTH);
  return 'value' in parsed ? asObject(parsed.value) : undefined;
}
