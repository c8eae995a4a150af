import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runInNewContext } from 'node:vm';
import { current, type Span, type SpanOptions, span } from 'throughline';
import { endsClean } from '../contract/checks/no-leaks.ts';
import { finished, onlySpan, parents, throughline } from '../core/app-spans.ts';
import { outputOfNode, runNode } from '../support/child-process.ts';

const clean = (test: () => Promise<void>): (() => Promise<void>) =>
  endsClean(async ({ watch }) => {
    watch(throughline);
    await test();
  });

const THENABLE = (name: string): string =>
  `span "${name}" was given a thenable that is no native promise, and ended at once; await it inside: async () => await query`;

describe('span(name, fn)', () => {
  it(
    'stays sync: hands back the same value, and has ended by then',
    clean(async () => {
      const value = {};
      let inside: Span | undefined;
      const result = span('sync', (s) => {
        inside = s;
        assert.equal(current(), s);
        return value;
      });
      assert.equal(result, value);
      assert.equal(inside?.isRecording(), false);
      assert.equal((await onlySpan()).name, 'sync');
    }),
  );

  it(
    'hands back a promise derived from a native one, with the same value, and ends when it settles',
    clean(async () => {
      let settle: (value: object) => void = () => {};
      const original = new Promise<object>((resolve) => {
        settle = resolve;
      });
      const result = span('async', () => original);
      assert.ok(result instanceof Promise);
      assert.notEqual(result, original);
      assert.equal(throughline.openSpans().length, 1);
      const value = {};
      settle(value);
      assert.equal(await result, value);
      assert.equal((await onlySpan()).name, 'async');
    }),
  );

  it(
    'rethrows the same error object, sync and async, and marks the span failed',
    clean(async () => {
      const error = Object.assign(new Error('broken'), { code: 'EBROKEN' });
      assert.throws(
        () =>
          span('throws', () => {
            throw error;
          }),
        (thrown) => thrown === error,
      );
      await assert.rejects(
        span('rejects', () => Promise.reject(error)),
        (thrown) => thrown === error,
      );
      for (const { status, events, attributes } of await finished()) {
        assert.deepEqual(status, { code: 'error', message: 'broken' });
        assert.equal(attributes['error.type'], 'EBROKEN');
        assert.equal(events[0]?.name, 'exception');
      }
    }),
  );

  it(
    'passes on whatever was thrown, undefined as well',
    clean(async () => {
      for (const thrown of [undefined, null, 0, 'text', Object.freeze({})]) {
        await assert.rejects(
          span('rejects', () => Promise.reject(thrown)),
          (reason) => reason === thrown,
        );
      }
      assert.deepEqual(
        (await finished()).map(({ status }) => status.code),
        Array(5).fill('error'),
      );
    }),
  );

  it(
    'leaves a thenable alone: handed back as it is, run by the caller only, once, and says so',
    endsClean(async ({ watch, takeDiagnostics }) => {
      watch(throughline);
      let runs = 0;
      // biome-ignore lint/suspicious/noThenProperty: what query builders do
      const query = { then: (resolve: (value: number) => void) => resolve(++runs) };
      const result = span('query', () => query);
      assert.equal(result, query);
      const { name, attributes } = await onlySpan();
      assert.deepEqual([name, attributes], ['query', { 'throughline.thenable': true }]);
      assert.equal(runs, 0);
      assert.equal(await result, 1);
      span('query', () => query); // once a name
      assert.deepEqual(takeDiagnostics(), [THENABLE('query')]);
      await finished();
    }),
  );

  it(
    'does not even look at `then` of what is no native promise',
    clean(async () => {
      const proxy: object = new Proxy(
        {},
        { get: fail, has: fail, getPrototypeOf: fail, getOwnPropertyDescriptor: fail },
      );
      const getter = Object.defineProperty({}, 'then', { get: fail });
      assert.equal(
        span('proxy', () => proxy),
        proxy,
      );
      assert.equal(
        span('getter', () => getter),
        getter,
      );
      assert.equal((await finished()).length, 2);
    }),
  );

  it(
    'leaves a subclass of Promise with a `then` of its own alone, as lazy queries are, and says so',
    endsClean(async ({ watch, takeDiagnostics }) => {
      watch(throughline);
      let runs = 0;
      class Query extends Promise<number> {
        // biome-ignore lint/suspicious/noThenProperty: what lazy queries do, such as those of postgres.js
        override then<A, B>(...args: Parameters<Promise<number>['then']>): Promise<A | B> {
          runs++;
          return Promise.resolve(7).then(...args) as Promise<A | B>;
        }
      }
      const query = new Query(() => {});
      const run = span.wrap('lazy', () => query);
      assert.equal(run(), query);
      assert.equal(runs, 0);
      assert.equal(await query, 7);
      assert.equal(runs, 1);
      assert.equal((await onlySpan()).attributes['throughline.thenable'], true);
      assert.deepEqual(takeDiagnostics(), [THENABLE('lazy')]);
    }),
  );

  it(
    'waits for a subclass that is a promise like any other, and keeps its class',
    clean(async () => {
      class Task extends Promise<number> {}
      const result = span('task', () => Task.resolve(3));
      assert.ok(result instanceof Task);
      assert.equal(throughline.openSpans().length, 1);
      assert.equal(await result, 3);
      await finished();
    }),
  );

  it(
    'waits for the promise of another realm',
    clean(async () => {
      const result = span('foreign', () => runInNewContext('(async () => 5)()'));
      assert.equal(throughline.openSpans().length, 1);
      assert.equal(await result, 5);
      await finished();
    }),
  );

  it(
    'takes kind, attributes, links and parent',
    clean(async () => {
      const cause = span('cause', (s) => s);
      const parent = cause.spanContext();
      span('whole', { kind: 'consumer', attributes: { a: 1 }, parent, links: [{ context: parent }] }, () => {});
      span('under a span', { parent: cause }, () => {});
      span('root', () => span('own trace', { parent: null }, () => {}));
      const [first, whole, under, own] = await finished();
      assert.equal(whole?.kind, 'consumer');
      assert.deepEqual(whole?.attributes, { a: 1 });
      assert.equal(whole?.parentSpanId, first?.spanId);
      assert.equal(whole?.links[0]?.context.spanId, first?.spanId);
      assert.equal(under?.parentSpanId, first?.spanId);
      assert.equal(own?.parentSpanId, undefined);
    }),
  );

  it(
    'runs the function all the same when its options throw, and nothing hangs under no span',
    clean(async () => {
      const options = new Proxy({}, { get: fail }) as SpanOptions;
      const result = span('hostile', options, (s) => {
        s.tag('a', 1).child('grandchild').end();
        s.run(() => span('inside', () => {}));
        return current();
      });
      assert.equal(result, undefined);
      const scope = span('hostile scope', options);
      assert.equal(current(), undefined);
      scope.end();
      assert.deepEqual(await parents(), { inside: undefined });
    }),
  );

  it('refuses what is no function', () => {
    const wrong = span as unknown as (name: string, options: object, fn: unknown) => void;
    assert.throws(() => wrong('x', {}, 5), {
      code: 'ERR_THROUGHLINE_OPTION',
      message: /expected a function to run, got 5/,
    });
  });

  it('leaves an unhandled rejection unhandled, once, with its own reason', async () => {
    const script = `
      import { span, start } from 'throughline';
      start({ exporters: 'none' });
      const reason = new Error('nobody cares');
      process.on('unhandledRejection', (seen) => console.log(seen === reason));
      span('lost', async () => { throw reason; });
      span.wrap('lost too', async () => { throw reason; })();
    `;
    assert.equal(await outputOfNode(['--input-type=module', '--eval', script]), 'true\ntrue\n');
  });

  it('lets a process die of an unhandled rejection as it would without us', async () => {
    const script = `
      import { span, start } from 'throughline';
      start({ exporters: 'none' });
      span('lost', async () => { throw new RangeError('nobody cares'); });
    `;
    const { status, stderr } = await runNode(['--input-type=module', '--eval', script]);
    assert.equal(status, 1);
    assert.match(stderr, /RangeError: nobody cares/);
  });
});

