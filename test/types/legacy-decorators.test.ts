import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { outputOfNode } from '../support/child-process.ts';
import { compileApp } from './compiler.ts';

/** As an app of NestJS has it: `experimentalDecorators`, metadata, and decorators of a framework above and below ours. */
const APP = `
import 'reflect-metadata';
import { span, start, traced } from 'throughline';
import { memory } from 'throughline/exporters';

const exporter = memory();
const tl = start({ exporters: exporter });

function Get(path: string): MethodDecorator {
  return (_target, _key, descriptor: PropertyDescriptor) => {
    Reflect.defineMetadata('path', path, descriptor.value);
  };
}

class Cats {
  readonly #names = ['Tom'];

  @Get('/above')
  @traced('cats.above', { attributes: (id) => ({ id }) })
  async above(id: string): Promise<string> {
    return id + this.#names[0];
  }

  @traced()
  @Get('/below')
  below(): number {
    return 1;
  }

  @traced('cats.fail')
  fail(error: Error): never {
    throw error;
  }

  @traced('cats.size')
  get size(): number {
    return this.#names.length;
  }

  @traced()
  static count(): number {
    return 7;
  }

  @traced('cats.each')
  *each(): Generator<string> {
    yield* this.#names;
  }
}

class Kittens extends Cats {
  @traced('kittens.below')
  override below(): number {
    return super.below() + 1;
  }
}

const cats = new Kittens();
const mine = new Error('mine');
const results: unknown[] = [];
await span('request', async () => {
  results.push(await cats.above('1'), cats.below(), cats.size, Cats.count(), [...cats.each()]);
  try {
    cats.fail(mine);
  } catch (error) {
    results.push(error === mine);
  }
});
await tl.flush();
const names = new Map(exporter.spans.map(({ spanId, name }) => [spanId, name]));
console.log(
  JSON.stringify({
    results,
    spans: exporter.spans.map(({ name, parentSpanId, status }) => [name, names.get(parentSpanId ?? ''), status.code]),
    id: exporter.spans[0]?.attributes.id,
    paths: [Cats.prototype.above, Cats.prototype.below].map((method) => Reflect.getMetadata('path', method)),
    looks: [Cats.prototype.above.name, Cats.prototype.above.length],
    types: Reflect.getMetadata('design:paramtypes', Cats.prototype, 'above').map((type: Function) => type.name),
  }),
);
`;

const WRONG = `
import { traced } from 'throughline';

export class Wrong {
  // @ts-expect-error: a field is no call
  @traced('field')
  field = 1;

  // @ts-expect-error: attributes are of primitives
  @traced('method', { attributes: () => ({ a: new Map() }) })
  method(): void {}
}
`;

describe('@traced under experimentalDecorators', () => {
  it('compiles, and traces methods, getters, statics and generators, with what a framework noted on them', async () => {
    const options = { experimentalDecorators: true, emitDecoratorMetadata: true };
    const { errors, folder } = await compileApp('legacy', { 'app.ts': APP, 'wrong.ts': WRONG }, options);
    assert.deepEqual(errors, []);
    const printed = JSON.parse(await outputOfNode([join(folder, 'app.js')]));
    assert.deepEqual(printed, {
      results: ['1Tom', 2, 1, 7, ['Tom'], true],
      spans: [
        ['cats.above', 'request', 'unset'],
        ['below', 'kittens.below', 'unset'],
        ['kittens.below', 'request', 'unset'],
        ['cats.size', 'request', 'unset'],
        ['count', 'request', 'unset'],
        ['cats.each', 'request', 'unset'],
        ['cats.fail', 'request', 'error'],
        ['request', null, 'unset'],
      ],
      id: '1',
      paths: ['/above', '/below'],
      looks: ['above', 1],
      types: ['String'],
    });
  });
});
