import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import type { SpanRecord } from 'throughline/exporters';
import { type Collector, collector } from 'throughline/test';
import { encodeTraceRequest } from '../../src/formats/otlp-json-encode.ts';
import { decodeStatusMessage, decodeTraceResponse } from '../../src/formats/otlp-protobuf-answer.ts';
import { encodeTraceRequestProtobuf } from '../../src/formats/otlp-protobuf-encode.ts';
import { bareRecord, sampleRecord } from '../contract/suites/sample-record.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const PROTOBUF_TYPE = { 'content-type': 'application/x-protobuf' };

describe('collector(), what it has', () => {
  it('gives spans in order of arrival, by trace, each once', async (t) => {
    const backend = await started(t);
    const [a, b] = [sampleRecord(), sampleRecord()];
    const c = sampleRecord({ traceId: a.traceId });
    await post(backend, encodeTraceRequest([a, b]));
    await post(backend, encodeTraceRequest([b, c]));
    assert.deepEqual(backend.spans, [a, b, c]);
    assert.deepEqual(backend.trace(a.traceId.toUpperCase()), [a, c]);
    assert.deepEqual(backend.trace('unknown'), []);
    assert.deepEqual(
      [...backend.traces()],
      [
        [a.traceId, [a, c]],
        [b.traceId, [b]],
      ],
    );
    assert.equal(backend.requests, 2);
  });

  it('forgets on reset, and takes the same span again', async (t) => {
    const backend = await started(t);
    const record = sampleRecord();
    await post(backend, encodeTraceRequest([record]));
    backend.reset();
    assert.deepEqual([backend.spans, backend.requests, backend.traces().size], [[], 0, 0]);
    await post(backend, encodeTraceRequest([record]));
    assert.equal(backend.spans.length, 1);
  });
});

describe('collector(), waiting', () => {
  it('resolves at once for what is there, and later for what comes', async (t) => {
    const backend = await started(t);
    const early = backend.waitFor((spans) => spans.some(({ name }) => name === 'second'));
    await post(backend, encodeTraceRequest([bareRecord({ name: 'first' })]));
    assert.equal((await backend.waitForSpans(1)).length, 1);
    await post(backend, encodeTraceRequest([bareRecord({ name: 'second' })]));
    assert.deepEqual(
      (await early).map(({ name }) => name),
      ['first', 'second'],
    );
  });

  it('says what it has when the time is up', async (t) => {
    const backend = await started(t);
    await assert.rejects(backend.waitForSpans(2, 1), { message: 'collector: no 2 spans within 1 ms; it has no spans' });
    await post(backend, encodeTraceRequest([bareRecord({ name: 'GET /a' }), bareRecord({ name: 'b' })]));
    await assert.rejects(
      backend.waitFor(() => false, 1),
      {
        message: 'collector: no match within 1 ms; it has 2 spans in 2 traces: "GET /a", "b"',
      },
    );
  });

  it('rejects with what the predicate throws', async (t) => {
    const backend = await started(t);
    const error = new Error('mine');
    const waiting = backend.waitFor((spans) => {
      if (spans.length > 0) throw error;
      return false;
    });
    waiting.catch(() => {});
    await post(backend, encodeTraceRequest([bareRecord()]));
    await assert.rejects(waiting, error);
  });

  it('tells those who wait when it is closed', async () => {
    const backend = await collector();
    const waiting = assert.rejects(backend.waitForSpans(1), /closed while waiting; it has no spans/);
    await backend.close();
    await waiting;
  });
});

describe('collector(), lying', () => {
  it('keeps the spans of good answers only', async (t) => {
    const backend = await started(t);
    const statuses = [503, 202, 400];
    backend.respond(({ number, records }) => ({ status: statuses[number - 1] ?? 500, body: records[0]?.name }));
    for (const status of statuses) {
      const answer = await post(backend, encodeTraceRequest([bareRecord({ name: `${status}` })]));
      assert.deepEqual([answer.status, await answer.text()], [status, `${status}`]);
    }
    backend.respond(undefined);
    await post(backend, encodeTraceRequest([bareRecord({ name: 'honest' })]));
    assert.deepEqual(
      backend.spans.map(({ name }) => name),
      ['202', 'honest'],
    );
  });

  it('shows the headers it got, and waits for a promise before it answers', async (t) => {
    const backend = await started(t);
    let seen: unknown;
    backend.respond(async ({ headers }) => {
      seen = headers['x-mine'];
      return { status: 429, headers: { 'retry-after': '7' } };
    });
    const answer = await post(backend, encodeTraceRequest([bareRecord()]), { 'x-mine': 'yes' });
    assert.deepEqual([seen, answer.status, answer.headers.get('retry-after')], ['yes', 429, '7']);
  });

  it('hangs until it is closed, and resets', async () => {
    const backend = await collector();
    const text = encodeTraceRequest([bareRecord()]);
    backend.respond(() => 'reset');
    await assert.rejects(post(backend, text), { message: 'fetch failed' });
    const hanging = new Promise<void>((resolve) => {
      backend.respond(() => {
        resolve();
        return 'hang';
      });
    });
    const answer = assert.rejects(post(backend, text), { message: 'fetch failed' });
    await hanging;
    await backend.close();
    await answer;
    assert.deepEqual(backend.spans, []);
  });
});

