import assert from 'node:assert/strict';
import { type EventEmitter, once } from 'node:events';
import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { after, before, describe } from 'node:test';
import { traceFetch, traceHttp } from 'throughline';
import { closedPort } from './client/peer.ts';
import { clientTest } from './client/tracer.ts';

/** The bytes of all requests so far; each path says how it is answered. */
let wire = '';
let server: Server;
let origin = '';
let refused = '';

const ANSWERS: Readonly<Record<string, string>> = {
  '/ok': 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-answer: 1\r\n\r\nok',
  '/404': 'HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno',
  '/204': 'HTTP/1.1 204 No Content\r\n\r\n',
  '/hints': 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
  '/continue': 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
  '/chunked': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n2\r\nok\r\n0\r\nx-sum: 1\r\n\r\n',
  '/redirect': 'HTTP/1.1 302 Found\r\nlocation: /ok\r\ncontent-length: 0\r\n\r\n',
  '/nowhere': 'HTTP/1.1 302 Found\r\nlocation: http://[\r\ncontent-length: 0\r\n\r\n',
  '/cut': 'HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nhalf',
  '/empty': '',
  '/junk': 'this is no HTTP\r\n\r\n',
  '/upgrade': 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n',
};

before(async () => {
  server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  refused = `http://127.0.0.1:${await closedPort()}`;
});
after(() => server.close());

function answer(socket: Socket): void {
  let request = '';
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    request += chunk.toString('latin1');
    if (!request.includes('\r\n\r\n')) return;
    wire += request;
    const path = /^\S+ (?:http:\/\/[^/]+)?(\/\w*)/.exec(request)?.[1] ?? '/ok';
    socket.end(ANSWERS[path] ?? '');
    request = '';
  });
}

/** The bytes sent, what is ours taken out. */
function sent(): string {
  return wire.replaceAll(/^(traceparent|tracestate|baggage): .*\r\n/gim, '');
}

/** Everything that code over node:http can notice of a request, in order. */
async function seenOfRequest(request: typeof http.request, path: string, options: RequestOptions, body?: string) {
  wire = '';
  const seen: unknown[] = [];
  const req = request(`${path.startsWith('/') ? origin : refused}${path}`, { agent: false, ...options });
  const over = new Promise((resolve) => {
    req.once('close', resolve);
  });
  for (const event of ['response', 'connect', 'continue', 'information', 'abort', 'timeout', 'finish']) {
    (req as EventEmitter).on(event, () => seen.push(event));
  }
  if (path === '/upgrade') {
    req.on('upgrade', (_res, socket) => {
      seen.push('upgrade');
      socket.destroy();
    });
  }
  req.on('error', ({ name, message, code }: NodeJS.ErrnoException) => seen.push(['error', name, message, code]));
  req.on('response', (res: IncomingMessage) => seenOfResponse(res, seen));
  seen.push(headersOf(req));
  req.end(body);
  await over;
  return {
    seen: seen.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)?.replaceAll(/\d{5}/g, 'port'))),
    wire: sent(),
  };
}

function headersOf(req: ClientRequest): unknown {
  const { traceparent: _, ...headers } = req.getHeaders();
  return { headers, method: req.method, path: req.path, host: req.host };
}

function seenOfResponse(res: IncomingMessage, seen: unknown[]): void {
  seen.push({
    status: res.statusCode,
    message: res.statusMessage,
    headers: res.rawHeaders,
    listeners: res.listenerCount('error'),
  });
  res.on('data', (chunk) => seen.push(String(chunk)));
  res.on('end', () => seen.push({ end: res.trailers }));
  res.on('error', ({ message }) => seen.push({ broke: message }));
}

const REQUESTS: Readonly<Record<string, readonly [path: string, options?: RequestOptions, body?: string]>> = {
  'a GET': ['/ok'],
  'headers of the app': ['/ok', { headers: { 'X-One': '1', accept: ['a', 'b'] } }],
  'headers in a list': ['/ok', { headers: ['Host', 'x', 'X-One', '1', 'X-One', '2'] }],
  'a POST': ['/ok', { method: 'POST' }, 'body'],
  'a method of its own': ['/ok', { method: 'PURGE' }],
  'a HEAD': ['/204', { method: 'HEAD' }],
  credentials: ['/ok', { auth: 'user:password' }],
  Expect: ['/continue', { method: 'POST', headers: { expect: '100-continue' } }, 'body'],
  'an informational answer': ['/hints'],
  'a chunked answer': ['/chunked'],
  'no content': ['/204'],
  'a 404': ['/404'],
  'a redirect': ['/redirect'],
  'an answer that breaks off': ['/cut'],
  'no answer': ['/empty'],
  'an answer that is no HTTP': ['/junk'],
  'an upgrade': ['/upgrade', { headers: { connection: 'upgrade', upgrade: 'echo' } }],
  'a refused connection': [''],
  'a signal that was aborted before': ['/ok', { signal: AbortSignal.abort() }],
};

