import assert from 'node:assert/strict';
import { once } from 'node:events';
import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, createServer } from 'node:http2';
import { type AddressInfo, Socket } from 'node:net';
import { Writable } from 'node:stream';
import { after, afterEach, test } from 'node:test';
import Koa from 'koa';
import { tracing } from 'throughline';
import { Recorder } from '../contract/checks/recorder.ts';
import { exchange, requestText, withListener } from '../contract/server/bench.ts';

const recorder = new Recorder('response-endings');
afterEach(() => recorder.assertTidy());
after(() => recorder.shutdown());

/** An HTTP/2 server in front of `listener`, spoken to by `use`. */
async function withHttp2(listener: unknown, use: (session: ClientHttp2Session) => Promise<void>): Promise<void> {
  const server = createServer(listener as Parameters<typeof createServer>[0]).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  try {
    await use(session);
  } finally {
    session.close();
    server.close();
    await once(server, 'close');
  }
}

async function complete(stream: ClientHttp2Stream): Promise<void> {
  stream.resume();
  await once(stream, 'close');
}

async function reset(stream: ClientHttp2Stream): Promise<void> {
  stream.on('error', () => undefined);
  const closed = once(stream, 'close');
  stream.close(8);
  await closed;
}

for (const method of ['GET', 'HEAD']) {
  test(`HTTP/2: ${method} ends complete, with what its pseudo-headers say`, async () => {
    await withHttp2(
      tracing.handler((_req, res) => res.end('ok')),
      async (session) => {
        await complete(session.request({ ':method': method, ':path': '/ok?a=1', ':authority': 'shop.example:8443' }));
        const { name, attributes } = await recorder.span();
        assert.equal(name, method);
        assert.equal(attributes['http.response.status_code'], 200);
        assert.equal(attributes['throughline.ending'], undefined);
        assert.equal(attributes['url.path'], '/ok');
        assert.equal(attributes['url.scheme'], 'http');
        assert.equal(attributes['server.address'], 'shop.example');
        assert.equal(attributes['server.port'], 8443);
        assert.equal(attributes['network.protocol.version'], '2');
      },
    );
  });
}

test('HTTP/2: a stream reset before an answer ends aborted, without a status code', async () => {
  const reached = new Socket(); // any emitter
  await withHttp2(
    tracing.handler(() => reached.emit('arrived')),
    async (session) => {
      const arrived = once(reached, 'arrived');
      const stream = session.request({ ':path': '/hang' });
      await arrived;
      await reset(stream);
      const { attributes, status } = await recorder.span();
      assert.equal(attributes['throughline.ending'], 'aborted');
      assert.ok(!('http.response.status_code' in attributes));
      assert.deepEqual(status, { code: 'unset' });
    },
  );
});

for (const [what, answer] of [
  ['in the middle of an answer', (res: ServerResponse): unknown => res.write('half')],
  ['with a large answer on its way', (res: ServerResponse): unknown => res.end('x'.repeat(10_000_000))],
] as const) {
  test(`HTTP/2: a stream reset ${what} ends aborted, with the status code sent`, async () => {
    await withHttp2(
      tracing.handler((_req, res) => answer(res)),
      async (session) => {
        const stream = session.request({ ':path': '/half' });
        await once(stream, 'response');
        await reset(stream);
        const { attributes } = await recorder.span();
        assert.equal(attributes['throughline.ending'], 'aborted');
        assert.equal(attributes['http.response.status_code'], 200);
      },
    );
  });
}

test('HTTP/2: a stream that is over before tracing() is reached has a span that ends', async () => {
  const traced = tracing.handler(() => undefined);
  let reached: (() => void) | undefined;
  const done = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const listener: RequestListener = async (req, res) => {
    res.end('early');
    await once(res, 'close');
    traced(req, res);
    reached?.();
  };
  await withHttp2(listener, async (session) => {
    await complete(session.request({ ':path': '/' }));
    await done;
    assert.equal((await recorder.span()).attributes['http.response.status_code'], 200);
  });
});