describe('collector(), by the rules of OTLP/HTTP', () => {
  it('answers an empty export response in the type that was sent', async (t) => {
    const answer = await post(await started(t), encodeTraceRequest([bareRecord()]), {
      'content-type': 'application/json; charset=utf-8',
    });
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'application/json']);
    assert.equal(await answer.text(), '{}');
  });

  it('keeps the good spans of a request and counts the bad ones', async (t) => {
    const backend = await started(t);
    const text = encodeTraceRequest([bareRecord(), bareRecord({ traceId: 'x' })]);
    const answer = await post(backend, text);
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), {
      partialSuccess: { rejectedSpans: '1', errorMessage: '1 rejected: traceId must be 32 hex digits, not all zero' },
    });
    assert.equal(backend.spans.length, 1);
  });

  for (const [encoding, pack] of [
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ] as const) {
    it(`takes ${encoding}`, async (t) => {
      const backend = await started(t);
      const record = sampleRecord();
      const answer = await post(backend, pack(encodeTraceRequest([record])), { 'content-encoding': encoding });
      assert.equal(answer.status, 200);
      assert.deepEqual(backend.spans, [record]);
    });
  }

  it('does not unfold more than 64 MiB', async (t) => {
    const bomb = gzipSync(Buffer.alloc(65 * 1024 * 1024));
    const answer = await post(await started(t), bomb, { 'content-encoding': 'gzip' });
    assert.equal(answer.status, 413);
    assert.deepEqual(await answer.json(), { code: 3, message: 'the request is larger than 64 MiB' });
  });

  it('reads no more than 64 MiB', async (t) => {
    const backend = await started(t);
    const req = httpRequest(`${backend.url}/v1/traces`, { method: 'POST', headers: JSON_TYPE });
    req.on('error', () => {});
    const chunk = Buffer.alloc(1 << 20, ' ');
    for (let n = 0; n < 65; n++) req.write(chunk);
    const [res] = await once(req, 'response');
    assert.equal(res.statusCode, 413);
    assert.equal(res.headers.connection, 'close');
    req.destroy();
  });

  const refused: [what: string, status: number, init: RequestInit & { path?: string }][] = [
    ['bad JSON', 400, { body: '{' }],
    ['a request that is none', 400, { body: '[]' }],
    ['deep nesting', 400, { body: '['.repeat(100_000) }],
    ['bad gzip', 400, { body: 'x', headers: { ...JSON_TYPE, 'content-encoding': 'gzip' } }],
    ['gzip in gzip', 415, { body: 'x', headers: { ...JSON_TYPE, 'content-encoding': 'gzip, gzip' } }],
    ['bad deflate', 400, { body: 'x', headers: { ...JSON_TYPE, 'content-encoding': 'deflate' } }],
    ['a form', 415, { body: 'x', headers: { 'content-type': 'text/plain' } }],
    ['brotli', 415, { body: 'x', headers: { ...JSON_TYPE, 'content-encoding': 'br' } }],
    ['a GET', 405, { method: 'GET' }],
    ['another path', 404, { path: '/api/v2/spans' }],
    ['a path of slashes', 404, { path: '//' }],
  ];
  for (const [what, status, { path = '/v1/traces', ...init }] of refused) {
    it(`refuses ${what} with ${status} and a Status, and stays up`, async (t) => {
      const backend = await started(t);
      const answer = await fetch(backend.url + path, { method: 'POST', headers: JSON_TYPE, ...init });
      assert.equal(answer.status, status);
      const body = (await answer.json()) as { code: unknown; message: unknown };
      assert.equal(typeof body.code, 'number');
      assert.equal(typeof body.message, 'string');
      assert.deepEqual(backend.spans, []);
      assert.equal((await post(backend, '{}')).status, 200);
    });
  }

  it('takes logs and metrics and forgets them', async (t) => {
    const backend = await started(t);
    for (const path of ['/v1/logs', '/v1/metrics?x=1']) {
      const answer = await fetch(backend.url + path, { method: 'POST', headers: JSON_TYPE, body: '{}' });
      assert.deepEqual([answer.status, await answer.text()], [200, '{}']);
    }
    assert.equal(backend.requests, 0);
  });

  it('stays up when a client hangs up in the middle of a body', async (t) => {
    const backend = await started(t);
    const socket = connect(Number(new URL(backend.url).port), '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.write(
      'POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{',
    );
    socket.resetAndDestroy();
    assert.equal((await post(backend, '{}')).status, 200);
  });
});

