import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchange, requestText, type ServerBench } from './bench.ts';

export function requestCases(bench: ServerBench): void {
  const { knowsRoutes } = bench.app;
  /** The name and route that a matched request has: frameworks without routes have neither. */
  const named = (method: string, route: string): { name: string; route: string | undefined } =>
    knowsRoutes ? { name: `${method} ${route}`, route } : { name: method, route: undefined };

  async function assertNamed(expected: { name: string; route: string | undefined }): Promise<void> {
    const { name, kind, attributes } = await bench.span();
    assert.deepEqual({ name, kind, route: attributes['http.route'] }, { ...expected, kind: 'server' });
    assert.equal(Object.hasOwn(attributes, 'http.route'), expected.route !== undefined);
  }

  test('is one SERVER span named by method and route', async () => {
    await bench.get('/ok').expect(200, 'ok');
    await assertNamed(named('GET', '/ok'));
  });

  test('shows the template of a route, not what stood in its place', async () => {
    await bench.get('/users/42').expect(200, '42');
    await assertNamed(named('GET', '/users/:id'));
  });

  test('shows the whole template through mounted routers with parameters', async () => {
    await bench.get('/api/v1/ann/posts/7').expect(200, '7');
    await assertNamed(named('GET', '/api/:version/:user/posts/:pid'));
  });

  for (const path of ['/nothing/here', '/', '/api/v1/nothing', '/api/v1/ann/posts', '/part']) {
    test(`names an unmatched request by its method alone (${path})`, async () => {
      await bench.get(path).expect(404);
      await assertNamed({ name: 'GET', route: undefined });
    });
  }

  test('names HEAD by the route that answers it', async () => {
    const answer = await exchange(bench.site, requestText('HEAD /bytes/1000'));
    assert.match(answer, /^HTTP\/1.1 200 OK\r\n(.*\r\n)*content-length: 1000\r\n/i);
    assert.ok(answer.endsWith('\r\n\r\n'), 'no body');
    const { name, attributes } = await bench.span();
    assert.equal(name, named('HEAD', '/bytes/:count').name);
    assert.equal(attributes['http.response.status_code'], 200);
    assert.equal(attributes['throughline.ending'], undefined);
  });

  test('names an unknown method HTTP, and keeps it aside', async () => {
    await exchange(bench.site, requestText('PURGE /ok'));
    const { name, attributes } = await bench.span();
    assert.equal(name, 'HTTP');
    assert.equal(attributes['http.request.method'], '_OTHER');
    assert.equal(attributes['http.request.method_original'], 'PURGE');
  });

  test('tells what the semantic conventions ask for', async () => {
    const headers = ['User-Agent: probe/1.0'];
    const answer = await exchange(bench.site, requestText('GET /ok?id=7', headers));
    const { attributes } = await bench.span();
    const { 'network.peer.port': port, 'http.response.size': size, ...rest } = attributes;
    assert.ok(typeof port === 'number' && port > 0);
    assert.equal(size, knowsRoutes ? undefined : Buffer.byteLength(answer));
    assert.deepEqual(rest, {
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'url.scheme': 'http',
      'url.path': '/ok',
      'url.query': 'id=REDACTED',
      'server.address': 'shop.example',
      'server.port': 8080,
      'client.address': '127.0.0.1',
      'network.peer.address': '127.0.0.1',
      'network.protocol.version': '1.1',
      'user_agent.original': 'probe/1.0',
      // The app on node:http alone gives its headers to writeHead, where a length is not seen: then what was written is told.
      ...(knowsRoutes ? { 'http.route': '/ok', 'http.response.body.size': 2 } : {}),
    });
  });

  test('says HTTP/1.0 of an old client that sends no Host', async () => {
    assert.match(await exchange(bench.site, 'GET /ok HTTP/1.0\r\n\r\n'), /ok$/);
    const { attributes } = await bench.span();
    assert.equal(attributes['network.protocol.version'], '1.0');
    assert.ok(!('server.address' in attributes) && !('server.port' in attributes));
  });

  test('lets no query value into the record', async () => {
    const query = 'token=s3cret&empty=&flag&a=b=s3cret&c=%73%33cret&url=http://s3cret/?s3cret=s3cret';
    await bench.get(`/ok?${query}`).expect(200);
    const span = await bench.span();
    assert.doesNotMatch(JSON.stringify(span), /s3cret|%73/);
    assert.match(
      String(span.attributes['url.query']),
      /^token=REDACTED&empty=&flag&a=REDACTED&c=REDACTED&url=REDACTED/,
    );
  });

  for (const [target, path] of [
    ['http://proxied.example/ok', '/ok'],
    ['http://proxied.example/ok?a=1', '/ok'],
    ['//', '//'],
    ['//evil.example/ok', '//evil.example/ok'],
    ['/%', '/%'],
    ['/%00%ff', '/%00%ff'],
    ['/ok/../ok', '/ok/../ok'],
  ] as const) {
    test(`takes the target ${target} as it comes`, async () => {
      const traced = await exchange(bench.site, requestText(`GET ${target}`));
      assert.match(traced, /^HTTP\/1.1 \d{3} /);
      assert.equal((await bench.span()).attributes['url.path'], path);
    });
  }

  test('takes the target * of OPTIONS', async () => {
    await exchange(bench.site, requestText('OPTIONS *'));
    const { name, attributes } = await bench.span();
    assert.equal(name, 'OPTIONS');
    assert.equal(attributes['url.path'], '*');
  });

  test('cuts a path of 8 KB, and a query and user agent of 4', async () => {
    const target = `/users/${'u'.repeat(4000)}/${'v'.repeat(4000)}?${'k=v&'.repeat(1000)}`;
    await exchange(bench.site, requestText(`GET ${target}`, [`User-Agent: ${'a'.repeat(3000)}`]));
    const { attributes } = await bench.span();
    assert.equal(String(attributes['url.path']).length, 4096);
    assert.equal(String(attributes['url.query']).length, 4096);
    assert.equal(String(attributes['user_agent.original']).length, 1024);
  });
}
