import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SpanRecord } from '../../src/core/record.ts';
import { record } from './records.ts';
import { call, type Facts, findingsOf, found, get, request, served } from './traces.ts';

describe('not-propagated', () => {
  const other = 'b'.repeat(32);
  const facts: Facts = { traceId: other, kind: 'server', service: 'stock', name: 'GET /stock/:sku' };
  const tags = { 'http.request.method': 'GET', 'url.path': '/stock/1', 'server.address': 'stock', 'server.port': 80 };

  function caller(more: Facts = {}): SpanRecord[] {
    return [
      request(100),
      get(2, 10, 50, 'http://stock:80/stock/1', { ...more, tags: { 'server.port': 80, ...more.tags } }),
    ];
  }

  function rootAt(at: number, took: number, more: Facts = {}): SpanRecord {
    return record({ id: 7, at, took, ...facts, tags, ...more });
  }

  it('finds a call without answer whose target began a trace of its own in that time', () => {
    const spans = [...caller(), rootAt(15, 30)];
    assert.deepEqual(found(spans), [['not-propagated', 0, [2, 7]]]);
  });

  it('knows the target by its peer name, where the address differs', () => {
    const peer = caller({ tags: { 'server.address': '10.0.0.7', 'service.peer.name': 'stock' } });
    assert.deepEqual(found([...peer, rootAt(15, 30)]), [['not-propagated', 0, [2, 7]]]);
  });

  it('gives each call a root of its own', () => {
    const calls = [...caller(), get(3, 10, 50, 'http://stock:80/stock/1', { tags: { 'server.port': 80 } })];
    assert.equal(found([...calls, rootAt(15, 30)]).length, 1);
    const second = rootAt(16, 30, { id: 8, traceId: 'c'.repeat(32) });
    assert.equal(found([...calls, rootAt(15, 30), second]).length, 2);
  });

  const near: Readonly<Record<string, SpanRecord>> = {
    'the target began its trace before the call': rootAt(0, 30),
    'the target began its trace after the call': rootAt(61, 30),
    'the target worked on long after the call': rootAt(15, 300),
    'another service began a trace': rootAt(15, 30, { service: 'mail', tags: { ...tags, 'server.address': 'mail' } }),
    'it was another path': rootAt(15, 30, { tags: { ...tags, 'url.path': '/health' } }),
    'it was another method': rootAt(15, 30, { tags: { ...tags, 'http.request.method': 'PUT' } }),
    'the new trace is linked to the caller on purpose': rootAt(15, 30, {
      links: [
        {
          context: { traceId: request(1).traceId, spanId: request(1).spanId, traceFlags: 1 },
          attributes: {},
        },
      ],
    }),
  };
  for (const [what, root] of Object.entries(near)) {
    it(`is not found when ${what}`, () => assert.deepEqual(found([...caller(), root]), []));
  }

  it('is not found when the call was answered', () => {
    assert.deepEqual(found([...caller(), served(3, 2, 12, 40), rootAt(15, 30)]), []);
  });
});

describe('orphaned', () => {
  it('finds spans without their parent, with the reason', () => {
    const remote = record({
      id: 2,
      parent: 99,
      parentIsRemote: true,
      kind: 'server',
      service: 'stock',
      name: 'GET /a',
    });
    const [finding, ...rest] = findingsOf([remote]);
    assert.deepEqual(rest, []);
    assert.equal(finding?.kind, 'orphaned');
    assert.match(finding.message, /^the parent 0000000000000063 of stock GET \/a is missing: its caller .* not report/);
    const local = findingsOf([request(50), record({ id: 3, parent: 98 }), record({ id: 4, parent: 98, at: 5 })]);
    assert.deepEqual(found([request(50), record({ id: 3, parent: 98 }), record({ id: 4, parent: 98, at: 5 })]), [
      ['orphaned', 0, [3, 4]],
    ]);
    assert.match(local[0]?.message ?? '', /span 3 \(and 1 beside it\) is missing: it was dropped .* not ended yet$/);
  });
});

describe('clock-skew', () => {
  function onHost(service: string): SpanRecord['resource'] {
    return { attributes: { 'service.name': service, 'host.name': 'one' } };
  }

  it('finds clocks of one host that disagree when a server begins before or after its call', () => {
    for (const at of [-3_600_000, 3_600_000]) {
      const server = served(3, 2, at, 75, { resource: onHost('stock') });
      const spans = [request(100), get(2, 10, 80, 'http://stock/a', { resource: onHost('shop') }), server];
      assert.deepEqual(found(spans), [['clock-skew', 0, [3, 2]]]);
    }
  });

  it('finds a server outside the interval of its client although it is shorter, and says by how much', () => {
    const spans = [request(100), get(2, 10, 80, 'http://stock/a'), served(3, 2, -500, 60)];
    const [finding, ...rest] = findingsOf(spans);
    assert.deepEqual(rest, []);
    assert.equal(finding?.kind, 'clock-skew');
    assert.match(finding.message, /^the clock of stock is about 520 ms behind that of shop/);
    assert.deepEqual(found(spans), [['clock-skew', 0, [3, 2]]]);
    const ahead = findingsOf([request(100), get(2, 10, 80, 'http://stock/a'), served(3, 2, 500, 60)]);
    assert.match(ahead[0]?.message ?? '', /about 480 ms ahead of that of shop/);
  });

  it('makes one finding of all calls between two processes', () => {
    const calls = [2, 4].flatMap((id) => [
      get(id, 10 * id, 15, `http://stock/${id}`),
      served(id + 1, id, 10 * id - 300, 10),
    ]);
    assert.deepEqual(found([request(100), ...calls]), [['clock-skew', 0, [3, 2, 5, 4]]]);
  });

  const near: Readonly<Record<string, readonly SpanRecord[]>> = {
    'a server a little outside': [request(100), get(2, 10, 80, 'http://stock/a'), served(3, 2, 9.5, 80)],
    'a server of the same host that noticed late that its response was closed': [
      request(100),
      get(2, 10, 80, 'http://stock/a', { resource: onHost('shop') }),
      served(3, 2, 50, 75, { resource: onHost('stock') }),
    ],
    'a server longer than its client': [request(100), get(2, 10, 20, 'http://stock/a'), served(3, 2, 12, 60)],
    'a message that is processed later': [
      request(100),
      call(2, 10, 5, { kind: 'producer', name: 'send' }),
      record({ id: 3, parent: 2, at: 300, took: 2, kind: 'consumer', parentIsRemote: true, service: 'mail' }),
    ],
    'a message that seems to be processed before it was sent': [
      request(100),
      call(2, 10, 5, { kind: 'producer', name: 'send' }),
      record({ id: 3, parent: 2, at: -300, took: 2, kind: 'consumer', parentIsRemote: true, service: 'mail' }),
    ],
  };
  for (const [what, spans] of Object.entries(near)) {
    it(`is not found in ${what}`, () => assert.deepEqual(found(spans), []));
  }
});
