import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { current, span } from 'throughline';
import { endsClean } from '../contract/checks/no-leaks.ts';
import { finished, onlySpan, parents, throughline } from '../core/app-spans.ts';

const clean = (test: () => Promise<void>): (() => Promise<void>) =>
  endsClean(async ({ watch }) => {
    watch(throughline);
    await test();
  });

describe('span.wrap', () => {
  it('keeps name, length, own properties and kind', () => {
    async function load(_id: string, _deep = false): Promise<void> {}
    const wrapped = span.wrap('load', Object.assign(load, { version: 2 }));
    assert.deepEqual([wrapped.name, wrapped.length, wrapped.version], ['load', 1, 2]);
    assert.equal(wrapped.constructor.name, 'AsyncFunction');
    assert.equal(span.wrap('again', span.wrap('load', load)).name, 'load');
  });

  it(
    'keeps this, arguments, result and error',
    clean(async () => {
      const error = new Error('no');
      const repo = {
        rows: [1, 2, 3],
        get: span.wrap('get', function (this: { rows: number[] }, from: number, to: number) {
          return this.rows.slice(from, to);
        }),
        fail: span.wrap('fail', () => {
          throw error;
        }),
      };
      assert.deepEqual(repo.get(1, 3), [2, 3]);
      assert.throws(
        () => repo.fail(),
        (thrown) => thrown === error,
      );
      assert.deepEqual(
        (await finished()).map(({ name, status }) => [name, status.code]),
        [
          ['get', 'unset'],
          ['fail', 'error'],
        ],
      );
    }),
  );

  it(
    'starts a span a call, with attributes as they are or from the arguments',
    clean(async () => {
      const fixed = span.wrap('fixed', () => 1, { attributes: { table: 'orders' }, kind: 'client' });
      const given = span.wrap('given', (id: string, _n: number) => id, { attributes: (id, n) => ({ id, n }) });
      fixed();
      given('a', 1);
      given('b', 2);
      const spans = await finished();
      assert.deepEqual(
        spans.map(({ attributes }) => attributes),
        [{ table: 'orders' }, { id: 'a', n: 1 }, { id: 'b', n: 2 }],
      );
      assert.equal(spans[0]?.kind, 'client');
    }),
  );

  it(
    'keeps from the caller what the function of attributes throws',
    clean(async () => {
      const wrapped = span.wrap('w', (n: number) => n + 1, {
        attributes: () => {
          throw new Error('mine');
        },
      });
      assert.equal(wrapped(1), 2);
      assert.deepEqual((await onlySpan()).attributes, {});
    }),
  );

  it(
    'hands back a derived promise for an async function, and the error object it rejects with',
    clean(async () => {
      const error = new Error('no');
      const good = span.wrap('good', async (n: number) => {
        await Promise.resolve();
        span('inside', () => {});
        return n;
      });
      const bad = span.wrap('bad', async () => {
        throw error;
      });
      assert.equal(await good(4), 4);
      await assert.rejects(bad(), (thrown) => thrown === error);
      assert.deepEqual(await parents(), { inside: 'good', good: undefined, bad: undefined });
    }),
  );

  it(
    'constructs what is a class, with the class of new.target',
    clean(async () => {
      class Point {
        static origin = 'static';
        x: number;
        constructor(x: number) {
          this.x = x;
        }
      }
      const Traced = span.wrap('new Point', Point as never) as unknown as typeof Point;
      const point = new Traced(3);
      assert.ok(point instanceof Point && point instanceof Traced);
      assert.deepEqual([point.x, Traced.origin], [3, 'static']);
      class Sub extends Traced {}
      assert.ok(new Sub(4) instanceof Sub);
      assert.throws(() => (Traced as unknown as () => void)(), TypeError);
      assert.throws(
        () =>
          Reflect.construct(
            span.wrap('arrow', () => {}),
            [],
          ),
        TypeError,
      );
      assert.equal((await finished()).length, 4);
    }),
  );

  it('refuses what is no function', () => {
    assert.throws(() => span.wrap('x', 'text' as never), {
      code: 'ERR_THROUGHLINE_OPTION',
      message: 'span.wrap(): expected a function, got "text"',
    });
  });
});

