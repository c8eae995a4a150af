import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { Metadata } from '@grpc/grpc-js';
import { type Exporter, type OtlpOptions, otlp, type SpanRecord } from 'throughline/exporters';
import { encodeTraceResponse } from '../../src/formats/otlp-protobuf-answer.ts';
import { encodeTraceRequestProtobuf } from '../../src/formats/otlp-protobuf-encode.ts';
import { wellFormed } from '../contract/checks/well-formed.ts';
import { exporterContract, runModule } from '../contract/suites/exporter.ts';
import { sampleRecord } from '../contract/suites/sample-record.ts';
import { freePort } from '../support/free-port.ts';
import { selfSigned } from '../support/self-signed.ts';
import { type GrpcServer, grpcServer, portOf } from './grpc-server.ts';

const never: AbortSignal = new AbortController().signal;

for (const compression of ['none', 'gzip'] as const) {
  exporterContract(`otlp() over gRPC, ${compression}`, async (t) => {
    const server = await grpcServer(t);
    return {
      exporter: exporting(t, server, { compression }),
      readBack: async () => server.spans,
      asReceived: wellFormed<SpanRecord>,
      failing: otlp({ protocol: 'grpc', endpoint: `http://127.0.0.1:${await freePort()}` }),
      program: `
        import { otlp } from 'throughline/exporters';
        const exporter = otlp({ protocol: 'grpc', endpoint: ${JSON.stringify(server.url)} });
        const alive = setInterval(() => {}, 1000);
        const result = await exporter.export([${JSON.stringify(sampleRecord())}], new AbortController().signal);
        clearInterval(alive);
        if (result.outcome !== 'accepted') throw new Error(result.reason);
        await exporter.shutdown();
      `,
    };
  });
}

function exporting(t: TestContext, { url }: { readonly url: string }, options: OtlpOptions = {}): Exporter {
  const exporter = otlp({ protocol: 'grpc', endpoint: url, ...options });
  t.after(() => exporter.shutdown?.());
  return exporter;
}

