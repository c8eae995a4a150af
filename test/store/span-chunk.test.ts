import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeChunk, encodeChunk } from '../../src/store/redis/span-chunk.ts';
import { bareRecord, sampleRecord } from '../contract/suites/sample-record.ts';

/** Written by the first version. Should this ever fail, spans that lie in Redis can no longer be read. */
const FIRST_VERSION =
  'AZ2XPQ7DMAiFj1QKxpTeJQOObXVLlYy9fJXI+ZOSKq5ZPDDxwePx+ecSveb6h1f3rvf0Owe/knMhK2ZikUAumjdqk6JGSJCckN+SBcjgxQyCKWCQHxy7PqZ+uD0nj7IQPcYC5d2RkMfPCaclj5iVvTzOwFXJaZGHKlXddENRleuLai6NjAgPJ6uZ4gs=';

describe('a chunk', () => {
  it('holds spans, every field, in their order', () => {
    const records = [sampleRecord(), bareRecord(), sampleRecord({ name: 'é🦊\ud800' })];
    assert.deepEqual(decodeChunk(encodeChunk(records)), { spans: records });
  });

  it('of the first version can be read', () => {
    const { spans, problem } = decodeChunk(Buffer.from(FIRST_VERSION, 'base64'));
    assert.equal(problem, undefined);
    assert.deepEqual(spans, [
      bareRecord({
        traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
        spanId: '00f067aa0ba902b7',
        name: 'GET /orders/:id',
        kind: 'server',
        attributes: { 'http.request.method': 'GET', 'http.response.status_code': 200, 'url.path': '/orders/7' },
        resource: { attributes: { 'service.name': 'shop' } },
      }),
    ]);
  });

  it('that is cut off at any byte is told as a problem', () => {
    const whole = encodeChunk([sampleRecord()]);
    for (let length = 0; length < whole.length; length++) {
      const { spans, problem } = decodeChunk(whole.subarray(0, length));
      assert.deepEqual(spans, []);
      assert.match(problem ?? '', /chunk/);
    }
  });

  it('of any bytes never throws', () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(bytes, fc.boolean(), (tail, isOurs) => {
        const { spans } = decodeChunk(Buffer.from(isOurs ? [1, ...tail] : tail));
        assert.ok(Array.isArray(spans));
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});
