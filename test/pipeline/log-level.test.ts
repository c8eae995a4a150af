import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Collector, collector } from 'throughline/test';
import { runNode } from '../support/child-process.ts';
import { freePort } from '../support/free-port.ts';

let backend: Collector;
let dead: string;
before(async () => {
  backend = await collector();
  dead = `http://127.0.0.1:${await freePort()}`;
});
after(() => backend.close());

/** Everything that a process says which sends one span, and fails to read something on purpose. */
async function said(endpoint: string, level: string | undefined): Promise<string> {
  const source = `
    import { span, start } from 'throughline';
    const tl = start({ spool: 'off' });
    span('a', { parent: null }).setAttributes(new Proxy({}, { ownKeys: () => ['a'], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }), get: () => { throw new Error('on purpose'); } })).end();
    await tl.flush(300);
  `;
  const variables = {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    ...(level !== undefined && { OTEL_LOG_LEVEL: level }),
  };
  const { stderr } = await runNode(['--input-type=module', '--eval', source], { variables });
  return stderr;
}

describe('OTEL_LOG_LEVEL', { concurrency: 2 }, () => {
  for (const level of [undefined, 'info', 'INFO', 'nonsense']) {
    it(`says where spans go, and why they cannot, with ${level}`, async () => {
      assert.match(await said(backend.url, level), /sending spans to/);
      assert.match(await said(dead, level), /cannot send spans to/);
    });
  }

  it('leaves out what goes well with warn, and what may heal with error', async () => {
    assert.doesNotMatch(await said(backend.url, 'warn'), /throughline/);
    assert.match(await said(dead, 'warn'), /cannot send spans to/);
    assert.doesNotMatch(await said(dead, 'error'), /throughline/);
  });

  it('says nothing with none, and with debug what was kept from the app', async () => {
    assert.equal(await said(dead, 'none'), '');
    assert.match(await said(backend.url, 'debug'), /on purpose/);
  });
});
