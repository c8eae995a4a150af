import type { ExportResult } from '../core/pipeline/exporter.ts';
import { parseBoundedJson } from '../formats/bounded-json.ts';
import { asObject } from '../formats/otlp-json-value.ts';
import type { HttpAnswer } from './http-post.ts';
import { parseRetryAfter } from './retry-after.ts';

/** OTLP/HTTP, "Retryable response codes". */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

const MAX_QUOTED = 200;
const MAX_ANSWER_DEPTH = 64;

/** What an OTLP receiver's answer means for a batch of `sent` spans. `nowMs` is wall time, for dates in headers. */
export function resultOfAnswer(answer: HttpAnswer, sent: number, nowMs: number): ExportResult {
  const { status, headers } = answer;
  if (status >= 200 && status < 300) return acceptedResult(answer, sent);
  if (status >= 300 && status < 400) return { outcome: 'retry', reason: redirectReason(answer) };
  const reason = `${status}${describeBody(answer.body)}`;
  if (status === 413) return { outcome: 'too-large', reason };
  if (!RETRYABLE.has(status)) return { outcome: 'refused', reason };
  const retryAfterMs = parseRetryAfter(headers['retry-after'], nowMs);
  return retryAfterMs === undefined ? { outcome: 'retry', reason } : { outcome: 'retry', reason, retryAfterMs };
}

/** Text from outside, fit for one log line: bounded, no control, bidi or line-breaking characters. */
function quoteForLog(text: string): string {
  const line = text
    .slice(0, MAX_QUOTED)
    .replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return text.length > MAX_QUOTED ? `${line}…` : line;
}

/** Partial success (`{"partialSuccess":{"rejectedSpans":"2","errorMessage":"…"}}`) is never retried, as OTLP demands. */
function acceptedResult({ body, headers }: HttpAnswer, sent: number): ExportResult {
  if (body.trim() === '') return { outcome: 'accepted' };
  const answer = readObject(body);
  if (answer === undefined) {
    const type = quoteForLog(headers['content-type'] ?? 'no content type');
    return { outcome: 'accepted', message: `the answer is not OTLP JSON (${type}): is this a collector?` };
  }
  const partial = asObject(answer.partialSuccess);
  const rejected = Math.min(countOf(partial?.rejectedSpans), sent);
  const message = typeof partial?.errorMessage === 'string' ? quoteForLog(partial.errorMessage) : '';
  return {
    outcome: 'accepted',
    ...(rejected > 0 && { rejected }),
    ...(message !== '' && { message }),
  };
}

function redirectReason({ status, headers }: HttpAnswer): string {
  const location = quoteForLog((headers.location ?? 'nowhere').replace(/\/\/[^/]*@/, '//').replace(/[?#].*/, ''));
  return `${status} redirects to ${location}, which is not followed: set the endpoint to where the collector is`;
}

/** The message of a google.rpc.Status where there is one, else the beginning of the body. */
function describeBody(body: string): string {
  const message = readObject(body)?.message;
  const text = quoteForLog(typeof message === 'string' ? message : body);
  return text === '' ? '' : `: ${text}`;
}

function readObject(body: string): Record<string, unknown> | undefined {
  const parsed = parseBoundedJson(body, MAX_ANSWER_DEPTH);
  return 'value' in parsed ? asObject(parsed.value) : undefined;
}

function countOf(value: unknown): number {
  const count = typeof value === 'number' || typeof value === 'string' ? Number(value) : 0;
  return Number.isSafeInteger(count) && count > 0 ? count : 0;
}
