import assert from 'node:assert/strict';
import { randomFillSync } from 'node:crypto';
import { describe, it } from 'node:test';
import type { StartOptions } from 'throughline';
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
  async function flagsOf(options: StartOptions) {
    const { tracer, onlyRecord } = testTracer(options);
    const span = tracer.startSpan('root');
    const headers = new Map<string, string>();
    tracer.propagator.inject({ span: span.spanContext(), baggage: undefined }, headers, {
      set: (map, key, value) => map.set(key, value),
    });
    assert.match(headers.get('traceparent') ?? '', new RegExp(`^00-${span.traceId}-${span.spanId}-`));
    span.end();
    return { sent: headers.get('traceparent')?.slice(-2), recorded: (await onlyRecord()).flags };
  }

  it('are 01: receivers that know Level 1 alone throw a traceparent with more away', async () => {
    assert.deepEqual(await flagsOf({}), { sent: '01', recorded: 1 });
  });

  it('are 03 where the app asks for the random flag', async () => {
    assert.deepEqual(await flagsOf({ randomFlag: true }), { sent: '03', recorded: 3 });
  });

  it('are 00 when it is not sampled, or 02', () => {
    for (const randomFlag of [false, true]) {
      const { tracer } = testTracer({ sample: 0, randomFlag });
      const span = tracer.startSpan('root');
      assert.deepEqual([span.spanContext().traceFlags, span.isRecording()], [randomFlag ? 2 : 0, false]);
      span.end();
    }
  });

  it('are those that came in, where the trace came in', () => {
    for (const [random, randomFlag] of [
      [true, false],
      [false, true],
    ] as const) {
      const { tracer } = testTracer({ randomFlag });
      const traceId = '000000000000000000f067aa0ba902b7'; // 64 bits, padded
      const remote = { traceId, spanId: '00f067aa0ba902b7', sampled: true, random, debug: false };
      const parent = { ...remote, traceState: undefined, baggage: undefined, vendor: undefined };
      const span = tracer.startSpan('continued', { parent });
      assert.equal(span.spanContext().traceFlags, random ? 3 : 1);
      span.end();
    }
  });
});
