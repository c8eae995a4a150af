import assert from 'node:assert/strict';
import { type EventEmitter, once } from 'node:events';
import * as httpNamespace from 'node:http';
import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe } from 'node:test';
import { current, span, traceHttp } from 'throughline';
import { inRequest, Peer } from './client/peer.ts';
import { clientSpan, clientSpans, clientTest, spansSoFar, traceparentOf } from './client/tracer.ts';

const peer = new Peer();
const traced = traceHttp(http);

before(() => peer.open());
beforeEach(() => peer.reset());
after(() => peer.close());

/** The body of the answer to `req`, read to its end. */
async function bodyOf(req: ClientRequest): Promise<string> {
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of res) text += String(chunk);
  return text;
}

/** Not `once`, which would take an error for the end. */
function closed(emitter: EventEmitter): Promise<void> {
  return new Promise((resolve) => {
    emitter.once('close', resolve);
  });
}

describe('traceHttp', () => {
  clientTest('returns a new object with everything of the given one, and changes nothing of that', async () => {
    const before = { ...http };
    assert.notEqual(traced, http);
    assert.deepEqual(Object.keys(traced), Object.keys(http));
    for (const name of Object.keys(http) as (keyof typeof http)[]) {
      if (name !== 'request' && name !== 'get') assert.equal(traced[name], http[name], name);
    }
    assert.deepEqual({ ...http }, before);
    assert.equal(traceHttp(traced), traced);
  });

  clientTest('takes the namespace of an import too', async () => {
    const namespace = traceHttp(httpNamespace);
    assert.equal(await bodyOf(namespace.get(`${peer.origin}/ok`)), 'ok');
    assert.equal((namespace as unknown as { default: unknown }).default, namespace);
    assert.equal((await clientSpans()).length, 1);
  });

  clientTest('refuses what is neither http nor https, and options that are wrong', async () => {
    assert.throws(() => traceHttp({} as never), { code: 'ERR_THROUGHLINE_OPTION', message: /expected node:http/ });
    assert.throws(() => traceHttp(http, { peer: '' }), /"peer" must be the name of a service/);
  });

  const ways: Readonly<Record<string, (done: (res: IncomingMessage) => void) => ClientRequest>> = {
    'a URL as text': (done) => traced.get(`${peer.origin}/ok`, done),
    'a URL': (done) => traced.get(new URL(`${peer.origin}/ok`), done),
    'a URL and options': (done) => traced.request(`${peer.origin}/other`, { path: '/ok', method: 'GET' }, done).end(),
    options: (done) => traced.get({ host: '127.0.0.1', port: peer.port, path: '/ok' }, done),
    'options with a hostname': (done) =>
      traced.get({ hostname: '127.0.0.1', host: 'x', port: `${peer.port}`, path: '/ok' }, done),
    'a connection made by the app': (done) =>
      traced.get(
        { host: '127.0.0.1', path: '/ok', createConnection: () => connect(peer.port, '127.0.0.1') } as RequestOptions,
        done,
      ),
    'no agent': (done) => traced.get(`${peer.origin}/ok`, { agent: false }, done),
    'headers in a list': (done) => traced.get(`${peer.origin}/ok`, { headers: ['Host', 'x', 'X-App', '1'] }, done),
    'headers in pairs': (done) =>
      traced.get(
        `${peer.origin}/ok`,
        {
          headers: [
            ['Host', 'x'],
            ['X-App', '1'],
          ],
        } as unknown as RequestOptions,
        done,
      ),
    Expect: (done) => traced.get(`${peer.origin}/ok`, { headers: { Expect: '100-continue' } }, done),
    'Expect with options alone': (done) =>
      traced.get({ host: '127.0.0.1', port: peer.port, path: '/ok', headers: { expect: '100-continue' } }, done),
  };
  for (const [what, send] of Object.entries(ways)) {
    clientTest(`takes ${what}`, async () => {
      const { promise, resolve } = withResolvers<IncomingMessage>();
      send(resolve);
      const res = await promise;
      res.resume();
      await closed(res);
      const call = await clientSpan();
      assert.equal(call.attributes['http.response.status_code'], 200);
      assert.equal(call.attributes['server.address'], '127.0.0.1');
      // What the app connects to by itself is its own affair: the request is to the port that it names.
      assert.equal(call.attributes['server.port'], what === 'a connection made by the app' ? 80 : peer.port);
      assert.equal(peer.received[0]?.path, '/ok');
      assert.equal(peer.received[0]?.headers.traceparent, traceparentOf(call));
    });
  }

  clientTest('names the host it dials, whatever the Host header says', async () => {
    await bodyOf(traced.get(`${peer.origin}/ok`, { headers: { host: 'shop.example' } }));
    const { attributes } = await clientSpan();
    assert.deepEqual([attributes['server.address'], attributes['server.port']], ['127.0.0.1', peer.port]);
    assert.equal(peer.received[0]?.headers.host, 'shop.example');
  });

  clientTest('throws what node throws for a request that cannot be made, and makes no attempt of it', async () => {
    for (const args of [
      ['http://[', {}],
      ['ftp://x/', {}],
      [{ path: '/a b' }, {}],
    ] as never[][]) {
      const untraced = errorOf(() => (http.request as (...args: unknown[]) => unknown)(...args));
      const ours = errorOf(() => (traced.request as (...args: unknown[]) => unknown)(...args));
      assert.deepEqual([ours.name, ours.message], [untraced.name, untraced.message]);
    }
    assert.deepEqual(await clientSpans(), []);
  });

  clientTest('a request through a unix socket has no server address', async () => {
    const path = join(tmpdir(), `throughline-${process.pid}-${peer.port}.sock`);
    const server = http.createServer((_req, res) => res.end('local')).listen(path);
    await once(server, 'listening');
    assert.equal(await bodyOf(traced.get({ socketPath: path, path: '/x', agent: false })), 'local');
    server.close();
    await closed(server);
    const { attributes } = await clientSpan();
    assert.equal(attributes['server.address'], undefined);
    assert.equal(attributes['url.full'], 'http://localhost/x');
  });

  clientTest('a name that is looked up says when it was, and its spans stand in the scope of the app', async () => {
    await span('caller', async (caller) => {
      const req = traced.get(`http://localhost:${peer.port}/ok`, { agent: false, family: 4 });
      req.on('socket', () => assert.equal(current(), caller));
      const [res] = (await once(req, 'response')) as [IncomingMessage];
      assert.equal(current(), caller);
      res.resume();
      await closed(res);
    });
    const call = await clientSpan();
    assert.deepEqual(
      call.events.map(({ name }) => name),
      ['dns', 'connected', 'response head'],
    );
    assert.equal((await spansSoFar()).length, 2);
  });

  clientTest('an error that nobody listens to is still one that ends the process', async () => {
    const { promise, resolve } = withResolvers<unknown>();
    process.setUncaughtExceptionCaptureCallback(resolve);
    traced.get(`${peer.origin}/reset`);
    const error = (await promise) as NodeJS.ErrnoException;
    process.setUncaughtExceptionCaptureCallback(null);
    assert.equal(error.code, 'ECONNRESET');
    assert.equal((await clientSpan()).attributes['error.type'], 'ECONNRESET');
  });

  clientTest('an answer that nobody listens for is drained by node, and the span ends', async () => {
    const req = traced.get(`${peer.origin}/big`);
    assert.equal(req.listenerCount('response'), 0);
    await closed(req);
    assert.equal((await clientSpan()).attributes['http.response.status_code'], 200);
  });

  clientTest('an upgrade ends the span at the handshake, with 101', async () => {
    await withUpgrades(async (port) => {
      const req = traced.get({ port, headers: { connection: 'Upgrade', upgrade: 'echo' } });
      const over = closed(req);
      const [res, socket] = (await once(req, 'upgrade')) as [IncomingMessage, Socket];
      assert.equal(res.statusCode, 101);
      await over;
      const call = await clientSpan();
      assert.equal(call.attributes['http.response.status_code'], 101);
      assert.deepEqual(call.status, { code: 'unset' });
      socket.write('hello');
      assert.equal(String((await once(socket, 'data'))[0]), 'hello');
      socket.destroy();
    });
  });

  clientTest('an upgrade that nobody listens for is closed by node, as without us', async () => {
    await withUpgrades(async (port) => {
      const req = traced.get({ port, headers: { connection: 'Upgrade', upgrade: 'echo' } });
      await closed(req);
      assert.equal((await clientSpan()).attributes['http.response.status_code'], 101);
    });
  });

  clientTest('CONNECT ends the span when the tunnel is there', async () => {
    await withUpgrades(async (port) => {
      const req = traced.request({ port, method: 'CONNECT', path: 'stock.example:443' }).end();
      const over = closed(req);
      const [, socket] = (await once(req, 'connect')) as [IncomingMessage, Socket];
      await over;
      socket.destroy();
      const { name, attributes } = await clientSpan();
      assert.equal(name, 'CONNECT');
      assert.deepEqual([attributes['server.address'], attributes['server.port']], ['stock.example', 443]);
      assert.equal(attributes['http.response.status_code'], 200);
    });
  });

  const cancellations: Readonly<Record<string, (req: ClientRequest) => void>> = {
    'destroy()': (req) => req.destroy(),
    'abort()': (req) => req.abort(),
  };
  for (const [what, cancel] of Object.entries(cancellations)) {
    clientTest(`${what} before the answer is a cancellation`, async () => {
      const arrived = peer.arrived();
      const req = traced.get(`${peer.origin}/hang`);
      req.on('error', () => undefined);
      await arrived;
      cancel(req);
      await closed(req);
      const { attributes, status } = await clientSpan();
      assert.equal(attributes['throughline.ending'], 'cancelled');
      assert.deepEqual(status, { code: 'unset' });
    });

    clientTest(`${what} at once is a cancellation`, async () => {
      const req = traced.request(`${peer.origin}/hang`);
      req.on('error', () => undefined);
      cancel(req);
      await closed(req);
      assert.equal((await clientSpan()).attributes['throughline.ending'], 'cancelled');
    });

    clientTest(`${what} in the middle of the body is a cancellation with its status`, async () => {
      const req = traced.get(`${peer.origin}/endless`);
      const [res] = (await once(req, 'response')) as [IncomingMessage];
      res.on('error', () => undefined);
      await once(res, 'data');
      cancel(req);
      await closed(res);
      const { attributes, status } = await clientSpan();
      assert.equal(attributes['throughline.ending'], 'cancelled');
      assert.equal(attributes['http.response.status_code'], 200);
      assert.deepEqual(status, { code: 'unset' });
    });
  }

  clientTest('an answer 503 that the app destroys is an error all the same', async () => {
    const req = traced.get(`${peer.origin}/endless/503`);
    const [res] = (await once(req, 'response')) as [IncomingMessage];
    res.destroy();
    await closed(req);
    const { attributes, status } = await clientSpan();
    assert.deepEqual([attributes['error.type'], attributes['throughline.ending']], ['503', 'cancelled']);
    assert.deepEqual(status, { code: 'error' });
  });

  clientTest('an answer that the app destroys is a cancellation', async () => {
    const req = traced.get(`${peer.origin}/endless`);
    const [res] = (await once(req, 'response')) as [IncomingMessage];
    res.destroy();
    await closed(res);
    assert.equal((await clientSpan()).attributes['throughline.ending'], 'cancelled');
  });

  clientTest('an error that the app destroys the request with is its error', async () => {
    const arrived = peer.arrived();
    const req = traced.get(`${peer.origin}/hang`);
    await arrived;
    const error = Object.assign(new Error('too many'), { code: 'ELIMIT' });
    req.destroy(error);
    assert.equal((await once(req, 'error').catch((thrown) => [thrown]))[0], error);
    assert.equal((await clientSpan()).attributes['error.type'], 'ELIMIT');
  });

  clientTest('a timeout that the app does not act on changes nothing', async () => {
    const arrived = peer.arrived();
    const req = traced.get(`${peer.origin}/hang`, { timeout: 10 });
    await Promise.all([arrived, once(req, 'timeout')]);
    peer.answerHanging();
    assert.equal(await bodyOf(req), 'late');
    assert.deepEqual((await clientSpan()).status, { code: 'unset' });
  });

  clientTest('trailers and pieces come to the app as they are', async () => {
    const req = traced.get(`${peer.origin}/pieces`);
    const [res] = (await once(req, 'response')) as [IncomingMessage];
    res.resume();
    await once(res, 'end');
    assert.equal(res.trailers['x-sum'], '3');
  });

  clientTest('who follows redirects over it makes an attempt of each hop', async () => {
    const first = traced.get(`${peer.origin}/redirect/302?to=/ok`);
    const [res] = (await once(first, 'response')) as [IncomingMessage];
    res.resume();
    // Within the answer, as clients do it: later it would be another request.
    assert.equal(await bodyOf(traced.get(new URL(res.headers.location ?? '', peer.origin))), 'ok');
    await bodyOf(traced.get(`${peer.origin}/ok`));
    assert.deepEqual(
      (await clientSpans()).map(({ attributes }) => attributes['http.request.resend_count']),
      [undefined, 1, undefined],
    );
  });

  clientTest('a request that signs a list of headers is left alone', async () => {
    const headers = ['Host', 'x', 'Authorization', 'AWS4-HMAC-SHA256 SignedHeaders=host;traceparent, Signature=1'];
    const caller = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
    await inRequest(caller, () => bodyOf(traced.get(`${peer.origin}/ok`, { headers })));
    assert.equal(peer.received[0]?.headers.traceparent, undefined);
    assert.deepEqual((await clientSpan()).attributes['throughline.withheld'], ['trace']);
  });

  clientTest('headers that are a list, and options, stay as the app made them', async () => {
    const headers = Object.freeze(['Host', 'x', 'TraceParent', 'stale', 'traceparent', 'staler']);
    const options = Object.freeze({ headers: headers as string[] });
    await bodyOf(traced.get(`${peer.origin}/ok`, options));
    assert.equal(peer.received[0]?.rawHeaders.filter((name) => /^traceparent$/i.test(name)).length, 1);
    assert.equal(peer.received[0]?.headers.traceparent, traceparentOf(await clientSpan()));
  });

  clientTest('https of a plain server is an error of TLS, named by its code', async () => {
    const req = traceHttp(https).get(`https://127.0.0.1:${peer.port}/`);
    const over = closed(req);
    await once(req, 'error').catch(() => undefined);
    await over;
    assert.match(String((await clientSpan()).attributes['error.type']), /^(ERR_SSL_\w+|EPROTO|ECONNRESET)$/);
  });
});

function errorOf(fn: () => unknown): Error {
  try {
    fn();
  } catch (error) {
    return error as Error;
  }
  return assert.fail('nothing was thrown');
}

function withResolvers<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Runs `fn` beside a server that echoes on connections that are handed over. */
async function withUpgrades(fn: (port: number) => Promise<void>): Promise<void> {
  const server = http.createServer();
  const sockets = new Set<Socket>();
  const echo = (head: string) => (_req: IncomingMessage, socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.write(head);
    socket.pipe(socket);
  };
  server.on('upgrade', echo('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n'));
  server.on('connect', echo('HTTP/1.1 200 Connection Established\r\n\r\n'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  try {
    await fn(typeof address === 'object' && address !== null ? address.port : 0);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
    await closed(server);
  }
}
