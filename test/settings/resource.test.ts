import assert from 'node:assert/strict';
import os from 'node:os';
import { describe, it } from 'node:test';
import { span } from 'throughline';
import { onlySpan } from '../core/app-spans.ts';
import { outputOfNode } from '../support/child-process.ts';

describe('the resource', () => {
  it('names host, process and runtime', async () => {
    span('any', () => {});
    const { attributes } = (await onlySpan()).resource;
    assert.equal(attributes['host.name'], os.hostname());
    assert.equal(attributes['process.pid'], process.pid);
    assert.equal(attributes['process.runtime.name'], 'nodejs');
    assert.equal(attributes['process.runtime.version'], process.versions.node);
  });

  it('lists the addresses of the host, each once, at most 16, no loopback', async () => {
    const interfaces = `Object.fromEntries([
      ['lo', [{ address: '127.0.0.1', internal: true }, { address: '::1', internal: true }]],
      ['eth0', [{ address: '10.0.0.5', internal: false }, { address: 'fe80::1', internal: false }]],
      ['gone', undefined],
      ['eth1', [{ address: '10.0.0.5', internal: false }]],
      ...Array.from({ length: 40 }, (_, n) => ['veth' + n, [{ address: '172.17.0.' + n, internal: false }]]),
    ])`;
    const addresses = (await resourceWith(`networkInterfaces = () => (${interfaces})`))['host.ip'] as string[];
    assert.equal(addresses.length, 16);
    assert.deepEqual(addresses.slice(0, 3), ['10.0.0.5', 'fe80::1', '172.17.0.0']);
  });

  it('goes without what the operating system refuses to say', async () => {
    const refused =
      'networkInterfaces = () => { throw new Error("uv_interface_addresses returned Unknown system error 1"); }';
    const attributes = await resourceWith(refused);
    assert.equal(attributes['host.ip'], undefined);
    assert.equal(attributes['host.name'], os.hostname());
    assert.equal((await resourceWith('networkInterfaces = () => ({})'))['host.ip'], undefined);
  });

  it('gives way to what code and environment say', async () => {
    const attributes = await resourceWith('hostname = () => "machine"', { 'host.name': 'given' });
    assert.equal(attributes['host.name'], 'given');
  });
});

/** The resource of a process whose `node:os` was changed before we were loaded. */
async function resourceWith(change: string, resource: object = {}): Promise<Record<string, unknown>> {
  const script = `
    import os from 'node:os';
    import { syncBuiltinESMExports } from 'node:module';
    os.${change};
    syncBuiltinESMExports();
    const { span, start } = await import('throughline');
    const { memory } = await import('throughline/exporters');
    const exporter = memory();
    const running = start({ exporters: exporter, resource: ${JSON.stringify(resource)} });
    span('any', () => {});
    await running.flush();
    console.log(JSON.stringify(exporter.spans[0].resource.attributes));
  `;
  return JSON.parse(await outputOfNode(['--input-type=module', '--eval', script]));
}
