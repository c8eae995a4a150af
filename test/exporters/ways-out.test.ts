import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { type Exporter, otlp, zipkin } from 'throughline/exporters';
import { collector } from 'throughline/test';
import { encodeTraceResponse } from '../../src/formats/otlp-protobuf-answer.ts';
import { runModule } from '../contract/suites/exporter.ts';
import { sampleRecord } from '../contract/suites/sample-record.ts';
import { selfSigned } from '../support/self-signed.ts';
import { grpcServer } from './grpc-server.ts';

const never: AbortSignal = new AbortController().signal;

async function listening(t: TestContext, server: ReturnType<typeof createServer>): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function answering(t: TestContext, handle: RequestListener): Promise<string> {
  return listening(
    t,
    createServer((req, res) => req.resume().on('end', () => handle(req, res))),
  );
}

function open(t: TestContext, exporter: Exporter): Exporter {
  t.after(() => exporter.shutdown?.());
  return exporter;
}

describe('headers that a function gives', () => {
  for (const make of [otlp, zipkin]) {
    it(`are asked for anew for each request: ${make.name}`, async (t) => {
      const seen: unknown[] = [];
      const host = await answering(t, ({ headers }, res) => {
        seen.push(headers.authorization);
        res.end();
      });
      let tokens = 0;
      const headers = async () => ({ Authorization: `Bearer ${++tokens}` });
      const exporter = open(t, make({ endpoint: `http://${host}`, headers }));
      for (let i = 0; i < 2; i++) await exporter.export([sampleRecord()], never);
      assert.deepEqual(seen, ['Bearer 1', 'Bearer 2']);
    });
  }

  it('go to a gRPC server too', async (t) => {
    const server = await grpcServer(t);
    const exporter = open(t, otlp({ protocol: 'grpc', endpoint: server.url, headers: () => ({ 'X-Key': 'k' }) }));
    await exporter.export([sampleRecord()], never);
    assert.deepEqual(server.calls[0]?.metadata.get('x-key'), ['k']);
  });

  const failing: readonly [what: string, headers: () => unknown, reason: RegExp][] = [
    ['rejects', () => Promise.reject(new TypeError('S3CRET')), /^the function of "headers" failed: TypeError$/],
    ['throws', () => assert.fail('S3CRET'), /^the function of "headers" failed: ERR_ASSERTION$/],
    ['gives no text', () => ({ a: 5 }), /^the function of "headers" gave "a" no valid value$/],
    ['gives what is no header', () => ({ a: 'S3CRET\r\nb: c' }), /^the function of "headers" gave "a" no valid value$/],
  ];
  for (const [what, headers, reason] of failing) {
    it(`make the request one to try again, and are never told, where it ${what}`, async (t) => {
      const host = await answering(t, (_req, res) => res.end());
      const exporter = open(t, otlp({ endpoint: `http://${host}`, headers: headers as () => Record<string, string> }));
      const result = await exporter.export([sampleRecord()], never);
      assert.equal(result.outcome, 'retry');
      assert.match(result.reason, reason);
    });
  }

  it('are not waited for beyond the deadline', { timeout: 60_000 }, async (t) => {
    const alive = setInterval(() => undefined, 1000);
    t.after(() => clearInterval(alive));
    const headers = () => new Promise<Record<string, string>>(() => undefined);
    const exporter = open(t, otlp({ endpoint: 'http://127.0.0.1:9', headers, timeoutMs: 20 }));
    const result = await exporter.export([sampleRecord()], never);
    assert.deepEqual(result, { outcome: 'retry', reason: 'no answer within 20 ms' });
  });
});

describe('an answer that a proxy has packed though nobody asked', () => {
  const partial = Buffer.from(encodeTraceResponse(1, 'too old'));
  for (const [encoding, bytes] of [
    ['gzip', gzipSync(partial)],
    ['deflate', deflateSync(partial)],
    ['br', brotliCompressSync(partial)],
    ['identity', partial],
  ] as const) {
    it(`is understood: ${encoding}`, async (t) => {
      let asked: string | undefined;
      const host = await answering(t, ({ headers }, res) => {
        asked = headers['accept-encoding'];
        res.writeHead(200, { 'content-encoding': encoding, 'content-type': 'application/x-protobuf' }).end(bytes);
      });
      const exporter = open(t, otlp({ endpoint: `http://${host}` }));
      const result = await exporter.export([sampleRecord(), sampleRecord()], never);
      assert.deepEqual(result, { outcome: 'accepted', rejected: 1, message: 'too old' });
      assert.equal(asked, 'identity');
    });
  }

  it('is looked at as it is where it cannot be unpacked, or would be too much', async (t) => {
    for (const bytes of [Buffer.from('junk'), gzipSync(Buffer.alloc(8 * 1024 * 1024))]) {
      const host = await answering(t, (_req, res) => {
        res.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/x-protobuf' }).end(bytes);
      });
      const result = await open(t, otlp({ endpoint: `http://${host}` })).export([sampleRecord()], never);
      assert.match(JSON.stringify(result), /accepted.*is this a collector/);
    }
  });
});

