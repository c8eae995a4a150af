import type { Attributes, Resource, SpanRecord } from '../../src/core/record.ts';

export const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';

/** All times in tests are milliseconds after this. */
export const EPOCH_MS = 1_800_000_000_000;

const resources = new Map<string, Resource>();

/** One resource object a service, as one tracer has. */
export function resourceOf(service: string): Resource {
  const known = resources.get(service) ?? {
    attributes: { 'service.name': service, 'service.instance.id': `${service}-1` },
  };
  resources.set(service, known);
  return known;
}

/** A span id from a number: `spanId(1)` is `0000000000000001`. */
export function spanId(number: number): string {
  return number.toString(16).padStart(16, '0');
}

export interface RecordOptions extends Partial<Omit<SpanRecord, 'spanId' | 'parentSpanId'>> {
  readonly id: number;
  readonly parent?: number | undefined;
  readonly service?: string;
  /** After `EPOCH_MS`. */
  readonly at?: number;
  readonly took?: number;
  readonly failed?: boolean;
  readonly tags?: Attributes;
}

/** A finished span of service `shop`, a millisecond long, with what a test says about it. */
export function record(options: RecordOptions): SpanRecord {
  const { id, parent, service = 'shop', at = 0, took = 1, failed = false, tags = {}, ...rest } = options;
  return {
    traceId: TRACE_ID,
    spanId: spanId(id),
    parentSpanId: parent === undefined ? undefined : spanId(parent),
    parentIsRemote: false,
    name: `span ${id}`,
    kind: 'internal',
    startTimeMs: EPOCH_MS + at,
    durationMs: took,
    attributes: tags,
    events: [],
    links: [],
    status: { code: failed ? 'error' : 'unset' },
    resource: resourceOf(service),
    scope: { name: 'test' },
    traceState: undefined,
    flags: 3,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    ...rest,
  };
}

/** The checkout of the README: three services, siblings side by side, a failure and its retry. */
export function checkout(): SpanRecord[] {
  const ok = { 'http.response.status_code': 200 };
  const unavailable = { 'http.response.status_code': 503 };
  const client = { name: 'GET', kind: 'client' } as const;
  const server = { kind: 'server', parentIsRemote: true } as const;
  const stock = { ...server, service: 'stock', name: 'GET /stock/:sku' };
  return [
    record({ id: 1, at: 0, took: 200, name: 'GET /checkout/:id', kind: 'server', tags: ok }),
    record({ id: 2, parent: 1, at: 10, took: 80, ...client, tags: ok }),
    record({ id: 3, parent: 2, at: 12, took: 76, ...server, service: 'pricing', name: 'GET /prices/:sku', tags: ok }),
    record({ id: 4, parent: 3, at: 20, took: 40, ...client, service: 'pricing', tags: ok }),
    record({ id: 5, parent: 4, at: 21, took: 38, ...stock, tags: ok }),
    record({ id: 6, parent: 1, at: 10, took: 20, ...client, failed: true, tags: unavailable }),
    record({ id: 7, parent: 6, at: 12, took: 16, ...stock, failed: true, tags: unavailable }),
    record({ id: 8, parent: 1, at: 50, took: 100, ...client, tags: { ...ok, 'http.request.resend_count': 1 } }),
    record({ id: 9, parent: 8, at: 75, took: 50, ...stock, tags: ok }),
    record({ id: 10, parent: 1, at: 160, took: 0, name: 'order placed' }),
  ];
}
