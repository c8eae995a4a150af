import assert from 'node:assert/strict';
import { randomFillSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { idGenerator } from '../../src/core/spans/ids.ts';
import { testTracer } from '../core/tracer-fixture.ts';

describe('ids', () => {
  it('are 32 and 16 lower-case hex digits', () => {
    const ids = idGenerator();
    for (let i = 0; i < 2000; i++) {
      assert.match(ids.traceId(), /^[0-9a-f]{32}$/);
      assert.match(ids.spanId(), /^[0-9a-f]{16}$/);
    }
  });

  it('write every byte as its two digits', () => {
    const ids = idGenerator((pool) => {
      pool.forEach((_, at) => {
        pool[at] = at;
      });
    });
    const digits = Array.from({ length: 32 }, () => ids.spanId()).join('');
    assert.equal(digits, Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('hex'));
  });

  it('are never all zero, though the generator gives zeros first', () => {
    let fills = 0;
    const zerosFirst = (pool: Uint8Array): void => {
      fills++;
      pool.fill(fills < 3 ? 0 : 0xab);
    };
    assert.equal(idGenerator(zerosFirst).spanId(), 'ab'.repeat(8));
    assert.equal(fills, 3);
  });

  it('keep a trace id whose left half is zero valid, and its right half random', () => {
    const ids = idGenerator((pool) => pool.fill(0).fill(0xcd, 16));
    assert.equal(ids.traceId(), `${'0'.repeat(16)}${'cd'.repeat(8)}`);
  });

  it('are drawn from a pool that is refilled when it is used up', () => {
    let fills = 0;
    const ids = idGenerator((pool) => {
      fills++;
      randomFillSync(pool);
    });
    for (let i = 0; i < 512; i++) ids.spanId();
    assert.equal(fills, 1);
    ids.spanId();
    assert.equal(fills, 2);
    for (let i = 0; i < 256; i++) ids.traceId(); // two draws each
    assert.equal(fills, 3);
  });

  it('do not repeat within 100000', () => {
    const ids = idGenerator();
    const traceIds = new Set<string>();
    const spanIds = new Set<string>();
    for (let i = 0; i < 1e5; i++) {
      traceIds.add(ids.traceId());
      spanIds.add(ids.spanId());
    }
    assert.deepEqual([traceIds.size, spanIds.size], [1e5, 1e5]);
  });

  it('of two generators are independent', () => {
    assert.notEqual(idGenerator().traceId(), idGenerator().traceId());
  });
});

describe('the flags of a root', () => {
  it('are 03: sampled, and a random trace id', async () => {
    const { tracer, onlyRecord } = testTracer();
    const span = tracer.startSpan('root');
    const headers = new Map<string, string>();
    tracer.propagator.inject({ span, baggage: undefined }, headers, { set: (map, key, value) => map.set(key, value) });
    assert.equal(headers.get('traceparent'), `00-${span.traceId}-${span.spanId}-03`);
    span.end();
    assert.equal((await onlyRecord()).flags, 3);
  });

  it('are 02 when it is not sampled', () => {
    const { tracer } = testTracer({ sample: 0 });
    const span = tracer.startSpan('root');
    assert.deepEqual([span.traceFlags, span.isRecording()], [2, false]);
    span.end();
  });
});
