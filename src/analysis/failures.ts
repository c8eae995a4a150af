import type { AttributeValue, SpanRecord } from '../core/record.ts';
import { textAttribute } from './calls.ts';
import { isAsynchronous, type Times } from './times.ts';
import type { TreeNode } from './types.ts';

/** True where a span's status is an error. */
export function hasFailed({ span }: TreeNode): boolean {
  return span.status.code === 'error';
}

/** The reason of a failure, in few words: `503`, `ECONNREFUSED`, `no shelf for ghost`; empty when it does not say. */
export function reasonOf(span: SpanRecord): string {
  const { code, message } = failureOf(span);
  return [code, message].filter((word) => word !== undefined).join(': ');
}

/** A failure in two words: the status or kind of error, and the message where that says more. */
export interface Failure {
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}

/** Why a span failed, as far as it says so: `{ code: '500', message: 'no database' }`. */
export function failureOf(span: SpanRecord): Failure {
  const status = span.attributes['http.response.status_code'] ?? span.attributes['http.status_code'];
  const thrown = span.events.find(({ name }) => name === 'exception')?.attributes;
  const message = textOf(thrown?.['exception.message'] ?? thrown?.['exception.type'] ?? span.status.message);
  const code = textOf(status) ?? textAttribute(span, 'error.type');
  // `Request failed with status code 503` says nothing that 503 does not.
  const isTold = code !== undefined && message !== undefined && new RegExp(`\\b${escaped(code)}\\b`).test(message);
  return { code, message: isTold && (status !== undefined || message === code) ? undefined : message };
}

function textOf(value: AttributeValue | undefined): string | undefined {
  return value === undefined || value === null || value === '' ? undefined : String(value).slice(0, 200);
}

function escaped(text: string): string {
  return text.slice(0, 200).replace(/[^\w]/g, '\\$&');
}

const TIMED_OUT = /time[d]?[-_ ]?out|deadline/i;
const TIMEOUT_CODES: ReadonlySet<string> = new Set(['ETIMEDOUT', 'ECONNABORTED', 'ESOCKETTIMEDOUT']);

/** True for a failed call that says that its caller gave up waiting. */
export function hasTimedOut(call: TreeNode): boolean {
  if (!hasFailed(call)) return false;
  const { span } = call;
  const type = textAttribute(span, 'error.type');
  if (type !== undefined && (TIMEOUT_CODES.has(type) || TIMED_OUT.test(type.slice(0, 200)))) return true;
  const thrown = span.events.map(({ attributes }) => attributes['exception.type'] ?? attributes['exception.message']);
  return [span.status.message, ...thrown].some(
    (text) => typeof text === 'string' && TIMED_OUT.test(text.slice(0, 500)),
  );
}

/**
 * The origin of a failure: of the failed spans that lead down from `top` without a gap, the deepest one,
 * and of several the one that ended first. Attempts in `recovered` were made good, and count as no failure.
 */
export function originOf(top: TreeNode, recovered: ReadonlySet<TreeNode>, times: Times): TreeNode {
  let origin = top;
  let level = [top];
  while (level.length > 0) {
    origin = level.reduce((first, node) => (times.endOf(node) < times.endOf(first) ? node : first));
    level = level.flatMap((node) =>
      node.children.filter((child) => hasFailed(child) && !recovered.has(child) && !isAsynchronous(child, times)),
    );
  }
  return origin;
}
