import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { test } from 'node:test';
import type { SpanRecord } from 'throughline';
import { dial, requestText, type ServerBench, type Site } from './bench.ts';

type Socket = Awaited<ReturnType<typeof dial>>;

/** One way in which an exchange ends, and what the span says of it. */
interface Closing {
  readonly ending: string;
  /** The request, when it is not a GET. */
  readonly request?: { readonly line: string; readonly headers?: readonly string[]; readonly body?: string };
  /** The app's part. */
  answer(req: IncomingMessage, res: ServerResponse): unknown;
  /** The client's part once the app has been reached. */
  client?(socket: Socket): unknown;
  readonly span: {
    readonly ending?: string;
    readonly status?: number;
    readonly errorType?: string;
    readonly exception?: string;
    readonly bodySize?: number;
    /** True: what was written is told, where no length was announced or not all of it came. */
    readonly hasSize?: true;
    readonly isStream?: true;
  };
}

/** As EventSource asks. */
const EVENTS = { line: 'GET /raw', headers: ['Accept: text/event-stream'] };

/** The table of `docs/http.md`, one row a way to end. */
export const CLOSINGS: readonly Closing[] = [
  {
    ending: 'an answer of announced length',
    answer: (_req, res) => res.setHeader('Content-Length', '5').end('hello'),
    span: { status: 200, bodySize: 5 },
  },
  {
    ending: 'an answer in chunks',
    answer: (_req, res) => res.write('hel', () => res.end('lo')),
    span: { status: 200, hasSize: true },
  },
  {
    ending: 'an answer to HEAD, which has no body',
    request: { line: 'HEAD /raw' },
    answer: (_req, res) => res.writeHead(200, ['Content-Length', '5']).end(),
    span: { status: 200 },
  },
  {
    ending: 'an answer with trailers',
    answer(_req, res) {
      res.writeHead(200, { trailer: 'x-sum' }).write('hello');
      res.addTrailers({ 'x-sum': '5' });
      res.end();
    },
    span: { status: 200, hasSize: true },
  },
  {
    ending: 'a 500 of the app',
    answer: (_req, res) => res.writeHead(500).end(),
    span: { status: 500, errorType: '500', hasSize: true },
  },
  {
    ending: 'a stream of events that the client leaves',
    request: EVENTS,
    answer: (_req, res) => res.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n'),
    client: (socket) => socket.end(),
    span: { ending: 'aborted', status: 200, isStream: true, hasSize: true },
  },
  {
    ending: 'a stream of events that ends',
    request: EVENTS,
    answer(_req, res) {
      res.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
      res.end('data: 1\n\n');
    },
    span: { status: 200, isStream: true, hasSize: true },
  },
  {
    ending: 'a client that closes before an answer',
    answer: () => undefined,
    client: (socket) => socket.end(),
    span: { ending: 'aborted' },
  },
  {
    ending: 'a client that resets before an answer',
    answer: () => undefined,
    client: (socket) => socket.resetAndDestroy(),
    span: { ending: 'aborted' },
  },
  {
    ending: 'a client that closes in the middle of its body',
    request: { line: 'POST /raw', headers: ['Content-Length: 100'], body: 'half' },
    answer: (req) => req.resume(),
    client: (socket) => socket.end(),
    span: { ending: 'aborted' },
  },
  {
    ending: 'a client that sends what is no HTTP',
    request: { line: 'POST /raw', headers: ['Transfer-Encoding: chunked'] },
    answer: (req) => req.resume(),
    client: (socket) => socket.write('zz\r\n'),
    span: { ending: 'aborted' },
  },
  {
    ending: 'a response that the app destroys half-way',
    answer: (_req, res) => res.write('half', () => res.destroy()),
    span: { ending: 'destroyed', status: 200, errorType: 'destroyed', hasSize: true },
  },
  {
    ending: 'a body whose source fails',
    answer: (_req, res) => pipeline(failing(), res, () => undefined),
    span: { ending: 'destroyed', status: 200, errorType: 'EIO', exception: 'the disk failed', hasSize: true },
  },
  {
    ending: 'a connection that the app destroys',
    answer: (req) => req.socket.destroy(),
    span: { ending: 'destroyed', errorType: 'destroyed' },
  },
  {
    ending: 'an answer that takes longer than the app allows',
    answer: (_req, res) => res.setTimeout(10),
    span: { ending: 'timeout', errorType: 'timeout' },
  },
  {
    ending: 'an answer that stops for longer than the app allows',
    answer: (_req, res) => res.write('half', () => res.setTimeout(10)),
    span: { ending: 'timeout', status: 200, errorType: 'timeout', hasSize: true },
  },
  {
    ending: 'a timeout that the app answers itself',
    answer: (_req, res) => res.setTimeout(10, () => res.writeHead(503).end()),
    span: { status: 503, errorType: '503', hasSize: true },
  },
];

