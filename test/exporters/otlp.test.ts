import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http, { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { type Exporter, type OtlpOptions, otlp, type SpanRecord } from 'throughline/exporters';
import { type Collector, type CollectorAnswer, collector } from 'throughline/test';
import { encodeStatus, encodeTraceResponse } from '../../src/formats/otlp-protobuf-answer.ts';
import { wellFormed } from '../contract/checks/well-formed.ts';
import { exporterContract, runModule } from '../contract/suites/exporter.ts';
import { sampleRecord } from '../contract/suites/sample-record.ts';
import { type SelfSigned, selfSigned } from '../support/self-signed.ts';

const never: AbortSignal = new AbortController().signal;

const VARIANTS: Record<string, OtlpOptions> = {
  'otlp()': {},
  'otlp() with gzip': { compression: 'gzip' },
  'otlp() in JSON': { protocol: 'http/json' },
};
for (const [name, options] of Object.entries(VARIANTS)) {
  exporterContract(name, async (t) => {
    const backend = await started(t);
    return {
      exporter: exporting(t, backend, options),
      readBack: async () => backend.spans,
      ...(options.protocol !== 'http/json' && { asReceived: wellFormed<SpanRecord> }),
      failing: otlp({ ...options, endpoint: await closedUrl() }),
      program: programFor(backend, options),
    };
  });
}

describe('otlp() on the wire', () => {
  for (const [protocol, type] of [
    [undefined, 'application/x-protobuf'],
    ['http/protobuf', 'application/x-protobuf'],
    ['http/json', 'application/json'],
  ] as const) {
    it(`posts ${type} to /v1/traces for protocol ${protocol}, with the headers OTLP and B3 ask for, and its own`, async (t) => {
      const { url, requests } = await sink(t);
      const exporter = open(t, { endpoint: url, protocol, headers: { 'X-Api-Key': 'k', 'Content-Type': 'text/html' } });
      await exporter.export([sampleRecord()], never);
      const { method, path, headers } = requests[0] ?? assert.fail('no request came');
      assert.equal(`${method} ${path}`, 'POST /v1/traces');
      assert.equal(headers['content-type'], type);
      assert.equal(headers['content-encoding'], undefined);
      assert.match(headers['user-agent'] ?? '', /^OTel-OTLP-Exporter-throughline\/\d+\.\d+\.\d+/);
      assert.equal(headers.b3, '0');
      assert.equal(headers['x-api-key'], 'k');
      assert.equal(headers.traceparent, undefined);
    });
  }

  it('packs with gzip when asked to, to a fraction of the bytes', async (t) => {
    const { url, requests } = await sink(t);
    const batch = Array.from({ length: 100 }, () => sampleRecord());
    await open(t, { endpoint: url }).export(batch, never);
    await open(t, { endpoint: url, compression: 'gzip' }).export(batch, never);
    const [plain, packed] = requests.map(({ headers }) => Number(headers['content-length']));
    assert.equal(requests[1]?.headers['content-encoding'], 'gzip');
    assert.ok(Number(packed) < Number(plain) / 3, `${packed} of ${plain} bytes`);
  });

  it('uses a given path as it is, query included, and shows neither query nor credentials', async (t) => {
    const { url, requests } = await sink(t);
    const endpoint = `${url.replace('//', '//us%3Aer:p%40ss@')}/custom/path?key=secret`;
    const exporter = open(t, { endpoint });
    await exporter.export([sampleRecord()], never);
    assert.equal(requests[0]?.path, '/custom/path?key=secret');
    assert.equal(requests[0]?.headers.authorization, `Basic ${btoa('us:er:p@ss')}`);
    assert.equal(exporter.destination, `${url}/custom/path`);
  });

  it('takes a lone slash for no path', () => {
    assert.equal(otlp({ endpoint: 'http://h:4318/' }).destination, 'http://h:4318/v1/traces');
    assert.equal(otlp().destination, 'http://127.0.0.1:4318/v1/traces');
  });

  it('keeps its connections', async (t) => {
    const { url, requests } = await sink(t);
    const exporter = open(t, { endpoint: url });
    for (let n = 0; n < 3; n++) await exporter.export([sampleRecord()], never);
    assert.equal(new Set(requests.map((request) => request.port)).size, 1);
  });

  it('opens two connections at most', async (t) => {
    const { url, requests } = await sink(t);
    const exporter = open(t, { endpoint: url });
    await Promise.all(Array.from({ length: 10 }, () => exporter.export([sampleRecord()], never)));
    assert.equal(requests.length, 10);
    assert.ok(new Set(requests.map((request) => request.port)).size <= 2);
  });

  it('does not take a connection closed while idle for a failure', async (t) => {
    const backend = await started(t);
    const exporter = exporting(t, backend);
    await exporter.export([sampleRecord()], never);
    let cut = false;
    backend.respond(() => {
      if (cut) return undefined;
      cut = true;
      return 'reset';
    });
    assert.deepEqual(await exporter.export([sampleRecord()], never), { outcome: 'accepted' });
    assert.equal(backend.spans.length, 2);
  });

  it('goes past a node:http that was patched later', async (t) => {
    const backend = await started(t);
    const original = http.request;
    t.after(() => {
      http.request = original;
      syncBuiltinESMExports();
    });
    http.request = () => assert.fail('the patched request was used');
    syncBuiltinESMExports();
    assert.deepEqual(await exporting(t, backend).export([sampleRecord()], never), { outcome: 'accepted' });
  });

  it('goes to a Unix-domain socket, and names it', async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'throughline-socket-'));
    t.after(() => rm(directory, { recursive: true }));
    const path = join(directory, 'otel.sock');
    const { requests } = await sink(t, undefined, path);
    for (const endpoint of [`unix:${path}`, `unix://${path}`, `http+unix://${encodeURIComponent(path)}/own?key=1`]) {
      const exporter = open(t, { endpoint });
      assert.deepEqual(await exporter.export([sampleRecord()], never), { outcome: 'accepted' });
      assert.ok(exporter.destination?.startsWith(`http+unix://${encodeURIComponent(path)}/`), exporter.destination);
    }
    assert.deepEqual(
      requests.map((request) => `${request.headers.host} ${request.path}`),
      ['localhost /v1/traces', 'localhost /v1/traces', 'localhost /own?key=1'],
    );
  });

  it('keeps spans while a Unix-domain socket is not there', async (t) => {
    const result = await open(t, { endpoint: 'unix:/nowhere/otel.sock' }).export([sampleRecord()], never);
    assert.deepEqual(result, { outcome: 'retry', reason: 'connection failed: ENOENT' });
  });
});

