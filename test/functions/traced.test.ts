import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { span, traced } from 'throughline';
import { endsClean } from '../contract/checks/no-leaks.ts';
import { finished, parents, throughline } from '../core/app-spans.ts';

const clean = (test: () => Promise<void>): (() => Promise<void>) =>
  endsClean(async ({ watch }) => {
    watch(throughline);
    await test();
  });

class Orders {
  static currency = 'EUR';
  #rows: readonly number[] = [1, 2, 3];

  @traced('orders.find', { attributes: (id: number) => ({ 'order.id': id }) })
  async find(id: number): Promise<number | undefined> {
    await Promise.resolve();
    return this.#first(id);
  }

  @traced('orders.first')
  #first(id: number): number | undefined {
    return this.#rows.find((row) => row === id);
  }

  @traced('orders.total')
  get total(): number {
    return this.#rows.reduce((sum, row) => sum + row, 0);
  }

  @traced('orders.parse')
  static parse(text: string): string {
    return text + Orders.#suffix();
  }

  @traced('orders.suffix')
  static #suffix(): string {
    return Orders.currency;
  }

  @traced()
  unnamed(): void {}

  @traced()
  #hidden(): void {}

  hide(): void {
    this.#hidden();
  }

  @traced('orders.each')
  *each(): Generator<number> {
    for (const row of this.#rows) yield row;
  }

  @traced('orders.fail')
  fail(error: unknown): void {
    throw error;
  }
}

class SpecialOrders extends Orders {
  @traced('special.find')
  override find(id: number): Promise<number | undefined> {
    return super.find(id);
  }
}

describe('@traced', () => {
  it(
    'traces methods, private ones too, with this and attributes of the arguments',
    clean(async () => {
      assert.equal(await new Orders().find(2), 2);
      const spans = await finished();
      assert.deepEqual(
        spans.map(({ name }) => name),
        ['orders.first', 'orders.find'],
      );
      assert.equal(spans[0]?.parentSpanId, spans[1]?.spanId);
      assert.deepEqual(spans[1]?.attributes, { 'order.id': 2 });
    }),
  );

  it(
    'traces static methods and static private ones',
    clean(async () => {
      assert.equal(Orders.parse('5 '), '5 EUR');
      assert.deepEqual(await parents(), { 'orders.suffix': 'orders.parse', 'orders.parse': undefined });
    }),
  );

  it(
    'traces getters',
    clean(async () => {
      assert.equal(new Orders().total, 6);
      assert.deepEqual(await parents(), { 'orders.total': undefined });
    }),
  );

  it(
    'traces overridden methods and what they call of the class above',
    clean(async () => {
      assert.equal(await new SpecialOrders().find(3), 3);
      assert.deepEqual(await parents(), {
        'orders.first': 'orders.find',
        'orders.find': 'special.find',
        'special.find': undefined,
      });
    }),
  );

  it(
    'traces generators',
    clean(async () => {
      assert.deepEqual([...new Orders().each()], [1, 2, 3]);
      assert.deepEqual(await parents(), { 'orders.each': undefined });
    }),
  );

  it(
    'takes the name of the member when it is given none',
    clean(async () => {
      const orders = new Orders();
      orders.unnamed();
      orders.hide();
      assert.deepEqual(Object.keys(await parents()), ['unnamed', '#hidden']);
    }),
  );

  it(
    'rethrows the same error, and the method keeps its name and length',
    clean(async () => {
      const error = new Error('no');
      assert.throws(
        () => new Orders().fail(error),
        (thrown) => thrown === error,
      );
      assert.deepEqual([Orders.prototype.find.name, Orders.prototype.find.length], ['find', 1]);
      await finished();
    }),
  );

  it(
    'hangs under the span around the call',
    clean(async () => {
      span('request', () => new Orders().unnamed());
      assert.deepEqual(await parents(), { unnamed: 'request', request: undefined });
    }),
  );

  it('refuses fields, classes, parameters and wrong options, and says when its parentheses are missing', () => {
    const decorate = traced('x') as unknown as (value: unknown, context: unknown) => void;
    const code = 'ERR_THROUGHLINE_OPTION';
    assert.throws(() => decorate(undefined, { kind: 'field' }), { code, message: /methods and getters, got "field"/ });
    assert.throws(() => decorate(class {}, { kind: 'class' }), { code, message: /got "class"/ });
    assert.throws(() => decorate({}, 'find'), { code, message: /got a field$/ });
    const legacy = decorate as (target: object, key: string, descriptor: unknown) => void;
    assert.throws(() => legacy({}, 'find', 0), { code, message: /got a parameter$/ });
    assert.throws(() => legacy({}, 'find', { set: () => {} }), { code, message: /got a field$/ });
    const bare = traced as unknown as (value: unknown, context: unknown) => void;
    const message = /^@traced\(\): expected a name, got (a function|an object); did you mean @traced\(\)\?$/;
    assert.throws(() => bare(() => {}, { kind: 'method', name: 'find' }), { code, message });
    assert.throws(() => bare({}, 'find'), { code, message });
    assert.throws(() => traced('x', { kind: 'remote' as never }), {
      code,
      message: /^@traced\(\): "kind" must be one/,
    });
    assert.throws(() => decorate(class {}, undefined), { code, message: /got none/ });
  });
});
