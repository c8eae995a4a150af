import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { AxiosHeaders } from 'axios';
import { carrierGetter, carrierSetter, incomingHeadersGetter } from '../../propagation/carriers.ts';

function read(carrier: unknown, name: string): string | undefined {
  return carrierGetter(carrier).get(carrier, name);
}

function write(carrier: unknown, name: string, value: string): void {
  carrierSetter(carrier).set(carrier, name, value);
}

class CustomHeaders {
  readonly fields: Record<string, string> = { BAGGAGE: 'a=1' };
}

test('reads a field of any case from every kind of carrier', () => {
  const carriers = [
    { baggage: 'a=1' },
    { Baggage: 'a=1' },
    { BAGGAGE: ['a=1'] },
    { baggage: Buffer.from('a=1') },
    { baggage: new Uint8Array([97, 61, 49]) },
    { baggage: [Buffer.from('a=1')] },
    Object.assign(Object.create(null), { Baggage: 'a=1' }),
    Object.freeze({ baggage: 'a=1' }),
    new CustomHeaders().fields,
    new Headers({ Baggage: 'a=1' }),
    new Map([['Baggage', 'a=1']]),
    new Map([['baggage', Buffer.from('a=1')]]),
    [['Baggage', 'a=1']],
    [
      ['x', 'y'],
      ['baggage', Buffer.from('a=1')],
    ],
    new AxiosHeaders({ Baggage: 'a=1' }),
  ];
  for (const carrier of carriers) {
    assert.equal(read(carrier, 'baggage'), 'a=1');
    assert.equal(read(carrier, 'bagg'), undefined);
  }
});

test('joins a repeated field in order', () => {
  const headers = new Headers([['baggage', 'a=1']]);
  headers.append('Baggage', 'b=2');
  assert.equal(read(headers, 'baggage'), 'a=1, b=2');
  const carriers = [
    { baggage: ['a=1', 'b=2'] },
    { baggage: 'a=1', Baggage: 'b=2' },
    { baggage: ['a=1', null, {}, Buffer.from('b=2'), ['c=3']] },
    new Map([
      ['baggage', 'a=1'],
      ['BAGGAGE', 'b=2'],
    ]),
    [
      ['baggage', 'a=1'],
      ['x', 'y'],
      ['Baggage', 'b=2'],
    ],
  ];
  for (const carrier of carriers) assert.equal(read(carrier, 'baggage'), 'a=1,b=2');
});

test('reads numbers and booleans as text and nothing from other values', () => {
  assert.equal(read({ a: 1 }, 'a'), '1');
  assert.equal(read({ a: true }, 'a'), 'true');
  assert.equal(read({ a: 12345678901234567890n }, 'a'), '12345678901234567890');
  for (const value of [undefined, null, {}, Symbol('a'), () => 'x', [], [null], new Date(0)]) {
    assert.equal(read({ a: value }, 'a'), undefined);
  }
});

test('reads bytes that are no ASCII as characters that no format accepts', () => {
  assert.equal(read({ a: Buffer.from([0x61, 0xff, 0x0d]) }, 'a'), 'a\u00ff\r');
});

test('lists the names of every kind of carrier', () => {
  const keys = (carrier: unknown) => [...carrierGetter(carrier).keys(carrier)];
  assert.deepEqual(keys({ A: '1', b: '2' }), ['A', 'b']);
  assert.deepEqual(keys(new Headers({ A: '1', b: '2' })), ['a', 'b']);
  assert.deepEqual(
    keys(
      new Map<unknown, string>([
        ['A', '1'],
        [2, '2'],
      ]),
    ),
    ['A'],
  );
  assert.deepEqual(keys([['A', '1'], 'junk', ['b', '2']]), ['A', 'b']);
  assert.deepEqual(keys(null), []);
});

test('reads own properties only, and is not misled by a polluted Object.prototype', (t) => {
  const polluted = Object.prototype as Record<string, unknown>;
  const names = ['traceparent', 'get', 'set', 'getHeader', 'setHeader', 'writable'];
  t.after(() => {
    for (const name of names) delete polluted[name];
  });
  for (const name of names) {
    const evil = { __proto__: null, value: () => 'evil', writable: false, configurable: true };
    Object.defineProperty(polluted, name, evil);
  }
  const carrier: Record<string, unknown> = {};
  assert.equal(read(carrier, 'traceparent'), undefined);
  assert.equal(incomingHeadersGetter.get(carrier as IncomingHttpHeaders, 'traceparent'), undefined);
  write(carrier, 'traceparent', '1');
  assert.deepEqual(Object.entries(carrier), [['traceparent', '1']]);
  assert.equal(read(carrier, 'traceparent'), '1');
});