describe('otlp() over TLS', () => {
  const authority = selfSigned('authority');
  const server = selfSigned('server');
  const client = selfSigned('client');

  it('fails the handshake with a server that speaks none', async (t) => {
    const { url } = await sink(t);
    const exporter = open(t, { endpoint: url.replace('http:', 'https:') });
    const result = await exporter.export([sampleRecord()], never);
    assert.deepEqual(result, {
      outcome: 'retry',
      reason: 'connection failed: EPROTO; the other side speaks no TLS: is it http://, not https://?',
    });
  });

  it('believes the authority it is given, and no other', async (t) => {
    const { url } = await tlsSink(t, server);
    assert.deepEqual(await open(t, { endpoint: url, tls: { ca: server.cert } }).export([sampleRecord()], never), {
      outcome: 'accepted',
    });
    for (const tls of [undefined, { ca: authority.cert }]) {
      const result = await open(t, { endpoint: url, tls }).export([sampleRecord()], never);
      assert.deepEqual(result, { outcome: 'retry', reason: 'connection failed: DEPTH_ZERO_SELF_SIGNED_CERT' });
    }
  });

  it('shows its certificate to a server that asks for one', async (t) => {
    const { url, subjects } = await tlsSink(t, server, client.cert);
    const tls = { ca: server.cert, ...client };
    assert.equal((await open(t, { endpoint: url, tls }).export([sampleRecord()], never)).outcome, 'accepted');
    assert.deepEqual(subjects, ['client']);
  });
});