describe('collector(), speaking protobuf', () => {
  it('takes spans, and answers with no byte in the same type', async (t) => {
    const backend = await started(t);
    const record = sampleRecord();
    const answer = await post(backend, protobuf([record]), PROTOBUF_TYPE);
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'application/x-protobuf']);
    assert.equal((await answer.arrayBuffer()).byteLength, 0);
    assert.deepEqual(backend.spans, [record]);
  });

  it('takes gzip', async (t) => {
    const backend = await started(t);
    const record = sampleRecord();
    const headers = { ...PROTOBUF_TYPE, 'content-encoding': 'gzip' };
    assert.equal((await post(backend, gzipSync(protobuf([record])), headers)).status, 200);
    assert.deepEqual(backend.spans, [record]);
  });

  it('says how many spans it rejects, and why', async (t) => {
    const backend = await started(t);
    const answer = await post(
      backend,
      protobuf([bareRecord(), bareRecord({ spanId: '0000000000000000' })]),
      PROTOBUF_TYPE,
    );
    assert.deepEqual(decodeTraceResponse(new Uint8Array(await answer.arrayBuffer())), {
      rejectedSpans: 1,
      errorMessage: '1 rejected: spanId must be 8 bytes, not all zero',
    });
    assert.equal(backend.spans.length, 1);
  });

  it('answers 400 and a Status to a request cut anywhere, and stays up', async (t) => {
    const backend = await started(t);
    const whole = protobuf([sampleRecord()]);
    for (let length = 1; length < whole.length; length += 97) {
      const answer = await post(backend, whole.subarray(0, length), PROTOBUF_TYPE);
      assert.equal(answer.status, 400);
      assert.match(decodeStatusMessage(new Uint8Array(await answer.arrayBuffer())) ?? '', /^not valid protobuf: /);
    }
    assert.deepEqual(backend.spans, []);
    assert.equal((await post(backend, whole, PROTOBUF_TYPE)).status, 200);
  });

  it('answers 400 to lengths of exabytes, at once', async (t) => {
    const answer = await post(await started(t), Buffer.from('0affffffffffffffff7f', 'hex'), PROTOBUF_TYPE);
    assert.equal(answer.status, 400);
  });

  it('does not unfold more than 64 MiB', async (t) => {
    const bomb = gzipSync(Buffer.alloc(65 * 1024 * 1024));
    const answer = await post(await started(t), bomb, { ...PROTOBUF_TYPE, 'content-encoding': 'gzip' });
    assert.equal(answer.status, 413);
    const message = decodeStatusMessage(new Uint8Array(await answer.arrayBuffer()));
    assert.equal(message, 'the request is larger than 64 MiB');
  });

  it('takes a span of 100,000 attributes, its own names among them', async (t) => {
    const backend = await started(t);
    const attributes = Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`k${n}`, n]));
    const record = bareRecord({ attributes: { ...attributes, constructor: 1 } });
    assert.equal((await post(backend, protobuf([record]), PROTOBUF_TYPE)).status, 200);
    assert.equal(Object.keys(backend.spans[0]?.attributes ?? {}).length, 100_001);
  });
});

describe('collector(), coming and going', () => {
  it('closes twice, with idle and busy connections, and by await using', async () => {
    const backend = await collector();
    await post(backend, '{}');
    await Promise.all([backend.close(), backend.close()]);
    await backend[Symbol.asyncDispose]();
    await assert.rejects(post(backend, '{}'));
  });

  it('rejects when it cannot listen', async (t) => {
    const backend = await started(t);
    await assert.rejects(collector({ port: Number(new URL(backend.url).port) }), { code: 'EADDRINUSE' });
  });

  it('refuses wrong options', async () => {
    await assert.rejects(collector({ prot: 1 } as object), {
      code: 'ERR_THROUGHLINE_OPTION',
      message: 'collector(): unknown option "prot"; did you mean "port"?',
    });
    await assert.rejects(collector({ port: 70_000 }), /"port" must be a whole number from 0 to 65535, got 70000/);
  });
});

async function started(t: TestContext): Promise<Collector> {
  const backend = await collector();
  t.after(() => backend.close());
  return backend;
}

function post(
  backend: Collector,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${backend.url}/v1/traces`, { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body });
}

function protobuf(records: readonly SpanRecord[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(encodeTraceRequestProtobuf(records));
}
