import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { outputOfNode } from '../support/child-process.ts';
import { grpcServer } from './grpc-server.ts';

/** A process that knows its collector from the environment alone, and sends one span. */
function sendIn(variables: Readonly<Record<string, string>>): Promise<string> {
  const source = `
    import { span, start } from 'throughline';
    const tl = start({ spool: 'off' });
    span('a', { parent: null }).end();
    await tl.flush(20_000);
    const { exported, exporters: [{ destination }] } = tl.stats();
    console.log(exported, destination);
  `;
  return outputOfNode(['--input-type=module', '--eval', source], { variables });
}

async function paths(t: TestContext): Promise<{ url: string; seen: (string | undefined)[] }> {
  const seen: (string | undefined)[] = [];
  const server = createServer((req, res) => {
    seen.push(req.url);
    req.resume().on('end', () => res.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

describe('the exporter that the environment names', () => {
  it('posts to the endpoint for traces as it is, and below the one for all', async (t) => {
    const { url, seen } = await paths(t);
    assert.equal(await sendIn({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url }), `1 ${url}/\n`);
    assert.equal(await sendIn({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/own` }), `1 ${url}/own\n`);
    assert.equal(await sendIn({ OTEL_EXPORTER_OTLP_ENDPOINT: url }), `1 ${url}/v1/traces\n`);
    assert.deepEqual(seen, ['/', '/own', '/v1/traces']);
  });

  it('speaks gRPC, to a host without a scheme too', async (t) => {
    const server = await grpcServer(t);
    const OTEL_EXPORTER_OTLP_PROTOCOL = 'grpc';
    const host = new URL(server.url).host;
    await sendIn({ OTEL_EXPORTER_OTLP_PROTOCOL, OTEL_EXPORTER_OTLP_ENDPOINT: server.url });
    await sendIn({ OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: server.url });
    const bare = {
      OTEL_EXPORTER_OTLP_PROTOCOL,
      OTEL_EXPORTER_OTLP_ENDPOINT: host,
      OTEL_EXPORTER_OTLP_INSECURE: 'true',
    };
    assert.equal(await sendIn(bare), `1 ${server.url}\n`);
    assert.equal(server.spans.length, 3);
  });
});