describe('OTLP over gRPC, on the wire', () => {
  for (const compression of ['none', 'gzip'] as const) {
    it(`is the same bytes to a server of another make, compression ${compression}`, async (t) => {
      const server = await grpcServer(t);
      const batch = Array.from({ length: 100 }, () => sampleRecord());
      const exporter = exporting(t, server, { compression, timeoutMs: 4000, headers: { 'X-Api-Key': 'k' } });
      const before = Date.now();
      assert.deepEqual(await exporter.export(batch, never), { outcome: 'accepted' });
      const [call] = server.calls;
      assert.deepEqual(call?.bytes, Buffer.from(encodeTraceRequestProtobuf(batch)));
      assert.match(String(call?.metadata.get('user-agent')[0]), /^OTel-OTLP-Exporter-throughline\/\d+\.\d+\.\d+/);
      assert.deepEqual(call?.metadata.get('x-api-key'), ['k']);
      assert.deepEqual(call?.metadata.get('b3'), ['0']);
      const deadline = (call?.deadline ?? 0) - before;
      assert.ok(deadline >= 4000 && deadline < 60_000, `${deadline} ms`);
    });
  }

  it('goes over TLS for https, to an authority of one’s own', async (t) => {
    const { cert, key } = selfSigned('localhost');
    const server = await grpcServer(t, { cert, key });
    const endpoint = server.url.replace('127.0.0.1', 'localhost');
    assert.deepEqual(await exporting(t, { url: endpoint }, { tls: { ca: cert } }).export([sampleRecord()], never), {
      outcome: 'accepted',
    });
    const result = await exporting(t, { url: endpoint }).export([sampleRecord()], never);
    assert.match(JSON.stringify(result), /"retry".*CERT/);
  });

  it('says where it goes, without a path, and by default to 4317', () => {
    assert.equal(otlp({ protocol: 'grpc' }).destination, 'http://127.0.0.1:4317');
    const exporter = otlp({ protocol: 'grpc', endpoint: 'https://user:pass@c:4317/x' });
    assert.deepEqual([exporter.destination, exporter.isDefaultDestination], ['https://c:4317', false]);
    assert.throws(
      () =>
        otlp({
          protocol: 'grpc',
          agent: new (class {
            addRequest() {}
          })() as never,
        }),
      /"agent"/,
    );
  });

  it('keeps one connection, and makes a new one after GOAWAY and after a restart', async (t) => {
    const server = await grpcServer(t);
    const exporter = exporting(t, server);
    for (let i = 1; i <= 3; i++) {
      assert.deepEqual(await exporter.export([sampleRecord()], never), { outcome: 'accepted' });
      server.drain();
    }
    assert.equal(server.calls.length, 3);
  });

  it('counts a partial success, and passes its words on', async (t) => {
    const server = await grpcServer(t);
    server.respond(() => encodeTraceResponse(2, 'too old'));
    const result = await exporting(t, server).export([sampleRecord(), sampleRecord(), sampleRecord()], never);
    assert.deepEqual(result, { outcome: 'accepted', rejected: 2, message: 'too old' });
    server.respond(() => Buffer.from('<html>'));
    const odd = await exporting(t, server).export([sampleRecord()], never);
    assert.match(JSON.stringify(odd), /accepted.*is this a collector/);
  });

  const codes: readonly (readonly [code: number, outcome: string])[] = [
    ...([1, 4, 10, 11, 14, 15] as const).map((code) => [code, 'retry'] as const),
    ...([2, 3, 5, 6, 7, 8, 9, 12, 13, 16] as const).map((code) => [code, 'refused'] as const),
  ];
  for (const [code, outcome] of codes) {
    it(`takes status ${code} for ${outcome}`, async (t) => {
      const server = await grpcServer(t);
      server.respond(() => ({ code, details: 'says who' }));
      const result = await exporting(t, server).export([sampleRecord()], never);
      assert.equal(result.outcome, outcome);
      assert.match((result as { reason: string }).reason, /^[A-Z_]+: says who$/);
    });
  }

  it('tries RESOURCE_EXHAUSTED again when the server says when, and sends less when the message was too large', async (t) => {
    const server = await grpcServer(t);
    const metadata = new Metadata();
    metadata.set('grpc-status-details-bin', statusWithRetryInfo(2, 500_000_000));
    server.respond((number) =>
      number === 1
        ? { code: 8, details: 'busy', metadata }
        : { code: 8, details: 'grpc: received message larger than max (5000000 vs. 4194304)' },
    );
    const exporter = exporting(t, server);
    assert.deepEqual(await exporter.export([sampleRecord()], never), {
      ...{ outcome: 'retry', reason: 'RESOURCE_EXHAUSTED: busy', retryAfterMs: 2500 },
    });
    assert.equal((await exporter.export([sampleRecord()], never)).outcome, 'too-large');
  });
});

/** `google.rpc.Status { code: 8, details: [RetryInfo { retry_delay }] }`. */
function statusWithRetryInfo(seconds: number, nanos: number): Buffer {
  const duration = Buffer.from([0x08, seconds, 0x10, ...varint(nanos)]);
  const info = message(1, duration);
  const any = Buffer.concat([message(1, Buffer.from('type.googleapis.com/google.rpc.RetryInfo')), message(2, info)]);
  return Buffer.concat([Buffer.from([0x08, 8]), message(3, any)]);
}

function message(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(field << 3) | 2, ...varint(bytes.length)]), bytes]);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}

