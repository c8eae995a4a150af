import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { after, afterEach, test } from 'node:test';
import { current, tracing } from 'throughline';
import { inject } from 'throughline/propagation';
import { WebSocket, WebSocketServer } from 'ws';
import { Recorder } from '../contract/checks/recorder.ts';

const recorder = new Recorder('upgrade');
afterEach(() => recorder.assertTidy());
after(() => recorder.shutdown());

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const HEADERS = { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` };

async function withServer(
  event: 'upgrade' | 'connect',
  listener: UpgradeListener,
  use: (port: number) => Promise<void>,
): Promise<void> {
  const server: Server = createServer().on(event, listener).listen(0, '127.0.0.1');
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => void sockets.add(socket));
  await once(server, 'listening');
  try {
    await use((server.address() as AddressInfo).port);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  }
}

type UpgradeListener = Parameters<typeof tracing.upgrade>[0];

/** Asks for another protocol by hand, and gives back all that came until the server closed. */
async function ask(port: number, line = 'GET /chat?token=s3cret', act?: (socket: Socket) => void): Promise<string> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(`${line} HTTP/1.1\r\nHost: shop.example\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n`);
  act?.(socket);
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

test('a WebSocket’s handshake is a span that ends with its 101, and messages go on', async () => {
  const sockets = new WebSocketServer({ noServer: true });
  let here = '';
  const listener: UpgradeListener = (req, socket, head) => {
    here = inject<Record<string, string>>({}).traceparent ?? '';
    sockets.handleUpgrade(req, socket, head, (ws) => ws.on('message', (data) => ws.send(`echo ${data}`)));
  };
  await withServer('upgrade', tracing.upgrade(listener), async (port) => {
    const client = new WebSocket(`ws://127.0.0.1:${port}/chat?token=s3cret`, { headers: HEADERS });
    await once(client, 'open');
    const { name, kind, traceId, spanId, attributes, status } = await recorder.span();
    assert.deepEqual({ name, kind, traceId }, { name: 'GET', kind: 'server', traceId: TRACE });
    assert.equal(here, `00-${TRACE}-${spanId}-01`);
    assert.equal(attributes['http.response.status_code'], 101);
    assert.equal(attributes['url.path'], '/chat');
    assert.equal(attributes['url.query'], 'token=REDACTED');
    assert.equal(attributes['throughline.ending'], undefined);
    assert.deepEqual(status, { code: 'unset' });
    client.send('hello');
    assert.equal(String((await once(client, 'message'))[0]), 'echo hello');
    client.close();
    await once(client, 'close');
  });
  assert.equal(recorder.openSpans, 0);
});

test('a handshake that ws refuses has the status that it answers', async () => {
  const sockets = new WebSocketServer({ noServer: true });
  await withServer(
    'upgrade',
    tracing.upgrade((req, socket, head) => sockets.handleUpgrade(req, socket, head, () => undefined)),
    async (port) => {
      assert.match(await ask(port), /^HTTP\/1.1 400 /);
      const { attributes, status } = await recorder.span();
      assert.equal(attributes['http.response.status_code'], 400);
      assert.deepEqual(status, { code: 'unset' });
    },
  );
});

for (const [what, answer, expected] of [
  ['a 503 in one piece', (socket: Duplex) => socket.end('HTTP/1.1 503 Busy\r\n\r\n'), { status: 503, type: '503' }],
  ['bytes', (socket: Duplex) => socket.end(Buffer.from('HTTP/1.1 401 No\r\n\r\n')), { status: 401, type: undefined }],
  ['what is no HTTP', (socket: Duplex) => socket.end('hello'), { status: undefined, type: undefined }],
] as const) {
  test(`a handshake answered with ${what} tells as much, and the socket is left as it was`, async () => {
    const names: string[][] = [];
    const listener: UpgradeListener = (_req, socket) => {
      answer(socket);
      names.push(Object.keys(socket).filter((name) => name === 'write' || name === 'end'));
      names.push(['write', 'end'].filter((name) => Object.hasOwn(socket, name)));
    };
    await withServer('upgrade', tracing.upgrade(listener), async (port) => {
      await ask(port);
      const { attributes, status } = await recorder.span();
      assert.equal(attributes['http.response.status_code'], expected.status);
      assert.equal(attributes['error.type'], expected.type);
      assert.equal(status.code, expected.type === undefined ? 'unset' : 'error');
    });
    assert.deepEqual(names, [[], []]);
  });
}

for (const [what, listener, act, ending] of [
  ['the app destroys the socket', (_req, socket) => socket.destroy(), undefined, 'destroyed'],
  ['the client leaves', (_req, socket) => socket.resume(), (socket) => socket.resetAndDestroy(), 'aborted'],
] as readonly (readonly [string, UpgradeListener, ((socket: Socket) => void) | undefined, string])[]) {
  test(`a handshake without an answer ends ${ending} when ${what}`, async () => {
    const stage = new EventEmitter();
    const closed = once(stage, 'closed');
    const noting: UpgradeListener = (req, socket, head) => {
      socket.on('close', () => stage.emit('closed')).on('error', () => undefined);
      listener(req, socket, head);
      stage.emit('reached');
    };
    await withServer('upgrade', tracing.upgrade(noting), async (port) => {
      const asked = ask(port, undefined, (socket) => void stage.once('reached', () => act?.(socket)));
      await asked.catch(() => undefined);
      await closed;
      const { attributes } = await recorder.span();
      assert.equal(attributes['throughline.ending'], ending);
      assert.equal(attributes['http.response.status_code'], undefined);
    });
  });
}

test('a CONNECT is a span of its own', async () => {
  await withServer(
    'connect',
    tracing.upgrade((_req, socket) => socket.end('HTTP/1.1 200 Connected\r\n\r\n')),
    async (port) => {
      await ask(port, 'CONNECT shop.example:443');
      const { name, attributes } = await recorder.span();
      assert.equal(name, 'CONNECT');
      assert.equal(attributes['http.response.status_code'], 200);
    },
  );
});

test('a listener that rejects has failed, and its promise still rejects', async () => {
  const rejections: unknown[] = [];
  const traced = tracing.upgrade(async (_req, socket) => {
    socket.on('error', () => undefined);
    await Promise.resolve();
    throw new RangeError('no such room');
  });
  await withServer(
    'upgrade',
    (req, socket, head) =>
      void traced(req, socket, head).catch((error: unknown) => {
        rejections.push(error);
        socket.destroy();
      }),
    async (port) => {
      await ask(port);
      const { attributes, status, events } = await recorder.span();
      assert.equal(attributes['error.type'], 'RangeError');
      assert.equal(status.code, 'error');
      assert.equal(events.length, 1);
    },
  );
  assert.equal(rejections.length, 1);
});

test('an ignored upgrade has no span, and its context passes through', async () => {
  let traceId: string | undefined;
  const listener: UpgradeListener = (_req, socket) => {
    traceId = current()?.traceId;
    socket.end('HTTP/1.1 204 No\r\n\r\n');
  };
  await withServer('upgrade', tracing.upgrade(listener, { ignore: '/chat' }), async (port) => {
    await ask(port, `GET /chat HTTP/1.1\r\ntraceparent: ${HEADERS.traceparent}\r\nx-rest: of`);
    assert.deepEqual(await recorder.spans(), []);
  });
  assert.equal(traceId, TRACE);
});

test('tracing.upgrade() refuses what is no listener', () => {
  assert.throws(() => tracing.upgrade({} as unknown as UpgradeListener), {
    message: 'tracing.upgrade(): expected an upgrade listener, got an object',
  });
});
