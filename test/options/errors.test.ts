import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { runInNewContext } from 'node:vm';
import { isThroughlineError, nearestName, nearestUrl, optionError, showValue } from '../../src/core/options/errors.ts';
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

  it('take a short word only for one that shares more than half of it', () => {
    assert.equal(nearestName('url', ['ttl']), undefined);
    assert.equal(nearestName('w3c', ['b3']), undefined);
    assert.equal(nearestName('b4', ['b3']), 'b3');
  });

  it('find the URL that a host without a scheme is meant for', () => {
    assert.equal(nearestUrl('collector:4318'), 'did you mean "http://collector:4318"?');
    assert.equal(nearestUrl('otel.example.com/v1/traces'), 'did you mean "http://otel.example.com/v1/traces"?');
    for (const text of ['', 'user:secret@host', 'ftp://host', '/path', 'a b']) assert.equal(nearestUrl(text), '');
  });

  it('show any value on one short line', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const values = ['a\n"b"', 'x'.repeat(99), 5, Number.NaN, null, undefined, [], {}, () => {}, Symbol('s'), 5n];
    values.push(/a/, new Date(0), new Map(), Promise.resolve(), new Error('e'), proxy);
    assert.deepEqual(values.map(showValue), [
      ...['"a\\n\\"b\\""', `"${'x'.repeat(60)}…"`, '5', 'NaN', 'null', 'undefined'],
      ...['an array', 'an object', 'a function', 'Symbol(s)', '5'],
      ...['a RegExp', 'a date', 'a map', 'a promise', 'an error', 'an object'],
    ]);
  });
});

describe('isThroughlineError', () => {
  it('knows errors of ours by their code, whoever made them', () => {
    const store = Object.assign(new Error('no'), { code: 'ERR_THROUGHLINE_STORE' });
    for (const error of [optionError('no'), store]) assert.equal(isThroughlineError(error), true);
    const foreign = runInNewContext(`Object.assign(new Error('no'), { code: 'ERR_THROUGHLINE_STORE' })`);
    assert.equal(isThroughlineError(foreign), true);
  });

  it('says no to all else, and never throws', () => {
    const hostile = Object.defineProperty(new Error('no'), 'code', {
      get() {
        throw new Error('mine');
      },
    });
    const others = [new Error('no'), { code: 'ERR_THROUGHLINE_STORE' }, 'ERR_THROUGHLINE_STORE', null, undefined];
    const coded = Object.assign(new Error('no'), { code: 'ECONNREFUSED' });
    for (const error of [...others, coded, hostile]) assert.equal(isThroughlineError(error), false);
  });
});

it('version is the one of package.json', () => {
  const path = createRequire(import.meta.url).resolve('throughline/package.json');
  assert.equal(version, JSON.parse(readFileSync(path, 'utf8')).version);
});