test('HTTP/2: Koa answers over it', async () => {
  const app = new Koa().use(tracing()).use((ctx) => {
    ctx.body = 'ok';
  });
  await withHttp2(app.callback(), async (session) => {
    await complete(session.request({ ':path': '/' }));
    assert.equal((await recorder.span()).attributes['http.response.status_code'], 200);
  });
});

/** Request and response as injecting test tools and serverless hosts make them: real classes, no server. */
function injected(): { req: IncomingMessage; res: ServerResponse } {
  const req = Object.assign(new IncomingMessage(new Socket()), { method: 'GET', url: '/injected', headers: {} });
  const res = new ServerResponse(req);
  const sink = new Writable({ write: (_chunk, _encoding, done) => done() });
  res.assignSocket(sink as Socket);
  return { req, res };
}

test('an injected response, which nobody closes, ends when it is finished', async () => {
  const { req, res } = injected();
  const finished = once(res, 'finish');
  tracing.handler((_req, response) => response.end('ok'))(req, res);
  await finished;
  const { attributes } = await recorder.span();
  assert.equal(attributes['http.response.status_code'], 200);
  assert.equal(attributes['throughline.ending'], undefined);
});

test('an injected response that is closed without an answer ends aborted', async () => {
  const { req, res } = injected();
  tracing.handler((_req, response) => response.emit('close'))(req, res);
  assert.equal((await recorder.span()).attributes['throughline.ending'], 'aborted');
});

for (const [what, spoil] of [
  ['a frozen request', ({ req }: ReturnType<typeof injected>) => Object.freeze(req)],
  ['a frozen response', ({ res }: ReturnType<typeof injected>) => Object.freeze(res)],
  ['a request without headers', ({ req }: ReturnType<typeof injected>) => Object.assign(req, { headers: undefined })],
  [
    'a user agent that is no text',
    ({ req }: ReturnType<typeof injected>) => Object.assign(req.headers, { 'user-agent': 7 }),
  ],
  ['a request without a socket', ({ req }: ReturnType<typeof injected>) => Object.assign(req, { socket: null })],
  [
    'a request without a target',
    ({ req }: ReturnType<typeof injected>) => Object.assign(req, { url: undefined, method: undefined }),
  ],
  ['a response that is no emitter', ({ res }: ReturnType<typeof injected>) => Object.assign(res, { on: undefined })],
] as const) {
  test(`the listener runs, and no span stays open, for ${what}`, async () => {
    const pair = injected();
    spoil(pair);
    let ran = false;
    tracing.handler((_req, res) => {
      ran = true;
      res.emit('close');
    })(pair.req, pair.res);
    assert.ok(ran);
    assert.ok((await recorder.spans()).length <= 1);
  });
}

for (const own of [10, 11]) {
  test(`an app with ${own} close listeners is warned as often as without tracing`, async () => {
    const warnings: string[] = [];
    const note = (warning: Error): void => void warnings.push(warning.name);
    process.on('warning', note);
    const listener: RequestListener = (_req, res) => {
      for (let i = 0; i < own; i++) res.on('close', () => undefined);
      res.end(String(res.listenerCount('close')));
    };
    await withListener(tracing.handler(listener), async (site) => {
      await exchange(site, requestText('GET /'));
    });
    process.off('warning', note);
    assert.deepEqual(warnings, own > 10 ? ['MaxListenersExceededWarning'] : []);
  });
}

test('an app that lifted the limit of listeners keeps it lifted', async () => {
  const limits: number[] = [];
  const traced = tracing.handler((_req, res) => res.end(String(limits.push(res.getMaxListeners()))));
  const listener: RequestListener = (req, res) => traced(req, res.setMaxListeners(0));
  await withListener(listener, async (site) => void (await exchange(site, requestText('GET /'))));
  assert.deepEqual(limits, [0]);
});
