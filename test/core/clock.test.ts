import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Clock, systemClock, timeInputMs } from '../../src/core/clock.ts';
import { testTracer } from './tracer-fixture.ts';

/** Two hands that a test turns itself. */
function handTurned(wallMs: number, monotonicMs: number): Clock & { wall: number; monotonic: number } {
  return {
    wall: wallMs,
    monotonic: monotonicMs,
    wallMs() {
      return this.wall;
    },
    monotonicMs() {
      return this.monotonic;
    },
  };
}

const HOUR_MS = 3_600_000;

describe('the system clock', () => {
  it('holds its fraction inside the millisecond that Date.now() names', () => {
    const clock = systemClock();
    for (let i = 0; i < 20_000; i++) {
      const before = Date.now();
      const wall = clock.wallMs();
      const after = Date.now();
      assert.ok(wall >= before && wall < after + 1, `${wall} between ${before} and ${after}`);
    }
  });

  it('has fractions that advance with the monotonic clock within one millisecond', () => {
    let elapsed = 10;
    const clock = systemClock(
      () => 4_102_444_800_000,
      () => elapsed,
    );
    const first = clock.wallMs();
    elapsed += 0.25;
    assert.ok(Math.abs(clock.wallMs() - first - 0.25) < 0.001);
    elapsed += 5;
    assert.equal(Math.floor(clock.wallMs()), 4_102_444_800_000);
  });

  it('follows a wall clock that steps, forwards and back, at the next reading', () => {
    let whole = 1_700_000_000_000;
    let elapsed = 0;
    const clock = systemClock(
      () => whole,
      () => elapsed,
    );
    for (const step of [0, HOUR_MS, -2 * HOUR_MS, 5, 0, -1]) {
      whole += step;
      elapsed += 0.1;
      assert.equal(Math.floor(clock.wallMs()), whole);
    }
  });

  it('never goes back while the wall clock stands or advances', () => {
    let whole = 1_700_000_000_000;
    let elapsed = 0;
    const clock = systemClock(
      () => whole,
      () => elapsed,
    );
    let last = 0;
    for (let i = 0; i < 1000; i++) {
      whole += i % 3 === 0 ? 1 : 0;
      elapsed += 0.7; // the monotonic clock runs at twice the pace of this wall clock
      const now = clock.wallMs();
      assert.ok(now >= last, `${now} after ${last}`);
      last = now;
    }
  });
});

describe('the times of one local trace', () => {
  it('put no child before its parent although the wall clock steps back an hour', async () => {
    const clock = handTurned(1_700_000_000_000, 500);
    const { tracer, finished } = testTracer({}, { clock });
    const parent = tracer.startSpan('parent', { parent: null });
    clock.wall -= HOUR_MS;
    clock.monotonic += 2;
    const child = parent.child('child');
    clock.wall -= HOUR_MS;
    clock.monotonic += 3;
    child.log('half way');
    child.end();
    clock.monotonic += 5;
    parent.end();
    const [childRecord, parentRecord] = await finished();
    assert.deepEqual([childRecord?.startTimeMs, childRecord?.durationMs], [1_700_000_000_002, 3]);
    assert.deepEqual([parentRecord?.startTimeMs, parentRecord?.durationMs], [1_700_000_000_000, 10]);
    assert.equal(childRecord?.events[0]?.timeMs, 1_700_000_000_005);
  });

  it('follow the stepped clock in the next trace', async () => {
    const clock = handTurned(1_700_000_000_000, 0);
    const { tracer, finished } = testTracer({}, { clock });
    tracer.startSpan('first', { parent: null }).end();
    clock.wall += HOUR_MS;
    tracer.startSpan('second', { parent: null }).end();
    assert.deepEqual(
      (await finished()).map((record) => record.startTimeMs),
      [1_700_000_000_000, 1_700_000_000_000 + HOUR_MS],
    );
  });

  it('never give a negative duration', async () => {
    const { tracer, onlyRecord } = testTracer();
    tracer.startSpan('ends before it starts').end(new Date(0));
    assert.equal((await onlyRecord()).durationMs, 0);
  });
});

describe('a time input', () => {
  const sinceStart = 12.5;
  const forms: readonly [form: string, input: unknown, ms: number | undefined][] = [
    ['epoch milliseconds', 1_700_000_000_000.25, 1_700_000_000_000.25],
    ['a Date', new Date(1_700_000_000_123), 1_700_000_000_123],
    ['seconds and nanoseconds', [1_700_000_000, 123_456_789], 1_700_000_000_123.4568],
    ['a performance.now() reading', sinceStart, performance.timeOrigin + sinceStart],
    ['not-a-number', Number.NaN, undefined],
    ['infinity', Number.POSITIVE_INFINITY, undefined],
    ['an invalid Date', new Date('never'), undefined],
    ['a list without numbers', ['a', 'b'], undefined],
    ['a list that is too short', [1], undefined],
    ['a list of symbols', [Symbol('s'), 1], undefined],
    ['a string', '2026-01-01', undefined],
    ['a bigint', 5n, undefined],
    ['an object', {}, undefined],
    ['null', null, undefined],
    ['nothing', undefined, undefined],
    ['what only pretends to be a Date', Object.create(Date.prototype), undefined],
    ['a Proxy that throws', throwingProxy(), undefined],
    ['a revoked Proxy', revokedProxy(), undefined],
  ];
  for (const [form, input, ms] of forms) {
    it(`${ms === undefined ? 'is none' : 'is read'} when it is ${form}`, () => {
      assert.equal(timeInputMs(input), ms);
    });
  }
});

function throwingProxy(): object {
  const refuse = (): never => {
    throw new Error('hands off');
  };
  return new Proxy([], { get: refuse, getPrototypeOf: refuse, has: refuse, ownKeys: refuse });
}

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  return proxy;
}
