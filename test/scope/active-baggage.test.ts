import assert from 'node:assert/strict';
import { AsyncResource } from 'node:async_hooks';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { baggage, current, span } from 'throughline';
import { extract, inject } from 'throughline/propagation';
import { activeScope } from '../../src/core/scope/scope.ts';
import { endsClean } from '../contract/checks/no-leaks.ts';
import { throughline } from '../core/app-spans.ts';

const sent = (): string | undefined => inject<Record<string, string>>({}).baggage;

/** A test in a span of its own, so that what it sets ends with it. */
function baggageTest(claim: string, fn: (takeDiagnostics: () => string[]) => Promise<void> | void): void {
  test(
    claim,
    endsClean(async ({ watch, takeDiagnostics }) => {
      watch(throughline);
      await span('test', () => fn(takeDiagnostics));
      assert.equal(baggage.all().size, 0);
    }),
  );
}

baggageTest('what was set is read back, sent in order, replaced and taken away', () => {
  baggage.set('tenant', 'acme');
  baggage.set('user', 'J\u00fcrgen, "J";', 'ttl=30;internal');
  assert.equal(baggage.get('user'), 'J\u00fcrgen, "J";');
  assert.equal(sent(), 'tenant=acme,user=J%C3%BCrgen%2C%20%22J%22%3B;ttl=30;internal');
  assert.equal(extract(inject({}))?.baggage?.get('user'), 'J\u00fcrgen, "J";');
  baggage.set('tenant', 'umbrella');
  baggage.delete('user');
  baggage.delete('never there');
  assert.equal(sent(), 'tenant=umbrella');
  baggage.delete('tenant');
  assert.deepEqual([baggage.get('tenant'), sent()], [undefined, undefined]);
});

baggageTest('all() is a copy, with the metadata', () => {
  baggage.set('a', '1', 'ttl=30');
  baggage.set('b', '2');
  const all = baggage.all();
  assert.deepEqual(
    Array.from(all, ([key, { value, metadata }]) => [key, value, metadata?.toString()]),
    [
      ['a', '1', 'ttl=30'],
      ['b', '2', undefined],
    ],
  );
  all.clear();
  assert.equal(baggage.all().size, 2);
});

baggageTest('a set is seen by what starts after it, not by what runs already', async () => {
  const before = pause(1).then(sent);
  baggage.set('a', '1');
  const after = pause(1).then(sent);
  await pause(2);
  assert.deepEqual([await before, await after, sent()], [undefined, 'a=1', 'a=1']);
});

baggageTest('a set inside a callback span or with() ends with it', async () => {
  baggage.set('a', '1');
  await span('inner', async () => {
    baggage.set('a', '2');
    await pause(1);
    assert.equal(sent(), 'a=2');
  });
  baggage.with({ b: '2' }, () => baggage.set('c', '3'));
  assert.equal(sent(), 'a=1');
});

baggageTest('a set lasts no longer than the using scope around it, however often it is done', () => {
  baggage.set('a', '0');
  const outer = current();
  {
    using scope = span('scope');
    for (let n = 1; n <= 1000; n++) baggage.set('a', String(n));
    {
      using inner = span('inner');
      baggage.set('a', 'inner');
      assert.equal(current(), inner);
    }
    assert.deepEqual([current(), sent()], [scope, 'a=1000']);
  }
  assert.deepEqual([current(), sent()], [outer, 'a=0']);
});

baggageTest('code that took the scope along is out of it when the using scope has ended', () => {
  const outer = current();
  const scope = span('scope');
  baggage.set('a', '1');
  const resource = new AsyncResource('test');
  assert.equal(
    resource.runInAsyncScope(() => sent()),
    'a=1',
  );
  scope.end();
  resource.runInAsyncScope(() => assert.deepEqual([current(), sent()], [outer, undefined]));
});

baggageTest('scopes closed out of order are still told of where baggage was set between them', (takeDiagnostics) => {
  const outer = span('out of order');
  baggage.set('a', '1');
  const inner = span('left open');
  outer.end();
  inner.end();
  assert.match(takeDiagnostics().join(), /^scope "out of order" was closed while a scope inside/);
});

baggageTest('with() keeps concurrent flows apart and hands back what the function returns', async () => {
  const names = Array.from({ length: 20 }, (_, n) => String(n));
  const seen = await Promise.all(
    names.map((n) =>
      baggage.with({ n }, async () => {
        await pause(Number(n) % 3);
        return sent();
      }),
    ),
  );
  assert.deepEqual(
    seen,
    names.map((n) => `n=${n}`),
  );
  const result = {};
  assert.equal(
    baggage.with({}, () => result),
    result,
  );
  assert.throws(() => baggage.with({ a: '1' }, () => assert.fail('on purpose')), /on purpose/);
  assert.equal(sent(), undefined);
});

baggageTest('with() takes metadata too, and has the active span', () => {
  const active = current();
  baggage.with({ a: { value: '1', metadata: 'ttl=30' }, b: '2' }, () => {
    assert.deepEqual([sent(), current()], ['a=1;ttl=30,b=2', active]);
  });
});

baggageTest('names like __proto__ are names like any other', () => {
  for (const name of ['__proto__', 'constructor', 'toString']) {
    assert.equal(baggage.get(name), undefined);
    baggage.set(name, 'x');
    assert.equal(baggage.get(name), 'x');
  }
  baggage.with(JSON.parse('{"__proto__": "y"}'), () => assert.equal(baggage.get('__proto__'), 'y'));
  assert.equal(({} as { x?: unknown }).x, undefined);
  assert.equal(sent(), '__proto__=x,constructor=x,toString=x');
});

baggageTest('what cannot be baggage is left out, and nothing throws', () => {
  baggage.set('ok', '1');
  const before = activeScope();
  const hostile = {
    get a(): string {
      throw new Error('on purpose');
    },
  };
  const unprintable = { toString: () => assert.fail('on purpose') };
  const set = baggage.set as (...args: unknown[]) => void;
  for (const args of [['a b', '1'], ['', '1'], [Symbol('s'), '1'], ['a'], ['a', 5], ['a', Symbol('s')], ['a', null]]) {
    set(...args);
  }
  set('a', '1', unprintable);
  assert.equal(activeScope(), before, 'nothing was entered');
  for (const values of [hostile, null, undefined, 5, 'text', { a: Symbol('s') }, { a: null }, { 'b c': '1' }]) {
    baggage.with(values as never, () => assert.equal(sent(), 'ok=1'));
  }
  for (const key of [Symbol('s'), null, undefined, {}]) {
    assert.equal(baggage.get(key as never), undefined);
    baggage.delete(key as never);
  }
  set('meta', '1', Symbol('s'));
  assert.equal(sent(), 'ok=1,meta=1');
});

baggageTest('no more is sent than 64 values and 8192 bytes, whole values only', () => {
  baggage.with({ huge: 'x'.repeat(1_000_000), fits: 'y' }, () => assert.equal(sent(), 'fits=y'));
  for (let n = 0; n < 100; n++) baggage.set(`n${n}`, '\u20ac'.repeat(10));
  assert.equal(baggage.all().size, 100);
  const text = sent() ?? '';
  assert.equal(text.split(',').length, 64);
  assert.ok(text.length <= 8192);
});