describe('otlp() reading the answer', () => {
  const partial = { partialSuccess: { rejectedSpans: '1', errorMessage: 'one is\nbad' } };
  const answers: [
    what: string,
    answer: { status: number; headers?: Record<string, string>; body?: string },
    result: object,
  ][] = [
    ['takes an empty 200', { status: 200, body: '' }, { outcome: 'accepted' }],
    ['takes a 202', { status: 202 }, { outcome: 'accepted' }],
    [
      'never retries a partial success',
      { status: 200, body: JSON.stringify(partial) },
      { outcome: 'accepted', rejected: 1, message: 'one is bad' },
    ],
    [
      'believes no more rejections than it sent',
      { status: 200, body: '{"partialSuccess":{"rejectedSpans":999}}' },
      { outcome: 'accepted', rejected: 2 },
    ],
    [
      'ignores nonsense in a partial success',
      { status: 200, body: '{"partialSuccess":{"rejectedSpans":"-3","errorMessage":7}}' },
      { outcome: 'accepted' },
    ],
    [
      'passes on a warning that rejects nothing',
      { status: 200, body: '{"partialSuccess":{"errorMessage":"deprecated"}}' },
      { outcome: 'accepted', message: 'deprecated' },
    ],
    [
      'says when a web page answers',
      { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' },
      { outcome: 'accepted', message: 'the answer is not OTLP (text/html): is this a collector?' },
    ],
    ['retries 429', { status: 429, body: 'slow down' }, { outcome: 'retry', reason: '429: slow down' }],
    ['retries 502', { status: 502, body: '' }, { outcome: 'retry', reason: '502' }],
    [
      'honours Retry-After on 503',
      { status: 503, headers: { 'retry-after': '30' }, body: '' },
      { outcome: 'retry', reason: '503', retryAfterMs: 30_000 },
    ],
    [
      'ignores a junk Retry-After',
      { status: 504, headers: { 'retry-after': 'soon' }, body: '' },
      { outcome: 'retry', reason: '504' },
    ],
    [
      'waits no time for a date that has passed',
      { status: 503, headers: { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, body: '' },
      { outcome: 'retry', reason: '503', retryAfterMs: 0 },
    ],
    [
      'gives up at 400, with the message of its Status',
      { status: 400, body: '{"code":3,"message":"bad span"}' },
      { outcome: 'refused', reason: '400: bad span' },
    ],
    ['gives up at 500', { status: 500, body: '' }, { outcome: 'refused', reason: '500' }],
    [
      'quotes a body short and without escapes',
      { status: 401, body: `\x1b[31mno\u202e\r\n${'x'.repeat(5000)}` },
      { outcome: 'refused', reason: `401: [31mno ${'x'.repeat(190)}…` },
    ],
    [
      'follows no redirect',
      { status: 307, headers: { location: 'http://u:p@evil.example/x?secret' }, body: '' },
      {
        outcome: 'retry',
        reason:
          '307 redirects to http://evil.example/x, which is not followed: set the endpoint to where the collector is',
      },
    ],
  ];
  for (const [what, answer, result] of answers) {
    it(what, async (t) => {
      const backend = await started(t);
      backend.respond(() => answer);
      const exporter = exporting(t, backend, { protocol: 'http/json' });
      assert.deepEqual(await exporter.export([sampleRecord(), sampleRecord()], never), result);
      assert.equal(backend.requests, 1);
    });
  }

  const JSON_TYPE = { 'content-type': 'application/json' };
  const protobufAnswers: [what: string, answer: CollectorAnswer, result: object][] = [
    ['takes no byte', { status: 200, body: '' }, { outcome: 'accepted' }],
    [
      'never retries a partial success',
      { status: 200, body: encodeTraceResponse(1, 'one is\nbad') },
      { outcome: 'accepted', rejected: 1, message: 'one is bad' },
    ],
    [
      'believes no more rejections than it sent',
      { status: 200, body: encodeTraceResponse(999, '') },
      { outcome: 'accepted', rejected: 2 },
    ],
    [
      'shows the message of a Status',
      { status: 400, body: encodeStatus(3, 'bad span') },
      { outcome: 'refused', reason: '400: bad span' },
    ],
    [
      'reads JSON where the receiver says that it answers JSON',
      { status: 503, headers: JSON_TYPE, body: '{"code":14,"message":"full"}' },
      { outcome: 'retry', reason: '503: full' },
    ],
    [
      'reads text where the type lies',
      { status: 400, body: 'no such tenant' },
      { outcome: 'refused', reason: '400: no such tenant' },
    ],
    [
      'says when the answer is no OTLP',
      { status: 200, body: 'welcome' },
      { outcome: 'accepted', message: 'the answer is not OTLP (application/x-protobuf): is this a collector?' },
    ],
    [
      'says apart that a batch was too large',
      { status: 413, body: encodeStatus(3, 'at most 4 MiB') },
      { outcome: 'too-large', reason: '413: at most 4 MiB' },
    ],
  ];
  for (const [what, answer, result] of protobufAnswers) {
    it(`${what}, in protobuf`, async (t) => {
      const backend = await started(t);
      backend.respond(() => answer);
      assert.deepEqual(await exporting(t, backend).export([sampleRecord(), sampleRecord()], never), result);
    });
  }

  it('says without sending that a batch is too large for OTLP', async (t) => {
    const backend = await started(t);
    const attributes = { text: 'x'.repeat(33 << 20) };
    const result = await exporting(t, backend).export(
      [sampleRecord({ attributes }), sampleRecord({ attributes })],
      never,
    );
    assert.equal(result.outcome, 'too-large');
    assert.equal(backend.requests, 0);
  });

  it('honours a Retry-After date', async (t) => {
    const backend = await started(t);
    const date = new Date(Date.now() + 60_000).toUTCString();
    backend.respond(() => ({ status: 503, headers: { 'retry-after': date } }));
    const result = await exporting(t, backend).export([sampleRecord()], never);
    assert.ok(result.outcome === 'retry' && result.retryAfterMs !== undefined);
    assert.ok(result.retryAfterMs > 50_000 && result.retryAfterMs <= 60_000);
  });

  it('reads 4 MiB of an endless answer and no more', async (t) => {
    const { url } = await sink(t, (_req, res) => {
      const chunk = Buffer.alloc(1 << 16, 'x');
      function pour(): void {
        while (!res.destroyed && res.write(chunk));
      }
      res.on('drain', pour);
      pour();
    });
    const result = await open(t, { endpoint: url }).export([sampleRecord()], never);
    assert.equal(result.outcome, 'accepted');
  });

  it('retries when an answer breaks off', async (t) => {
    const { url } = await sink(t, (_req, res) => {
      res.writeHead(200, { 'content-length': '100' });
      res.write('{', () => res.destroy());
    });
    const result = await open(t, { endpoint: url }).export([sampleRecord()], never);
    assert.deepEqual(result, { outcome: 'retry', reason: 'connection failed: ECONNRESET' });
  });
});

describe('otlp() against a dead or slow receiver', () => {
  it('names the code of a refused connection', async (t) => {
    const exporter = open(t, { endpoint: await closedUrl() });
    const result = await exporter.export([sampleRecord()], never);
    assert.deepEqual(result, { outcome: 'retry', reason: 'connection failed: ECONNREFUSED' });
  });

  it('retries what is cut on a fresh connection', async (t) => {
    const backend = await started(t);
    backend.respond(() => 'reset');
    const result = await exporting(t, backend).export([sampleRecord()], never);
    assert.deepEqual(result, { outcome: 'retry', reason: 'connection failed: ECONNRESET' });
    assert.equal(backend.requests, 1);
  });

  it('does not take bytes that are no HTTP for an answer', async (t) => {
    const server = createTcpServer((socket) => socket.on('error', () => {}).end('SSH-2.0-OpenSSH\r\n'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    t.after(() => server.close());
    const exporter = open(t, { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    const result = await exporter.export([sampleRecord()], never);
    assert.equal(result.outcome, 'retry');
    assert.match(result.reason, /^connection failed: (HPE_|ECONNRESET|EPIPE)/);
  });

  it('gives up at its own timeout, which counts the whole request', async (t) => {
    // Bytes keep coming, so a limit on idleness alone would never fire.
    const { url } = await sink(t, (_req, res) => {
      const drip = setInterval(() => res.write(' '), 5);
      res.on('close', () => clearInterval(drip));
    });
    const result = await open(t, { endpoint: url, timeoutMs: 60 }).export([sampleRecord()], never);
    assert.deepEqual(result, { outcome: 'retry', reason: 'no answer within 60 ms' });
  });

  it('gives up as soon as the signal fires, and its connection with it', async (t) => {
    const deadline = new AbortController();
    const closed = new EventEmitter();
    const { url } = await sink(t, (req) => {
      req.socket.on('close', () => closed.emit('closed'));
      deadline.abort();
    });
    const connectionClosed = once(closed, 'closed');
    const result = await open(t, { endpoint: url }).export([sampleRecord()], deadline.signal);
    assert.deepEqual(result, { outcome: 'retry', reason: 'gave up at the deadline' });
    await connectionClosed;
  });

  it('lets the process end while a request hangs, and while connections idle', async (t) => {
    const backend = await started(t);
    backend.respond(({ number }) => (number === 1 ? undefined : 'hang'));
    const { code, stderr, stdout } = await runModule(`
      import { otlp } from 'throughline/exporters';
      const exporter = otlp({ endpoint: ${JSON.stringify(backend.url)} });
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

describe('otlp() options', () => {
  const PEM = '-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----\n';
  const wrong: [options: Record<string, unknown>, message: string | RegExp][] = [
    [{ endpont: 'x' }, 'otlp(): unknown option "endpont"; did you mean "endpoint"?'],
    [
      { zip: 1 },
      'otlp(): unknown option "zip"; known are endpoint, protocol, compression, headers, timeoutMs, tls, agent',
    ],
    [{ endpoint: 7 }, 'otlp(): "endpoint" must be an http or https URL, or unix:/path, got 7'],
    [
      { endpoint: 'localhost:4318' },
      'otlp(): "endpoint" must be an http or https URL, or unix:/path, got "localhost:4318"; did you mean "http://localhost:4318"?',
    ],
    [
      { endpoint: 'ftp://user:secret@host/' },
      'otlp(): "endpoint" must be an http or https URL, or unix:/path, got "ftp://***@host/"',
    ],
    [
      { endpoint: 'unix:otel.sock' },
      'otlp(): "endpoint" must be an http or https URL, or unix:/path, got "unix:otel.sock"',
    ],
    [
      { endpoint: 'http+unix://' },
      'otlp(): "endpoint" must be an http or https URL, or unix:/path, got "http+unix://"',
    ],
    [{ protocol: 'toString' }, 'otlp(): "protocol" must be "http/protobuf" or "http/json" or "grpc", got "toString"'],
    [{ compression: 'br' }, 'otlp(): "compression" must be "gzip" or "none", got "br"'],
    [{ tls: 1 }, 'otlp(): "tls" must be an object with ca, cert and key, got 1'],
    [{ tls: { cert: '/etc/c.pem' } }, 'otlp(): "tls.cert" must be PEM text (-----BEGIN …), not the path of a file'],
    [{ tls: { key: PEM } }, 'otlp(): "tls.cert" and "tls.key" go together'],
    [{ tls: { cas: PEM } }, 'otlp(): unknown option "tls.cas"; did you mean "ca"?'],
    [{ tls: { cert: PEM, key: PEM } }, /^otlp\(\): "tls" is not usable: ERR_OSSL_/],
    [{ timeoutMs: 0 }, 'otlp(): "timeoutMs" must be milliseconds from 1 to 2147483647 or a time such as "10s", got 0'],
    [
      { timeoutMs: '1' },
      'otlp(): "timeoutMs" must be milliseconds from 1 to 2147483647 or a time such as "10s", got "1"',
    ],
    [{ headers: [] }, 'otlp(): "headers" must be an object of strings, or a function that gives one, got an array'],
    [{ headers: { a: 1 } }, 'otlp(): "headers.a" must be a string, got 1'],
    [{ headers: { 'a b': 'x' } }, 'otlp(): "headers.a b" has a name or value that HTTP does not allow'],
    [{ headers: { key: 'secret\n' } }, 'otlp(): "headers.key" has a name or value that HTTP does not allow'],
  ];
  for (const [options, message] of wrong) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(() => otlp(options as OtlpOptions), { name: 'TypeError', code: 'ERR_THROUGHLINE_OPTION', message });
    });
  }
});

interface Seen {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly port: number | undefined;
}

/** A plain server that notes what comes and, unless told otherwise, answers 200. */
async function sink(
  t: TestContext,
  listener?: RequestListener,
  socketPath?: string,
): Promise<{ url: string; requests: Seen[] }> {
  const requests: Seen[] = [];
  const server = createServer((req, res) => {
    requests.push({ method: req.method, path: req.url, headers: req.headers, port: req.socket.remotePort });
    req.resume();
    if (listener === undefined) res.end();
    else listener(req, res);
  });
  await once(socketPath === undefined ? server.listen(0, '127.0.0.1') : server.listen(socketPath), 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** The same with TLS; with `clientAuthority` it talks to nobody without a certificate of that one. */
async function tlsSink(
  t: TestContext,
  identity: SelfSigned,
  clientAuthority?: string,
): Promise<{ url: string; subjects: (string | undefined)[] }> {
  const subjects: (string | undefined)[] = [];
  const mutual = clientAuthority === undefined ? {} : { ca: clientAuthority, requestCert: true };
  const server = createTlsServer({ ...identity, ...mutual }, (req, res) => {
    subjects.push((req.socket as TLSSocket).getPeerCertificate().subject?.CN?.toString());
    req.resume();
    res.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, subjects };
}

async function closedUrl(): Promise<string> {
  const backend = await collector();
  await backend.close();
  return backend.url;
}

async function started(t: TestContext): Promise<Collector> {
  const backend = await collector();
  t.after(() => backend.close());
  return backend;
}

function open(t: TestContext, options: OtlpOptions): Exporter {
  const exporter = otlp(options);
  t.after(() => exporter.shutdown?.());
  return exporter;
}

function exporting(t: TestContext, backend: Collector, options: OtlpOptions = {}): Exporter {
  return open(t, { ...options, endpoint: backend.url });
}

function programFor(backend: Collector, options: OtlpOptions): string {
  return `
    import { otlp } from 'throughline/exporters';
    const exporter = otlp(${JSON.stringify({ ...options, endpoint: backend.url })});
    const alive = setInterval(() => {}, 1000);
    const result = await exporter.export([${JSON.stringify(sampleRecord())}], new AbortController().signal);
    clearInterval(alive);
    await exporter.shutdown();
    if (result.outcome !== 'accepted') throw new Error(result.reason);
  `;
}
