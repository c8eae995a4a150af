/** The data that a server span of an ordinary request carries. */
export const name = 'GET /json/:id';
export const attributes = {
  'http.request.method': 'GET',
  'http.route': '/json/:id',
  'url.path': '/json/42',
  'url.scheme': 'http',
  'server.address': 'shop.internal',
  'server.port': 8080,
  'network.peer.address': '127.0.0.1',
  'network.peer.port': 54321,
  'network.protocol.version': '1.1',
  'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'http.response.status_code': 200,
};

/**
 * The same for the `i`-th request of many, with twenty attributes: some the same in every span, some of
 * a few values, some never seen before.
 */
export function variedAttributes(i) {
  return {
    ...attributes,
    'http.request.method': i % 4 === 0 ? 'POST' : 'GET',
    'http.route': ['/cart/:id', '/orders/:id', '/stock/:sku'][i % 3],
    'url.path': `/cart/${i}`,
    'network.peer.address': `10.0.${i % 7}.${i % 200}`,
    'network.peer.port': 40_000 + i,
    'http.response.status_code': i % 10 === 0 ? 503 : 200,
    'client.address': `192.168.1.${i % 250}`,
    'http.request.body.size': i * 13,
    'http.response.body.size': i * 131,
    'code.function.name': 'handleCart',
    'app.tenant': ['acme', 'globex', 'initech'][i % 3],
    'app.user.id': `u-${i * 7919}`,
    'app.cache.hit': i % 2 === 0,
    'app.ratio': i / 7,
    'app.tags': ['a', 'b', 'c'],
  };
}