describe('a receiver that speaks something else', () => {
  it('is named: a gRPC port', async (t) => {
    const { url } = await grpcServer(t);
    const result = await open(t, otlp({ endpoint: url })).export([sampleRecord()], never);
    assert.equal(result.outcome, 'retry');
    assert.match(result.reason, /HPE_\w+; the answer is no HTTP\/1.1: is it a gRPC port \(4317\)\?/);
  });

  it('is named: a port without TLS', async (t) => {
    const host = await answering(t, (_req, res) => res.end());
    const result = await open(t, otlp({ endpoint: `https://${host}` })).export([sampleRecord()], never);
    assert.equal(result.outcome, 'retry');
    assert.match(result.reason, /speaks no TLS: is it http:\/\//);
  });
});

/** A proxy that takes the URL as target, and makes tunnels; `seen` is what it was asked for. */
async function proxy(t: TestContext): Promise<{ host: string; seen: string[]; headers: IncomingMessage['headers'][] }> {
  const seen: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const server = createServer((req, res) => {
    seen.push(`${req.method} ${req.url}`);
    headers.push(req.headers);
    req.resume().on('end', () => res.end());
  });
  server.on('connect', (req, socket) => {
    seen.push(`CONNECT ${req.url}`);
    headers.push(req.headers);
    const [host, port] = String(req.url).split(':');
    const far = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(far).pipe(socket);
    });
    for (const end of [socket, far]) end.on('error', () => {});
    t.after(() => far.destroy());
  });
  return { host: await listening(t, server), seen, headers };
}

/** A process of its own: whose environment names the proxy when the exporter is made. */
async function exportIn(variables: Record<string, string>, exporter: string): Promise<string> {
  const { stdout, stderr } = await runModule(
    `
    import { otlp, zipkin } from 'throughline/exporters';
    const exporter = ${exporter};
    const alive = setInterval(() => {}, 1000);
    const result = await exporter.export([${JSON.stringify(sampleRecord())}], AbortSignal.timeout(20_000));
    clearInterval(alive);
    await exporter.shutdown();
    console.log(JSON.stringify(result));
  `,
    variables,
  );
  return stdout + stderr;
}

describe('the proxy of the environment', () => {
  it('is told the whole URL of a receiver of plain HTTP, and who we are', async (t) => {
    const { host, seen, headers } = await proxy(t);
    const variables = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: `http://us:p%40ss@${host}` };
    assert.match(await exportIn(variables, `otlp({ endpoint: 'http://collector.example:4318' })`), /accepted/);
    assert.match(await exportIn(variables, `zipkin({ endpoint: 'http://zipkin.example:9411' })`), /accepted/);
    assert.deepEqual(seen, [
      'POST http://collector.example:4318/v1/traces',
      'POST http://zipkin.example:9411/api/v2/spans',
    ]);
    assert.equal(headers[0]?.['proxy-authorization'], `Basic ${Buffer.from('us:p@ss').toString('base64')}`);
    assert.equal(headers[0]?.host, 'collector.example:4318');
  });

  it('makes a tunnel to one of https, whose certificate is still looked at', async (t) => {
    const { cert, key } = selfSigned('localhost');
    const server = createTlsServer({ cert, key }, (req, res) => req.resume().on('end', () => res.end()));
    const target = (await listening(t, server as unknown as ReturnType<typeof createServer>)).replace(
      '127.0.0.1',
      'localhost',
    );
    const { host, seen } = await proxy(t);
    const variables = { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: `http://${host}` };
    const made = (tls: object) => `otlp(${JSON.stringify({ endpoint: `https://${target}`, tls })})`;
    assert.match(await exportIn(variables, made({ ca: cert })), /accepted/);
    assert.match(await exportIn(variables, made({})), /retry.*CERT/);
    assert.deepEqual(seen, [`CONNECT ${target}`, `CONNECT ${target}`]);
  });

  it('is not asked without the opt-in, where NO_PROXY spares the receiver, nor for an agent of the app', async (t) => {
    const backend = await collector();
    t.after(() => backend.close());
    const { host, seen } = await proxy(t);
    const HTTP_PROXY = `http://${host}`;
    const made = `otlp({ endpoint: ${JSON.stringify(backend.url)} })`;
    for (const variables of [
      { HTTP_PROXY },
      ...['*', '127.0.0.1', 'x, 127.0.0.1:*'.replace(':*', ''), `127.0.0.1:${new URL(backend.url).port}`].map(
        (NO_PROXY) => ({
          ...{ HTTP_PROXY, NO_PROXY },
          NODE_USE_ENV_PROXY: '1',
        }),
      ),
    ]) {
      assert.match(await exportIn(variables, made), /accepted/);
    }
    assert.deepEqual(seen, []);
    assert.equal(backend.spans.length, 5);
  });
});

describe('an agent of the app', () => {
  it('makes the connections, and is not closed with the exporter', async (t) => {
    const host = await answering(t, (_req, res) => res.end());
    let made = 0;
    class Counting extends Agent {
      override createConnection(...args: Parameters<Agent['createConnection']>): ReturnType<Agent['createConnection']> {
        made++;
        return super.createConnection(...args);
      }
    }
    const agent = new Counting({ keepAlive: true });
    t.after(() => agent.destroy());
    for (const make of [otlp, zipkin]) {
      const exporter = make({ endpoint: `http://${host}`, agent });
      assert.equal((await exporter.export([sampleRecord()], never)).outcome, 'accepted');
      await exporter.shutdown?.();
    }
    assert.equal(made, 1);
  });

  it('must be one', () => {
    assert.throws(() => otlp({ agent: {} as Agent }), /otlp\(\): "agent" must be an agent of node:http or node:https/);
  });
});
