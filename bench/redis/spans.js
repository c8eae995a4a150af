import { randomBytes } from 'node:crypto';

const hex = (bytes) => randomBytes(bytes).toString('hex');
const below = (limit) => Math.floor(Math.random() * limit);

const resource = {
  attributes: {
    'service.name': 'shop',
    'service.version': '1.2.3',
    'service.instance.id': 'c1f9b5b2-6f0e-4a5e-9d6b-0f8f0f6c7a11',
    'deployment.environment.name': 'production',
    'host.name': 'ip-10-0-12-34',
    'process.pid': 4711,
    'process.runtime.name': 'nodejs',
    'process.runtime.version': '22.1.0',
    'telemetry.sdk.name': 'throughline',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.version': '0.1.0',
  },
};
const scope = { name: 'throughline', version: '0.1.0' };

/** Twenty attributes: some always the same, some of few values, seven different in nearly every span. */
function attributes() {
  return {
    'http.request.method': 'GET',
    'http.route': '/orders/:id',
    'url.path': `/orders/${below(1e6)}`,
    'url.scheme': 'http',
    'url.full': `http://stock.internal:8080/items/${below(1e6)}`,
    'server.address': 'shop.internal',
    'server.port': 8080,
    'network.peer.address': `10.0.${below(256)}.${below(256)}`,
    'network.peer.port': 30_000 + below(30_000),
    'network.protocol.version': '1.1',
    'client.address': `10.0.0.${below(256)}`,
    'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    'http.response.status_code': Math.random() < 0.95 ? 200 : 503,
    'http.response.body.size': below(10_000),
    'user.id': `u${below(1e5)}`,
    'tenant.id': `t${below(50)}`,
    'app.cart.items': below(20),
    'app.cached': Math.random() < 0.5,
    'app.currency': 'EUR',
    'app.attempt': 1,
  };
}

function record(traceId, parentSpanId, startTimeMs) {
  const { 'http.response.status_code': status } = attributes();
  return {
    traceId,
    spanId: hex(8),
    parentSpanId,
    parentIsRemote: false,
    name: 'GET /orders/:id',
    kind: parentSpanId === undefined ? 'server' : 'client',
    startTimeMs,
    durationMs: Math.round(Math.random() * 50_000) / 1000,
    attributes: attributes(),
    events: [],
    links: [],
    status: { code: status === 503 ? 'error' : 'unset' },
    resource,
    scope,
    traceState: undefined,
    flags: 3,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** `count` spans of one service, in traces of `perTrace`, as they would end over the last ten minutes. */
export function makeSpans(count, perTrace) {
  const spans = [];
  const begin = Date.now() - 600_000;
  for (let at = 0; at < count; at += perTrace) {
    const traceId = hex(16);
    let parent;
    for (let n = 0; n < perTrace; n += 1) {
      const startTimeMs = begin + Math.round((at / count) * 600_000_000) / 1000 + n * 0.123;
      const span = record(traceId, parent, startTimeMs);
      parent ??= span.spanId;
      spans.push(span);
    }
  }
  return spans;
}
