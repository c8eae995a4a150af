import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { nearestName, optionError, refuseUnknownOptions, showValue } from '../../src/core/errors.ts';
import { version } from '../../src/core/version.ts';

describe('option errors', () => {
  it('are TypeErrors with a code', () => {
    const error = optionError('start(): no');
    assert.ok(error instanceof TypeError);
    assert.deepEqual([error.code, error.message], ['ERR_THROUGHLINE_OPTION', 'start(): no']);
  });

  const names: [name: string, near: string | undefined][] = [
    ['servce', 'service'],
    ['Service', 'service'],
    ['sevrice', 'service'],
    ['smaple', 'sample'],
    ['service', 'service'],
    ['exporter', 'exporters'],
    ['color', undefined],
    ['', undefined],
  ];
  for (const [name, near] of names) {
    it(`have ${near === undefined ? 'no name' : `"${near}"`} near "${name}"`, () => {
      assert.equal(nearestName(name, ['service', 'sample', 'exporters']), near);
    });
  }

  it('look at own names only, and take known ones', () => {
    refuseUnknownOptions('f', Object.create({ inherited: 1 }, { a: { value: 1, enumerable: true } }), ['a']);
    assert.throws(
      () => refuseUnknownOptions('f', { ['__proto__']: 1 }, ['a']),
      /f\(\): unknown option "__proto__"; known are a/,
    );
  });

  it('show any value on one short line', () => {
    const values = ['a\n"b"', 'x'.repeat(99), 5, Number.NaN, null, undefined, [], {}, () => {}, Symbol('s'), 5n];
    assert.deepEqual(values.map(showValue), [
      ...['"a\\n\\"b\\""', `"${'x'.repeat(60)}…"`, '5', 'NaN', 'null', 'undefined'],
      ...['an array', 'an object', 'a function', 'Symbol(s)', '5'],
    ]);
  });
});

it('version is the one of package.json', () => {
  const path = createRequire(import.meta.url).resolve('throughline/package.json');
  assert.equal(version, JSON.parse(readFileSync(path, 'utf8')).version);
});
