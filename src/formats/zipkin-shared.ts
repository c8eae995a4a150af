import type { SpanRecord } from '../core/record.ts';
import { derivedId } from './zipkin-id.ts';

/** A span as it was read, and whether it said that its id is its client's too. */
export interface ReadSpan {
  readonly record: SpanRecord;
  readonly isShared: boolean;
}

/**
 * Zipkin's tracers give a call's client span and server span one id, as B3 has it; here each span has an
 * id of its own:
 *
 *     id a  CLIENT  shop                     a            CLIENT  shop
 *     id a  SERVER  stock, shared      ->    └ derived a  SERVER  stock
 *     id b  parent a, stock                    └ b        INTERNAL stock
 *
 * The server's half gets {@link derivedId} and has the client's for its parent. Spans that the server's
 * service has under it follow, where they are in the same request: in another one nothing tells them from
 * children of the client. A server span that does not say `shared` is taken for one when its client's half
 * is there.
 */
export function separateSharedSpans(spans: readonly ReadSpan[]): SpanRecord[] {
  const clients = new Set(spans.filter(({ record }) => record.kind === 'client').map(({ record }) => keyOf(record)));
  const shared = new Set<string>();
  const separated = spans.map(({ record, isShared }) => {
    if (record.kind !== 'server' || !(isShared || clients.has(keyOf(record)))) return record;
    shared.add(serverKey(record, record.spanId));
    return { ...record, spanId: derivedId(record.spanId), parentSpanId: record.spanId, parentIsRemote: true };
  });
  if (shared.size === 0) return separated;
  return separated.map((record) => {
    const { parentSpanId } = record;
    if (parentSpanId === undefined || record.kind === 'server') return record;
    return shared.has(serverKey(record, parentSpanId)) ? { ...record, parentSpanId: derivedId(parentSpanId) } : record;
  });
}

function keyOf({ traceId, spanId }: SpanRecord): string {
  return traceId + spanId;
}

function serverKey({ traceId, resource }: SpanRecord, spanId: string): string {
  return `${traceId}${spanId}${String(resource.attributes['service.name'])}`;
}