describe('span.wrap of a generator', () => {
  function* count(to: number): Generator<number, string> {
    for (let n = 1; n <= to; n++) {
      span(`step ${n}`, () => {});
      yield n;
    }
    return 'done';
  }

  it(
    'is one span from the first next to the end, active in the body only',
    clean(async () => {
      const counting = span.wrap('count', count)(2);
      assert.equal(throughline.openSpans().length, 0, 'a generator that nobody asks does nothing');
      const seen = [];
      for (const n of counting) {
        seen.push(n);
        span(`consumer ${n}`, () => {});
      }
      assert.deepEqual(seen, [1, 2]);
      assert.deepEqual(await parents(), {
        'step 1': 'count',
        'consumer 1': undefined,
        'step 2': 'count',
        'consumer 2': undefined,
        count: undefined,
      });
    }),
  );

  it(
    'passes values, return values and prototypes through',
    clean(async () => {
      const wrapped = span.wrap('echo', function* (): Generator<string, string, string> {
        const got = yield 'first';
        return `got ${got}`;
      });
      const generator = wrapped();
      assert.equal(Object.prototype.toString.call(generator), '[object Generator]');
      assert.deepEqual(generator.next('ignored'), { value: 'first', done: false });
      assert.deepEqual(generator.next('it'), { value: 'got it', done: true });
      assert.deepEqual(generator.next(), { value: undefined, done: true });
      assert.equal((await onlySpan()).status.code, 'unset');
    }),
  );

  it(
    'ends on break, on return and on an error thrown from either side',
    clean(async () => {
      const wrapped = span.wrap('count', count);
      for (const _ of wrapped(5)) break;
      const returned = wrapped(5);
      returned.next();
      assert.deepEqual(returned.return('early'), { value: 'early', done: true });
      const error = new Error('thrown in');
      const thrown = wrapped(5);
      thrown.next();
      assert.throws(
        () => thrown.throw(error),
        (seen) => seen === error,
      );
      const broken = span.wrap('count', function* (): Generator<number> {
        yield* count(1);
        throw error;
      });
      assert.throws(
        () => [...broken()],
        (seen) => seen === error,
      );
      const spans = (await finished()).filter(({ name }) => name === 'count');
      assert.deepEqual(
        spans.map(({ status }) => status.code),
        ['unset', 'unset', 'error', 'error'],
      );
    }),
  );

  it(
    'is no span when it is returned before its body ran',
    clean(async () => {
      const generator = span.wrap('count', count)(5);
      generator.return('never');
      assert.equal(generator.next().done, true);
      assert.deepEqual(await finished(), []);
    }),
  );

  it(
    'goes on after an error that the body catches',
    clean(async () => {
      const stubborn = span.wrap('stubborn', function* (): Generator<string> {
        try {
          yield 'first';
        } catch {
          yield 'caught';
        }
      })();
      stubborn.next();
      assert.equal(stubborn.throw(new Error('ignored')).value, 'caught');
      assert.equal(stubborn.next().done, true);
      assert.equal((await onlySpan()).status.code, 'unset');
    }),
  );

  it(
    'traces async generators: awaits, for await, break, and what they reject with',
    clean(async () => {
      const error = new Error('no');
      const wrapped = span.wrap('pages', async function* (to: number): AsyncGenerator<number> {
        for (let n = 1; n <= to; n++) {
          await Promise.resolve();
          span('page', () => {});
          yield n;
        }
        throw error;
      });
      const seen: number[] = [];
      await assert.rejects(
        async () => {
          for await (const n of wrapped(2)) seen.push(n);
        },
        (thrown) => thrown === error,
      );
      for await (const n of wrapped(9)) {
        assert.equal(current(), undefined);
        if (n === 2) break;
      }
      assert.deepEqual(seen, [1, 2]);
      const spans = await finished();
      const pages = spans.filter(({ name }) => name === 'pages');
      assert.deepEqual(
        pages.map(({ status }) => status.code),
        ['error', 'unset'],
      );
      for (const { name, parentSpanId } of spans) {
        assert.equal(
          pages.some(({ spanId }) => spanId === parentSpanId),
          name === 'page',
        );
      }
    }),
  );

  it(
    'is still a generator function to a second wrap',
    clean(async () => {
      const twice = span.wrap('outer', span.wrap('inner', count));
      assert.deepEqual([...twice(1)], [1]);
      assert.deepEqual(await parents(), { 'step 1': 'inner', inner: 'outer', outer: undefined });
    }),
  );
});