describe('OTLP over gRPC, with faults', () => {
  it('says that nobody listens', async () => {
    const exporter = otlp({ protocol: 'grpc', endpoint: `http://127.0.0.1:${await freePort()}` });
    assert.deepEqual(await exporter.export([sampleRecord()], never), {
      ...{ outcome: 'retry', reason: 'connection failed: ECONNREFUSED' },
    });
  });

  it('gives up at its own timeout when the server hangs, and at the caller’s signal, and goes on afterwards', async (t) => {
    const server = await grpcServer(t);
    server.respond((number) => (number <= 2 ? 'hang' : new Uint8Array(0)));
    const exporter = exporting(t, server, { timeoutMs: 100 });
    assert.equal((await exporter.export([sampleRecord()], never)).outcome, 'retry');
    const signal = AbortSignal.timeout(50);
    assert.equal((await exporting(t, server).export([sampleRecord()], signal)).outcome, 'retry');
    assert.deepEqual(await exporter.export([sampleRecord()], never), { outcome: 'accepted' });
  });

  it('gives up on a half-open connection, an answer that drips, and one without an end', async (t) => {
    const drip = createHttp2Server((_req, res) => {
      res.writeHead(200, { 'content-type': 'application/grpc' });
      const timer = setInterval(() => res.write(Buffer.alloc(1)), 5);
      res.on('close', () => clearInterval(timer));
    });
    const flood = createHttp2Server((_req, res) => {
      res.writeHead(200, { 'content-type': 'application/grpc' });
      const chunk = Buffer.alloc(256 * 1024);
      const pour = (): void => {
        while (!res.destroyed && res.write(chunk));
      };
      res.on('drain', pour);
      pour();
    });
    const mute = createTcpServer((socket) => socket.on('error', () => {}));
    for (const [server, reason, timeoutMs] of [
      [mute, /^no answer within 150 ms$/, 150],
      [drip, /^no answer within 150 ms$/, 150],
      [flood, /larger than 4 MiB/, 30_000],
    ] as const) {
      await once(server.listen(0, '127.0.0.1'), 'listening');
      t.after(() => server.close());
      const exporter = exporting(t, { url: `http://127.0.0.1:${portOf(server.address())}` }, { timeoutMs });
      const result = await exporter.export([sampleRecord()], never);
      assert.equal(result.outcome, 'retry');
      assert.match(result.reason, reason);
    }
  });

  it('tries again what was reset, and names an HTTP port', async (t) => {
    const sockets: Socket[] = [];
    const reset = createTcpServer((socket) => {
      sockets.push(socket.on('error', () => {}));
      socket.once('data', () => socket.resetAndDestroy());
    });
    const plain = createHttpServer((_req, res) => res.end('hello'));
    for (const [server, reason] of [
      [reset, /^connection failed: \w+/],
      [plain, /speaks no gRPC: is it its HTTP port/],
    ] as const) {
      await once(server.listen(0, '127.0.0.1'), 'listening');
      t.after(() => server.close());
      const result = await exporting(t, { url: `http://127.0.0.1:${portOf(server.address())}` }).export(
        [sampleRecord()],
        never,
      );
      assert.equal(result.outcome, 'retry');
      assert.match(result.reason, reason);
    }
  });

  it('understands a proxy that answers by HTTP', async (t) => {
    const proxy = createHttp2Server((_req, res) => res.writeHead(503).end('busy'));
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    t.after(() => proxy.close());
    const exporter = exporting(t, { url: `http://127.0.0.1:${portOf(proxy.address())}` });
    assert.deepEqual(await exporter.export([sampleRecord()], never), {
      ...{ outcome: 'retry', reason: 'HTTP 503 in the place of a gRPC status (UNAVAILABLE)' },
    });
  });

  it('lets the process end while a call hangs, and while the connection idles', async (t) => {
    const server: GrpcServer = await grpcServer(t);
    server.respond((number) => (number === 1 ? new Uint8Array(0) : 'hang'));
    const { code, stderr, stdout } = await runModule(`
      import { otlp } from 'throughline/exporters';
      const exporter = otlp({ protocol: 'grpc', endpoint: ${JSON.stringify(server.url)} });
      const signal = new AbortController().signal;
      const records = [${JSON.stringify(sampleRecord())}];
      const alive = setInterval(() => {}, 1000);
      await exporter.export(records, signal);
      clearInterval(alive);
      exporter.export(records, signal).then(() => console.log('answered'));
    `);
    assert.deepEqual({ code, stderr, stdout }, { code: 0, stderr: '', stdout: '' });
  });
});
