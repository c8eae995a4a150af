import { randomBytes } from 'node:crypto';
import type { SpanRecord } from 'throughline/exporters';

/** A finished server span with every field filled and ids of its own; `overrides` replaces whole fields. */
export function sampleRecord(overrides: Partial<SpanRecord> = {}): SpanRecord {
  return {
    traceId: randomId(16),
    spanId: randomId(8),
    parentSpanId: randomId(8),
    parentIsRemote: true,
    name: 'GET /orders/:id',
    kind: 'server',
    startTimeMs: 1_700_000_000_123.25,
    durationMs: 12.345678,
    attributes: {
      'http.request.method': 'GET',
      'http.response.status_code': 503,
      'app.ratio': 0.1,
      'app.cached': false,
      'app.tags': ['a', null, 'b'],
      'app.sizes': [1, 2.5, null],
      'app.switches': [true, false],
      'app.none': [],
    },
    events: [
      { name: 'asked stock', timeMs: 1_700_000_000_124.5, attributes: { attempt: 2 } },
      { name: 'done', timeMs: 1_700_000_000_130, attributes: {} },
    ],
    links: [
      {
        context: { traceId: randomId(16), spanId: randomId(8), traceFlags: 3, isRemote: true },
        attributes: { reason: 'batch' },
      },
      { context: { traceId: randomId(16), spanId: randomId(8), traceFlags: 0, isRemote: false }, attributes: {} },
      { context: { traceId: randomId(16), spanId: randomId(8), traceFlags: 1, traceState: 'a=1,b=2' }, attributes: {} },
    ],
    status: { code: 'error', message: 'stock is down' },
    resource: { attributes: { 'service.name': 'shop', 'process.pid': 4711 } },
    scope: { name: 'throughline', version: '1.2.3' },
    traceState: 'congo=t61rcWkgMzE,rojo=00f067aa0ba902b7',
    flags: 3,
    droppedAttributesCount: 1,
    droppedEventsCount: 2,
    droppedLinksCount: 3,
    ...overrides,
  };
}

/** A root span with nothing but what every span has. */
export function bareRecord(overrides: Partial<SpanRecord> = {}): SpanRecord {
  return sampleRecord({
    parentSpanId: undefined,
    parentIsRemote: false,
    kind: 'internal',
    attributes: {},
    events: [],
    links: [],
    status: { code: 'unset' },
    resource: { attributes: {} },
    scope: { name: 'throughline' },
    traceState: undefined,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    ...overrides,
  });
}

function randomId(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}
