import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { connect as connectHttp2, createSecureServer } from 'node:http2';
import { createServer as createHttpsServer, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, afterEach, test } from 'node:test';
import express from 'express';
import Koa from 'koa';
import { tracing } from 'throughline';
import { Recorder } from '../contract/checks/recorder.ts';
import { dial, exchange, requestText } from '../contract/server/bench.ts';
import { selfSigned } from '../support/self-signed.ts';

const recorder = new Recorder('expectations');
afterEach(() => recorder.assertTidy());
after(() => recorder.shutdown());

interface Closable {
  listen(port: number, host: string): unknown;
  close(): unknown;
  address(): unknown;
}

/** Listens while `use` runs. */
async function serving(server: Closable & NodeJS.EventEmitter, use: (port: number) => Promise<void>): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await use((server.address() as AddressInfo).port);
  } finally {
    (server as Partial<Server>).closeAllConnections?.();
    server.close();
    await once(server, 'close');
  }
}

const answer: RequestListener = (req, res) => {
  req.resume().on('end', () => res.end('taken'));
};

const EXPECTING = requestText('POST /upload', ['Expect: 100-continue', 'Content-Length: 5']);

test('Expect: 100-continue: node says so itself, and the span has the answer that follows', async () => {
  const server = createServer(tracing.handler(answer));
  await serving(server, async (port) => {
    assert.match(
      await exchange({ server, port }, `${EXPECTING}hello`),
      /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/,
    );
    assert.equal((await recorder.span()).attributes['http.response.status_code'], 200);
  });
});

test('Expect: 100-continue: a handler of checkContinue is traced as one of request is', async () => {
  const server = createServer().on(
    'checkContinue',
    tracing.handler((_req, res) => void res.writeHead(413, { connection: 'close' }).end()),
  );
  await serving(server, async (port) => {
    assert.match(await exchange({ server, port }, EXPECTING), /^HTTP\/1.1 413 /);
    const { name, attributes, status } = await recorder.span();
    assert.equal(name, 'POST');
    assert.equal(attributes['http.response.status_code'], 413);
    assert.deepEqual(status, { code: 'unset' });
  });
});

/** Node looks for late requests every `connectionsCheckingInterval`. */
const IMPATIENT: ServerOptions = { requestTimeout: 30, headersTimeout: 20, connectionsCheckingInterval: 10 };

test('a body that does not come in time is a timeout, and no error of the server', async () => {
  const server = createServer(
    IMPATIENT,
    tracing.handler((req) => void req.resume().on('error', () => undefined)),
  );
  await serving(server, async (port) => {
    const text = await exchange({ server, port }, requestText('POST /late', ['Content-Length: 5']));
    assert.match(text, /^HTTP\/1.1 408 /);
    const { attributes, status } = await recorder.span();
    assert.equal(attributes['throughline.ending'], 'timeout');
    assert.equal(attributes['http.response.status_code'], undefined, 'node answers past the response');
    assert.deepEqual(status, { code: 'unset' });
  });
});

test('headers that do not come in time are no request, and no span', async () => {
  const server = createServer(IMPATIENT, tracing.handler(answer));
  await serving(server, async (port) => {
    assert.match(await exchange({ server, port }, 'GET /late HTTP/1.1\r\nHost:'), /^HTTP\/1.1 408 /);
    assert.deepEqual(await recorder.spans(), []);
  });
});

test('a timeout of the whole server is a timeout of the request it hits', async () => {
  const server = createServer(tracing.handler(() => undefined));
  server.setTimeout(20);
  await serving(server, async (port) => {
    assert.equal(await exchange({ server, port }, requestText('GET /slow')), '');
    const { attributes, status } = await recorder.span();
    assert.equal(attributes['throughline.ending'], 'timeout');
    assert.equal(attributes['error.type'], 'timeout');
    assert.equal(status.code, 'error');
  });
});

test('a second request on a connection is not taken for the timeout of the first', async () => {
  const server = createServer(
    tracing.handler((req, res) => {
      if (req.url === '/first') res.setTimeout(10, () => res.end('late'));
    }),
  );
  await serving(server, async (port) => {
    const socket = await dial({ server, port });
    socket.write(requestText('GET /first', [], 'keep-alive'));
    await once(socket, 'data');
    const reached = once(server, 'request');
    socket.write(requestText('GET /second'));
    await reached;
    server.closeAllConnections();
    const endings = (await recorder.spans()).map(({ attributes }) => attributes['throughline.ending']);
    assert.deepEqual(endings, [undefined, 'destroyed']);
  });
});

const TLS = selfSigned('shop.example');

for (const [name, listener] of [
  ['node:http', tracing.handler((_req, res) => res.end('ok'))],
  ['Express', express().use(tracing(), (_req, res) => void res.end('ok'))],
  [
    'Koa',
    new Koa()
      .use(tracing())
      .use((ctx) => {
        ctx.body = 'ok';
      })
      .callback(),
  ],
] as const) {
  test(`HTTPS: a request of ${name} says https`, async () => {
    await serving(createHttpsServer(TLS, listener), async (port) => {
      const request = httpsRequest({ host: '127.0.0.1', port, path: '/a', rejectUnauthorized: false, agent: false });
      const [response] = await once(request.end(), 'response');
      response.resume();
      await once(response, 'close');
      const { attributes } = await recorder.span();
      assert.equal(attributes['url.scheme'], 'https');
      assert.equal(attributes['network.protocol.version'], '1.1');
      assert.equal(attributes['throughline.ending'], undefined);
    });
  });
}

test('HTTP/2 over TLS: a request says https and version 2', async () => {
  const server = createSecureServer(TLS, tracing.handler((_req, res) => res.end('ok')) as never);
  await serving(server, async (port) => {
    const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    const stream = session.request({ ':path': '/a' });
    stream.resume();
    await once(stream, 'close');
    session.close();
    const { attributes } = await recorder.span();
    assert.equal(attributes['url.scheme'], 'https');
    assert.equal(attributes['network.protocol.version'], '2');
    assert.equal(attributes['server.port'], port);
  });
});