test('replaces a field of any case, once', () => {
  const record: Record<string, unknown> = { Baggage: 'old', BAGGAGE: 'older', host: 'a' };
  write(record, 'baggage', 'new');
  assert.deepEqual(record, { host: 'a', baggage: 'new' });

  const map = new Map([
    ['Baggage', 'old'],
    ['baggage', 'older'],
    ['host', 'a'],
  ]);
  write(map, 'baggage', 'new');
  assert.deepEqual(
    [...map],
    [
      ['baggage', 'new'],
      ['host', 'a'],
    ],
  );

  const pairs = [
    ['Baggage', 'old'],
    ['host', 'a'],
    ['baggage', 'older'],
  ];
  write(pairs, 'baggage', 'new');
  assert.deepEqual(pairs, [
    ['host', 'a'],
    ['baggage', 'new'],
  ]);

  const headers = new Headers([
    ['Baggage', 'old'],
    ['baggage', 'older'],
    ['host', 'a'],
  ]);
  write(headers, 'baggage', 'new');
  assert.deepEqual(
    [...headers],
    [
      ['baggage', 'new'],
      ['host', 'a'],
    ],
  );

  const axiosHeaders = new AxiosHeaders({ BAGGAGE: 'old', host: 'a' });
  write(axiosHeaders, 'baggage', 'new');
  assert.equal(axiosHeaders.get('Baggage'), 'new');
  assert.equal(Object.keys(axiosHeaders.toJSON()).length, 2);
});

test('keeps a record a record whatever its fields are called', () => {
  const carrier: Record<string, unknown> = { get: () => 'no', set: () => 'no', baggage: 'a=1' };
  assert.equal(read(carrier, 'baggage'), 'a=1');
  write(carrier, 'baggage', 'b=2');
  assert.equal(carrier.baggage, 'b=2');
  write(carrier, '__proto__', 'c=3');
  assert.equal(Object.getPrototypeOf(carrier), Object.prototype);
});

test('never throws, whatever the carrier is or does', () => {
  const fail = () => {
    throw new Error('not today');
  };
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  const { proxy: revokedList, revoke: revokeList } = Proxy.revocable([], {});
  revoke();
  revokeList();
  const immutable = Response.error().headers;
  const carriers = [
    undefined,
    null,
    1,
    'text',
    Symbol('a'),
    fail,
    Object.freeze({ a: '1' }),
    Object.freeze([]),
    Object.defineProperty({}, 'a', { get: fail, set: fail, enumerable: true }),
    new Proxy({}, { get: fail, set: fail, has: fail, ownKeys: fail, getPrototypeOf: fail }),
    new Proxy([], { get: fail, set: fail, has: fail, ownKeys: fail }),
    new Proxy(new Map(), {}),
    revoked,
    revokedList,
    immutable,
    [null, 1, 'a', [], [null], [{}], Object.freeze(['a'])],
    new Map<unknown, unknown>([
      [null, 1],
      [{}, 2],
    ]),
    new (class {
      get = fail;
      set = fail;
      keys = fail;
    })(),
  ];
  for (const carrier of carriers) {
    write(carrier, 'a', '2');
    read(carrier, 'a');
    for (const key of carrierGetter(carrier).keys(carrier)) assert.equal(typeof key, 'string');
  }
  write(new Headers(), 'a', 'b\r\nc: d');
});

test('reads the headers of a real request and writes those of a real response', async (t) => {
  const server = createServer((req, res) => {
    const found = [read(req.headers, 'traceparent'), incomingHeadersGetter.get(req.headers, 'tracestate')];
    write(res, 'x-found', JSON.stringify(found));
    assert.equal(read(res, 'x-found'), JSON.stringify(found));
    res.end();
    write(res, 'x-late', '1'); // sent already: nothing happens
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const req = request({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  req.setHeader('TraceParent', 'old');
  write(req, 'traceparent', 'one');
  req.setHeader('Tracestate', ['a=1', 'b=2']);
  req.end();
  const [res] = (await once(req, 'response')) as [{ headers: IncomingHttpHeaders; resume(): void }];
  res.resume();
  assert.equal(res.headers['x-found'], JSON.stringify(['one', 'a=1, b=2']));
  assert.equal(res.headers['x-late'], undefined);
});
