import { pino } from 'pino';
import { bind, current, logFields, type Span, span, traced, winstonFormat } from 'throughline';
import { sumUp } from 'throughline/analysis';
import { parseSpans } from 'throughline/exporters';
import { format } from 'winston';

declare const request: import('express').Request;
declare const ctx: import('koa').Context;

const scope: Span = span('scope');
const withOptions: Span = span('scope', { kind: 'client', attributes: { a: 1 }, parent: null, links: [] });
const value: number = span('callback', () => 1);
const rows: Promise<string[]> = span('callback', async (s) => [s.traceId]);
const given: string = span('callback', { parent: scope }, (s) => s.tag('a', [1, 2]).spanId);
const found: Span | undefined = current() ?? current(request) ?? current(ctx) ?? current(request.res);

const price = span.wrap('price', async (item: string, count: number) => item.length * count, {
  attributes: (item, count) => ({ item, count }),
});
const total: Promise<number> = price('pear', 3);
const generated: Generator<number, string> = span.wrap('generator', function* (): Generator<number, string> {
  yield 1;
  return 'done';
})();
const bound: (text: string) => number = bind((text: string) => text.length);

export class Orders {
  @traced('find', { attributes: (id) => ({ id }) })
  async find(id: string): Promise<string> {
    return id;
  }

  @traced()
  static count(): number {
    return 1;
  }

  @traced('size')
  get size(): number {
    return 1;
  }

  // @ts-expect-error: a field is no call
  @traced('field')
  field = 1;
}

pino({ mixin: logFields });
format.combine(winstonFormat(), format.json());
const flags: string | undefined = logFields().trace_flags;
const self: number | undefined = sumUp(parseSpans(''))[0]?.selfMs;

export const results: readonly unknown[] = [
  ...[scope, withOptions, value, rows, given, found, total, generated, bound, flags, self],
];

// @ts-expect-error: a name is needed
span(() => 1);
// @ts-expect-error: no such kind
span('kind', { kind: 'consummer' });
// @ts-expect-error: the result is the callback's
const wrong: string = span('callback', () => 1);
// @ts-expect-error: the wrapped function keeps its parameters
price(3, 'pear');
// @ts-expect-error: the attributes come from the function's own arguments
span.wrap('price', (item: string) => item, { attributes: (item: number) => ({ item }) });
// @ts-expect-error: an attribute is a primitive or a list of one kind
scope.tag('map', new Map());
// @ts-expect-error: child takes no other parent
scope.child('child', { parent: null });

export { wrong };
