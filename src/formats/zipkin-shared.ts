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
 * is there, and one that does stays as it is when all spans of its trace are here (`isWhole`) and the client's half is
 * not: it is the root. Several servers may have answered under one id: then their ids are told apart by service and address.
 */
export function separateSharedSpans(spans: readonly ReadSpan[], isWhole = false): SpanRecord[] {
  const clients = new Set(spans.filter(({ record }) => record.kind === 'client').map(({ record }) => keyOf(record)));
  const servers = new Map<string, Set<string>>();
  for (const { record } of spans) {
    if (record.kind !== 'server') continue;
    const places = servers.get(keyOf(record)) ?? new Set();
    servers.set(keyOf(record), places.add(placeOf(record)));
  }
  /** The id of each server half, by its service. */
  const derived = new Map<string, string>();
  const separated = spans.map(({ record, isShared }) => {
    const hasClient = clients.has(keyOf(record));
    if (record.kind !== 'server' || !(hasClient || (isShared && !isWhole))) return record;
    const isOneOfMany = (servers.get(keyOf(record))?.size ?? 0) > 1;
    const spanId = derivedId(isOneOfMany ? record.spanId + placeOf(record) : record.spanId);
    derived.set(serverKey(record, record.spanId), spanId);
    return { ...record, spanId, parentSpanId: record.spanId, parentIsRemote: true };
  });
  if (derived.size === 0) return separated;
  return separated.map((record) => {
    const { parentSpanId } = record;
    if (parentSpanId === undefined || record.kind === 'server') return record;
    const server = derived.get(serverKey(record, parentSpanId));
    return server === undefined ? record : { ...record, parentSpanId: server };
  });
}

/** The side that answered: the service, and its address where it says one. */
function placeOf({ resource, attributes }: SpanRecord): string {
  const address = [attributes['network.local.address'], attributes['network.local.port']];
  return `\0${[resource.attributes['service.name'], ...address].join('\0')}`;
}

function keyOf({ traceId, spanId }: SpanRecord): string {
  return traceId + spanId;
}

function serverKey({ traceId, resource }: SpanRecord, spanId: string): string {
  return `${traceId}${spanId}${String(resource.attributes['service.name'])}`;
}
