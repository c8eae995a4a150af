import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bind, current, type Span, span } from 'throughline';
import { endsClean } from '../contract/checks/no-leaks.ts';
import { finished, parents, throughline } from '../core/app-spans.ts';

const clean = (test: () => Promise<void>): (() => Promise<void>) =>
  endsClean(async ({ watch }) => {
    watch(throughline);
    await test();
  });

/** A pool of one connection: waiting callbacks run where the one before is released, as in most pools. */
class Pool {
  #waiting: (() => void)[] = [];
  #busy = false;

  take(use: () => void): void {
    if (this.#busy) this.#waiting.push(use);
    else {
      this.#busy = true;
      use();
    }
  }

  release(): void {
    this.#busy = false;
    const next = this.#waiting.shift();
    if (next) this.take(next);
  }
}

describe('bind', () => {
  it(
    'keeps the scope in a callback that a pool runs elsewhere',
    clean(async () => {
      const pool = new Pool();
      pool.take(() => {});
      span('lost', () => pool.take(() => span('query of lost', () => pool.release())));
      span('kept', () => pool.take(bind(() => span('query of kept', () => pool.release()))));
      span('other', () => pool.release());
      assert.deepEqual(await parents(), {
        lost: undefined,
        kept: undefined,
        other: undefined,
        'query of lost': 'other',
        'query of kept': 'kept',
      });
    }),
  );

  it(
    'passes this, arguments, result and error, and keeps name and length',
    clean(async () => {
      const error = new Error('no');
      const add = bind(function add(this: { base: number }, a: number, b: number) {
        if (a === 0) throw error;
        return this.base + a + b;
      });
      assert.equal(add.call({ base: 1 }, 2, 3), 6);
      assert.throws(
        () => add.call({ base: 1 }, 0, 0),
        (thrown) => thrown === error,
      );
      assert.deepEqual([add.name, add.length], ['add', 2]);
    }),
  );

  it(
    'does not wait for, wrap or end anything',
    clean(async () => {
      const promise = Promise.resolve(1);
      assert.equal(bind(() => promise)(), promise);
      const bound = span('callback', () => bind(() => current()));
      assert.equal(bound()?.isRecording(), false);
      await finished();
    }),
  );

  it(
    'binds nothing where nothing is active',
    clean(async () => {
      const bound = bind(() => current());
      assert.equal(
        span('elsewhere', () => bound()),
        undefined,
      );
      await finished();
    }),
  );

  it(
    'falls back to the nearest open scope when its own was disposed',
    clean(async () => {
      using outer = span('outer');
      const inner = span('inner');
      const bound = bind(() => current());
      assert.equal(bound(), inner);
      inner.end();
      assert.equal(bound(), outer);
      outer.end();
      assert.equal(bound(), undefined);
      await finished();
    }),
  );

  it(
    'leaves the scope of its caller as it was, when it opens one and forgets it',
    clean(async () => {
      let forgotten: Span | undefined;
      const bound = bind(() => {
        forgotten = span('forgotten');
      });
      span('caller', (caller) => {
        bound();
        assert.equal(current(), caller);
      });
      forgotten?.end();
      await finished();
    }),
  );
});
