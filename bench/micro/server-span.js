/** What a server span of an ordinary request carries. */
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
