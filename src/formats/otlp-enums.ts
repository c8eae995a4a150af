import type { SpanKind, SpanStatus } from '../core/record.ts';

/**
 * opentelemetry.proto.trace.v1.Span.SpanKind by number.
 * UNSPECIFIED: "implementations MAY assume SpanKind to be INTERNAL" (trace.proto).
 */
export const SPAN_KINDS: readonly SpanKind[] = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'];

/** opentelemetry.proto.trace.v1.Status.StatusCode by number. */
export const STATUS_CODES: readonly SpanStatus['code'][] = ['unset', 'ok', 'error'];

export const KIND_NUMBER: Readonly<Record<SpanKind, number>> = {
  internal: 1,
  server: 2,
  client: 3,
  producer: 4,
  consumer: 5,
};
export const STATUS_NUMBER: Readonly<Record<SpanStatus['code'], number>> = { unset: 0, ok: 1, error: 2 };

/** opentelemetry.proto.trace.v1.SpanFlags: bit 8 says that bit 9 (the parent is remote) is known. */
const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;

/** The `flags` of a span, or of a link: W3C's in the low 8 bits, and whether the other span is remote when that is known. */
export function wireFlags(traceFlags: number, isRemote: boolean | undefined): number {
  const flags = traceFlags & 0xff;
  if (isRemote === undefined) return flags;
  return flags | HAS_IS_REMOTE | (isRemote ? IS_REMOTE : 0);
}

/** True for the kinds whose parent lives in another process where nobody says otherwise: they answer, or consume. */
export function isAnswer(kind: SpanKind): boolean {
  return kind === 'server' || kind === 'consumer';
}

/** True when the other span is remote; `undefined` when the sender did not know. */
export function remoteOfFlags(flags: number): boolean | undefined {
  return (flags & HAS_IS_REMOTE) === 0 ? undefined : (flags & IS_REMOTE) !== 0;
}