/** The same as the table of `docs/http.md`. */
export function closingsTable(): string {
  const rows = CLOSINGS.map(({ ending, span }) => {
    const { status = '-', errorType = 'unset' } = span;
    const also = [
      ...(span.exception === undefined ? [] : ['the exception']),
      ...(span.bodySize === undefined ? [] : ['`http.response.body.size`']),
      ...(span.hasSize === undefined ? [] : ['`http.response.size`']),
      ...(span.isStream === undefined ? [] : ['`throughline.headers_ms`']),
    ];
    const outcome = errorType === 'unset' ? errorType : `error, \`${errorType}\``;
    return `| ${ending} | ${status} | ${span.ending === undefined ? '-' : `\`${span.ending}\``} | ${outcome} | ${also.join(', ')} |`;
  });
  const head = [
    '| the exchange ends with | status code | `throughline.ending` | status, `error.type` | also |',
    '|---|---|---|---|---|',
  ];
  return [...head, ...rows].join('\n');
}

function failing(): Readable {
  async function* chunks(): AsyncGenerator<string> {
    yield 'half';
    throw Object.assign(new Error('the disk failed'), { code: 'EIO' });
  }
  return Readable.from(chunks());
}

export function closingCases(bench: ServerBench): void {
  for (const { ending, request, answer, client, span: expected } of CLOSINGS) {
    test(`tells ${ending} as it was`, async () => {
      const socket = await reach(bench, bench.site, answer, request);
      socket.resume();
      await client?.(socket);
      if (!socket.closed) await once(socket, 'close');
      assert.deepEqual(told(await bench.span()), expected);
    });
  }

  test('tells of streams how many bytes were written, each on one connection by itself, head and all', async () => {
    const socket = await dial(bench.site);
    let received = 0;
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    const sizes: number[] = [];
    for (const pieces of [
      ['one ', 'two ', 'three'],
      ['x'.repeat(100_000), 'y'.repeat(100_000)],
    ]) {
      const reached = once(bench.stage, 'raw');
      socket.write(requestText('GET /raw', [], 'keep-alive'));
      const [, res] = (await reached) as [IncomingMessage, ServerResponse];
      const before = received;
      for (const piece of pieces) res.write(piece);
      res.end();
      const { attributes } = await bench.span();
      const size = Number(attributes['http.response.size']);
      while (received - before < size) await once(socket, 'data');
      sizes.push(received - before - size);
      assert.ok(size > pieces.join('').length);
      assert.equal(attributes['http.response.body.size'], undefined);
    }
    assert.deepEqual(sizes, [0, 0]);
    socket.destroy();
  });

  test('ends every one of many pipelined requests when their client leaves', async () => {
    const reached: IncomingMessage[] = [];
    const note = (req: IncomingMessage): void => void reached.push(req);
    bench.stage.on('raw', note);
    const socket = await dial(bench.site);
    socket.write(requestText('GET /raw', [], 'keep-alive').repeat(20));
    while (reached.length < 20) await new Promise((resolve) => setImmediate(resolve));
    bench.stage.off('raw', note);
    socket.destroy();
    const spans = await bench.spans();
    assert.equal(spans.length, 20);
    assert.deepEqual(new Set(spans.map((span) => span.attributes['throughline.ending'])), new Set(['aborted']));
  });

  test('keeps pipelined requests apart that are answered in their turn', async () => {
    const waiting: ServerResponse[] = [];
    const note = (_req: IncomingMessage, res: ServerResponse): void => void waiting.push(res);
    bench.stage.on('raw', note);
    const socket = await dial(bench.site);
    socket.write(requestText('GET /raw', [], 'keep-alive').repeat(2) + requestText('GET /raw'));
    while (waiting.length < 3) await new Promise((resolve) => setImmediate(resolve));
    bench.stage.off('raw', note);
    for (const res of waiting.reverse()) res.end('x');
    for await (const _chunk of socket);
    const endings = (await bench.spans()).map(({ attributes }) => attributes['throughline.ending']);
    assert.deepEqual(endings, [undefined, undefined, undefined]);
  });
}

/** A client whose request has been handed to the app. */
async function reach(
  bench: ServerBench,
  site: Site,
  answer: Closing['answer'],
  { line, headers = [], body = '' }: NonNullable<Closing['request']> = { line: 'GET /raw' },
): Promise<Socket> {
  const socket = await dial(site);
  const reached = once(bench.stage, 'raw');
  socket.write(requestText(line, headers) + body);
  const [req, res] = await reached;
  answer(req, res);
  return socket;
}

/** A span's words for the way in which its exchange ended. */
function told({ attributes, status, events, durationMs }: SpanRecord): Closing['span'] {
  const errorType = attributes['error.type'];
  assert.equal(status.code, errorType === undefined ? 'unset' : 'error');
  const headersMs = attributes['throughline.headers_ms'];
  if (headersMs !== undefined) assert.ok(Number(headersMs) >= 0 && Number(headersMs) <= durationMs);
  const entries = Object.entries({
    ending: attributes['throughline.ending'],
    status: attributes['http.response.status_code'],
    errorType,
    exception: events[0]?.attributes['exception.message'],
    bodySize: attributes['http.response.body.size'],
    hasSize: Number(attributes['http.response.size']) > 0 ? true : undefined,
    isStream: headersMs === undefined ? undefined : true,
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