describe('traced and untraced, node:http does the same', () => {
  for (const [claim, [path, options = {}, body]] of Object.entries(REQUESTS)) {
    clientTest(`with ${claim}`, async () => {
      const untraced = await seenOfRequest(http.request, path, options, body);
      const traced = await seenOfRequest(traceHttp(http).request, path, options, body);
      assert.deepEqual(traced, untraced);
    });
  }
});

/** Everything that code over fetch can notice of a call. */
async function seenOfFetch(fetch: typeof globalThis.fetch, path: string, init: RequestInit) {
  wire = '';
  const seen: unknown[] = [];
  try {
    const response = await fetch(`${path.startsWith('/') ? origin : refused}${path}`, init);
    const { status, statusText, redirected, type, ok, url, bodyUsed } = response;
    seen.push(
      { status, statusText, redirected, type, ok, url, bodyUsed },
      [...response.headers],
      response instanceof Response,
    );
    seen.push(await response.text());
  } catch (error) {
    const { name, message, cause } = error as Error & { cause?: NodeJS.ErrnoException };
    seen.push(name, message, cause?.name, cause?.code);
  }
  return { seen, wire: sent() };
}

const CALLS: Readonly<Record<string, readonly [path: string, init?: () => RequestInit]>> = {
  'a GET': ['/ok'],
  'headers of the app': ['/ok', () => ({ headers: { 'X-One': '1', accept: 'text/*' } })],
  'a Headers object': [
    '/ok',
    () => ({
      headers: new Headers([
        ['X-One', '1'],
        ['x-one', '2'],
      ]),
    }),
  ],
  'a POST of text': ['/ok', () => ({ method: 'post', body: 'text' })],
  'a PUT of parameters': ['/ok', () => ({ method: 'PUT', body: new URLSearchParams({ a: 'b c' }) })],
  'a patch in lower case': ['/ok', () => ({ method: 'patch', body: 'x' })],
  'a 404': ['/404'],
  'no content': ['/204'],
  'an informational answer': ['/hints'],
  'a chunked answer': ['/chunked'],
  'a redirect': ['/redirect'],
  'a redirected POST': ['/redirect', () => ({ method: 'POST', body: 'x' })],
  'a redirect that is not followed': ['/redirect', () => ({ redirect: 'manual' })],
  'a redirect that is an error': ['/redirect', () => ({ redirect: 'error' })],
  'a redirect to nowhere': ['/nowhere'],
  'an answer that breaks off': ['/cut'],
  'no answer': ['/empty'],
  'an answer that is no HTTP': ['/junk'],
  'a refused connection': [''],
  'a signal that was aborted before': ['/ok', () => ({ signal: AbortSignal.abort() })],
  'a GET with a body': ['/ok', () => ({ body: 'x' })],
  'a header that is none': ['/ok', () => ({ headers: { 'x y': '1' } })],
  'an init that is none': ['/ok', () => 5 as never],
};

const kinds: Readonly<Record<string, typeof globalThis.fetch>> = {
  'the global fetch': fetch,
  'a function over it': (...args: Parameters<typeof fetch>) => fetch(...args),
};

for (const [kind, untraced] of Object.entries(kinds)) {
  describe(`traced and untraced, ${kind} does the same`, () => {
    for (const [claim, [path, init = () => ({})]] of Object.entries(CALLS)) {
      clientTest(`with ${claim}`, async () => {
        const expected = await seenOfFetch(untraced, path, init());
        assert.deepEqual(await seenOfFetch(traceFetch(untraced), path, init()), expected);
      });
    }
  });
}

describe('what nobody handles', () => {
  clientTest('is one unhandled rejection, with the reason of the fetch itself', async () => {
    const reasons: unknown[] = [];
    const { promise, resolve } = withResolver();
    const reason = new TypeError('mine');
    const noted = (given: unknown): void => {
      reasons.push(given);
      setImmediate(resolve);
    };
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', noted);
    void traceFetch((_url: string) => Promise.reject(reason))(`${origin}/ok`);
    await promise;
    process.removeListener('unhandledRejection', noted);
    for (const other of others) process.on('unhandledRejection', other);
    assert.deepEqual(reasons, [reason]);
  });
});

function withResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
