import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  clientRequestAttributes,
  type ServerRequestFacts,
  serverRequestAttributes,
  spanNameMethod,
} from '../../middleware/http-attributes.ts';

const FACTS: ServerRequestFacts = {
  method: 'GET',
  scheme: 'http',
  path: '/',
  query: undefined,
  host: undefined,
  clientAddress: undefined,
  peerAddress: undefined,
  peerPort: undefined,
  protocolVersion: '1.1',
  userAgent: undefined,
};
const KNOWN = ['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', 'TRACE'];

describe('methods', () => {
  for (const method of KNOWN) {
    test(`${method} is known`, () => {
      const attributes = serverRequestAttributes({ ...FACTS, method });
      assert.equal(attributes['http.request.method'], method);
      assert.ok(!('http.request.method_original' in attributes));
      assert.equal(spanNameMethod(method), method);
    });
  }

  for (const method of ['PURGE', 'get', 'Get', '', '_OTHER', '__proto__', 'constructor']) {
    test(`${JSON.stringify(method)} is _OTHER, and no name is made of it`, () => {
      const attributes = serverRequestAttributes({ ...FACTS, method });
      assert.equal(attributes['http.request.method'], '_OTHER');
      assert.equal(attributes['http.request.method_original'], method);
      assert.equal(spanNameMethod(method), 'HTTP');
    });
  }
});

test('what is not known of a request is left out, not set to undefined', () => {
  assert.deepEqual(Object.keys(serverRequestAttributes(FACTS)), [
    'http.request.method',
    'url.scheme',
    'url.path',
    'network.protocol.version',
  ]);
  const withPeer = serverRequestAttributes({ ...FACTS, peerAddress: '10.0.0.1' });
  assert.ok(!('network.peer.port' in withPeer), 'a peer without a port, as of a pipe');
});

test('no attribute is ever undefined, whatever is known', () => {
  const text = fc.option(fc.string(), { nil: undefined });
  const facts = fc.record({
    method: fc.string(),
    scheme: fc.string(),
    path: fc.string(),
    query: text,
    host: fc.option(fc.record({ host: fc.string(), port: fc.nat() }), { nil: undefined }),
    clientAddress: text,
    peerAddress: text,
    peerPort: fc.option(fc.nat(), { nil: undefined }),
    protocolVersion: fc.string(),
    userAgent: text,
  });
  fc.assert(fc.property(facts, (known) => !Object.values(serverRequestAttributes(known)).includes(undefined)));
});

test('an attempt after the first says how many went before', () => {
  const facts = { method: 'GET', fullUrl: 'http://shop/', host: { host: 'shop', port: 80 }, peer: undefined };
  assert.ok(!('http.request.resend_count' in clientRequestAttributes({ ...facts, resendCount: 0 })));
  assert.equal(clientRequestAttributes({ ...facts, resendCount: 2 })['http.request.resend_count'], 2);
});
