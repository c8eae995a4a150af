/** Five small things that middlewares do: each reads something of the request, some write a header. */
export const fiveSteps = [
  function requestId(req, setHeader) {
    // By a field that no format reads: else what the app sends back counts as reading (hostile/).
    setHeader('x-request-id', req.headers['x-correlation-id'] ?? '7d1f0a52');
  },
  function locale(req) {
    req.locale = (req.headers['accept-language'] ?? 'en').slice(0, 2);
  },
  function identity(req) {
    req.user = req.headers.authorization ? { id: 'alice' } : { id: 'guest' };
  },
  function frameGuard(_req, setHeader) {
    setHeader('x-frame-options', 'DENY');
  },
  function cacheControl(req, setHeader) {
    setHeader('cache-control', req.method === 'GET' ? 'max-age=5' : 'no-store');
  },
];

/** About 500 bytes of JSON, as an item of a shop might look. */
export function document(id) {
  return {
    id,
    title: 'A lamp that follows the light of the day',
    price: { amount: 4900, currency: 'EUR' },
    tags: ['light', 'home', 'new'],
    stock: [1, 2, 3].map((shelf) => ({ shelf, count: shelf * 7, reserved: shelf - 1 })),
    description: 'Warm in the evening and bright at noon. '.repeat(5),
  };
}

/** One GET by node:http, or by whatever has its `get`, read to its end. */
export function readJson(http, url) {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent: keepAlive(http) }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(JSON.parse(text)));
      response.on('error', reject);
    });
    request.on('error', reject);
  });
}

let agent;

/** One agent for all: axios and fetch keep connections open too. */
function keepAlive(http) {
  agent ??= new http.Agent({ keepAlive: true });
  return agent;
}
