import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SpanRecord } from 'throughline';
import type { AppOptions } from './app.ts';
import type { ServerBench } from './bench.ts';

const X_FORWARDED: Readonly<Record<string, string>> = {
  host: 'inner:8080',
  'x-forwarded-for': '203.0.113.7, 10.0.0.1',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'shop.example:8443',
};
const FORWARDED: Readonly<Record<string, string>> = {
  host: 'inner:8080',
  forwarded: 'For="[2001:db8::17]:4711";Proto=https;Host="shop.example:8443", for=10.0.0.1;proto=http',
};
const OUTER = { scheme: 'https', host: 'shop.example', port: 8443 };
const INNER = { scheme: 'http', host: 'inner', port: 8080, client: '127.0.0.1' };

function seen({ attributes }: SpanRecord): object {
  return {
    scheme: attributes['url.scheme'],
    host: attributes['server.address'],
    port: attributes['server.port'],
    client: attributes['client.address'],
  };
}

export function proxyCases(bench: ServerBench): void {
  async function ask(options: Partial<AppOptions>, headers: Record<string, string>): Promise<object> {
    let span: SpanRecord | undefined;
    await bench.withApp(options, async (site) => {
      await bench.get('/ok', headers, site).expect(200);
      span = await bench.span();
    });
    assert.equal(span?.attributes['network.peer.address'], '127.0.0.1');
    return seen(span);
  }

  for (const [name, headers] of Object.entries({ 'X-Forwarded-*': X_FORWARDED, Forwarded: FORWARDED })) {
    test(`believes no ${name} by default`, async () => {
      assert.deepEqual(await ask({}, headers), INNER);
    });
  }

  test('believes X-Forwarded-* with trustProxy', async () => {
    assert.deepEqual(await ask({ trustProxy: true }, X_FORWARDED), { ...OUTER, client: '203.0.113.7' });
  });

  test('believes Forwarded with trustProxy, before X-Forwarded-*', async () => {
    const both = { ...X_FORWARDED, 'x-forwarded-for': '198.51.100.1', ...FORWARDED };
    assert.deepEqual(await ask({ trustProxy: true }, both), { ...OUTER, client: '2001:db8::17' });
  });

  test('keeps what a trusted proxy says nothing of', async () => {
    assert.deepEqual(await ask({ trustProxy: true }, { host: 'inner:8080' }), INNER);
    assert.deepEqual(await ask({ trustProxy: true }, { host: 'inner:8080', forwarded: 'secret;;=;for' }), INNER);
  });

  if (!bench.app.knowsProxies) return;

  test('believes what the framework was told to believe', async () => {
    const expected = { ...OUTER, client: '203.0.113.7' };
    assert.deepEqual(await ask({ frameworkTrustsProxy: true }, X_FORWARDED), expected);
  });

  test('keeps the Host with its port where a trusted proxy names none', async () => {
    const { 'x-forwarded-host': _, ...headers } = X_FORWARDED;
    const expected = { ...INNER, scheme: 'https', client: '203.0.113.7' };
    assert.deepEqual(await ask({ frameworkTrustsProxy: true }, headers), expected);
  });

  test('lets trustProxy: false overrule the framework', async () => {
    assert.deepEqual(await ask({ frameworkTrustsProxy: true, trustProxy: false }, X_FORWARDED), INNER);
  });
}
