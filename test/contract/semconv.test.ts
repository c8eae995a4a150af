import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import * as stable from '@opentelemetry/semantic-conventions';
import {
  clientRequestAttributes,
  informationalAttributes,
  noteEnding,
  noteErrorType,
  noteNetwork,
  notePlace,
  noteRoute,
  noteStatusCode,
  serverRequestAttributes,
} from '../../middleware/http-attributes.ts';

/** Keys that the conventions have no word for. */
const OURS = ['throughline.cached', 'throughline.ending', 'throughline.headers_ms', 'throughline.withheld'];

/** In development; nothing stable says who is at the other end, nor how large a body was. */
const DEVELOPMENT = ['service.peer.name', 'http.response.body.size', 'http.response.size'];

const STABLE: ReadonlySet<unknown> = new Set(
  Object.entries(stable).flatMap(([name, value]) => (name.startsWith('ATTR_') ? [value] : [])),
);

/** Attributes of requests of which everything is known. */
const SERVER = serverRequestAttributes({
  method: 'PURGE',
  scheme: 'http',
  path: '/',
  query: 'a',
  host: { host: 'shop', port: 80 },
  clientAddress: '10.0.0.1',
  peerAddress: '10.0.0.1',
  peerPort: 4711,
  protocolVersion: '1.1',
  userAgent: 'probe',
});
const CLIENT = clientRequestAttributes({
  method: 'PURGE',
  fullUrl: 'http://shop/',
  host: { host: 'shop', port: 80 },
  peer: 'shop',
  resendCount: 1,
});

noteNetwork(CLIENT, { protocolVersion: '1.1', peerAddress: '10.0.0.2', peerPort: 80 });
notePlace(CLIENT, 'http://shop/a', 80);

function unknownOf(keys: readonly string[]): string[] {
  return keys.filter((key) => !STABLE.has(key) && !OURS.includes(key) && !DEVELOPMENT.includes(key));
}

test('every key that is emitted is a stable one of the semantic conventions, or one of ours', () => {
  const attributes = { ...SERVER, ...CLIENT };
  noteStatusCode(attributes, 200);
  noteRoute(attributes, '/');
  noteErrorType(attributes, '500');
  noteEnding(attributes, 'aborted');
  assert.deepEqual(unknownOf(Object.keys(attributes)), []);
});

test('every key that stands in the file of keys is one, emitted here or not', async () => {
  const source = await readFile(new URL('../../middleware/http-attributes.js', import.meta.url), 'utf8');
  const code = source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
  const keys = [...code.matchAll(/'([a-z_]+(?:\.[a-z_]+)+)'/g)].map(([, key]) => key as string);
  assert.ok(keys.length > 20, `${keys.length} keys are found`);
  assert.deepEqual(unknownOf(keys), []);
});

test('a server span has what the conventions require', () => {
  for (const key of ['http.request.method', 'url.path', 'url.scheme', 'server.port', 'url.query']) {
    assert.ok(SERVER[key] !== undefined, key);
  }
});

test('a client span has what the conventions require, and recommend', () => {
  const required = ['http.request.method', 'server.address', 'server.port', 'url.full', 'http.request.method_original'];
  const recommended = [
    'network.protocol.version',
    'network.peer.address',
    'network.peer.port',
    'http.request.resend_count',
  ];
  for (const key of [...required, ...recommended]) assert.ok(CLIENT[key] !== undefined, key);
});

test('the event of an informational answer has its status under the stable key', () => {
  assert.deepEqual(informationalAttributes(103), { [stable.ATTR_HTTP_RESPONSE_STATUS_CODE]: 103 });
});