describe('span(name)', () => {
  it(
    'is active until it is disposed, nested and side by side',
    clean(async () => {
      {
        using server1 = span('server1');
        server1.tag('test', true);
        {
          using _ = span('server2');
          assert.equal(current()?.spanId, _.spanId);
        }
        using sibling = span('sibling', { attributes: { n: 1 } });
        sibling.log('asked stock');
      }
      assert.equal(current(), undefined);
      assert.deepEqual(await parents(), { server1: undefined, server2: 'server1', sibling: 'server1' });
    }),
  );

  it(
    'is left by end as by dispose, and once',
    clean(async () => {
      const outer = span('outer');
      const inner = span('inner');
      inner.end();
      assert.equal(current(), outer);
      inner[Symbol.dispose]();
      assert.equal(current(), outer);
      outer.end();
      assert.equal(current(), undefined);
      assert.equal((await finished()).length, 2);
    }),
  );

  it(
    'mixes with the callback form and child',
    clean(async () => {
      {
        using a = span('a');
        span('b', () => {
          using _ = span('c');
          span('d', () => {});
        });
        const e = a.child('e');
        assert.equal(current(), a, 'child does not enter the scope');
        e.run(() => span('f', () => {}));
        e.end();
      }
      assert.deepEqual(await parents(), { a: undefined, b: 'a', c: 'b', d: 'c', e: 'a', f: 'e' });
    }),
  );

  it(
    'holds across awaits of sequential code',
    clean(async () => {
      async function step(name: string): Promise<void> {
        using _ = span(name);
        await Promise.resolve();
        span(`${name} work`, () => {});
      }
      {
        using _ = span('main');
        await step('one');
        await step('two');
        span('three', () => {});
      }
      assert.deepEqual(await parents(), {
        main: undefined,
        one: 'main',
        'one work': 'one',
        two: 'main',
        'two work': 'two',
        three: 'main',
      });
    }),
  );
});

function fail(): never {
  throw new Error('not to be touched');
}
