import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, it, type TestContext } from 'node:test';
import { type Exporter, type SpanRecord, type ZipkinOptions, zipkin } from 'throughline/exporters';
import { decodeZipkinSpans } from '../../src/formats/zipkin-json-decode.ts';
import { asZipkin } from '../contract/checks/as-zipkin.ts';
import { exporterContract } from '../contract/suites/exporter.ts';
import { sampleRecord } from '../contract/suites/sample-record.ts';

const never: AbortSignal = new AbortController().signal;

exporterContract('zipkin()', async (t) => {
  const backend = await started(t);
  const down = await started(t);
  await down.stop();
  const program = `
    import { zipkin } from 'throughline/exporters';
    const exporter = zipkin({ endpoint: ${JSON.stringify(backend.url)} });
    const alive = setInterval(() => {}, 1000);
    const result = await exporter.export([${JSON.stringify(sampleRecord())}], new AbortController().signal);
    clearInterval(alive);
    await exporter.shutdown();
    if (result.outcome !== 'accepted') throw new Error(result.reason);
  `;
  return {
    exporter: opened(t, { endpoint: backend.url }),
    readBack: async () => backend.spans,
    asReceived: asZipkin,
    failing: zipkin({ endpoint: down.url }),
    program,
  };
});

describe('zipkin()', () => {
  it('posts a JSON list to /api/v2/spans, and says where', async (t) => {
    const backend = await started(t);
    const exporter = opened(t, { endpoint: backend.url, headers: { 'X-Tenant': 'a' } });
    await exporter.export([sampleRecord()], never);
    const { path, headers } = backend.requests[0] ?? assert.fail('no request came');
    assert.equal(path, '/api/v2/spans');
    assert.deepEqual([headers['content-type'], headers.b3, headers['x-tenant']], ['application/json', '0', 'a']);
    assert.match(headers['user-agent'] ?? '', /^throughline\/\d/);
    assert.equal(exporter.destination, `${backend.url}/api/v2/spans`);
    assert.equal(zipkin().destination, 'http://127.0.0.1:9411/api/v2/spans');
    assert.equal(zipkin({ endpoint: 'http://z/own' }).destination, 'http://z/own');
  });

  const answers: [what: string, status: number, headers: Record<string, string>, body: string, result: object][] = [
    ['takes a 202', 202, {}, '', { outcome: 'accepted' }],
    ['takes a 200 with words', 200, { 'content-type': 'text/plain' }, 'ok', { outcome: 'accepted' }],
    [
      'says when a web page answers',
      200,
      { 'content-type': 'text/html' },
      '<html>',
      { outcome: 'accepted', message: 'the answer is a web page: is this Zipkin?' },
    ],
    [
      'waits as long as it is asked to',
      503,
      { 'retry-after': '3' },
      'busy',
      { outcome: 'retry', reason: '503: busy', retryAfterMs: 3000 },
    ],
    ['gives up at 400, with what it says', 400, {}, 'no spans', { outcome: 'refused', reason: '400: no spans' }],
    ['tells too large apart', 413, {}, '', { outcome: 'too-large', reason: '413' }],
  ];
  for (const [what, status, headers, body, result] of answers) {
    it(what, async (t) => {
      const backend = await started(t, { status, headers, body });
      assert.deepEqual(await opened(t, { endpoint: backend.url }).export([sampleRecord()], never), result);
    });
  }

  const wrong: [options: Record<string, unknown>, message: string][] = [
    [{ endpont: 'x' }, 'zipkin(): unknown option "endpont"; did you mean "endpoint"?'],
    [{ endpoint: 7 }, 'zipkin(): "endpoint" must be an http or https URL, or unix:/path, got 7'],
    [
      { timeoutMs: -1 },
      'zipkin(): "timeoutMs" must be milliseconds from 1 to 2147483647 or a time such as "10s", got -1',
    ],
    [{ headers: 'a' }, 'zipkin(): "headers" must be an object of strings, or a function that gives one, got "a"'],
  ];
  for (const [options, message] of wrong) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(() => zipkin(options), { name: 'TypeError', code: 'ERR_THROUGHLINE_OPTION', message });
    });
  }
});

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

interface Backend {
  readonly url: string;
  readonly spans: SpanRecord[];
  readonly requests: { path: string | undefined; headers: IncomingHttpHeaders }[];
  stop(): Promise<void>;
}

/** Zipkin as it answers a POST, and nothing else of it. */
async function started(t: TestContext, answer: Answer = { status: 202, headers: {}, body: '' }): Promise<Backend> {
  const spans: SpanRecord[] = [];
  const requests: Backend['requests'] = [];
  const server = createServer(async (req, res) => {
    requests.push({ path: req.url, headers: req.headers });
    spans.push(...decodeZipkinSpans(await text(req)).records);
    res.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  async function stop(): Promise<void> {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  t.after(stop);
  return { url: `http://127.0.0.1:${port}`, spans, requests, stop };
}

function opened(t: TestContext, options: ZipkinOptions): Exporter {
  const exporter = zipkin(options);
  t.after(() => exporter.shutdown?.());
  return exporter;
}
