import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { durationMs } from '../../src/core/options/duration.ts';
import {
  duration,
  flag,
  group,
  listOf,
  oneOf,
  readOptions,
  required,
  text,
  wholeNumber,
} from '../../src/core/options/options.ts';

const READERS = {
  path: required(text('the path of a file')),
  mode: oneOf('ahead', 'off'),
  wait: duration('90s', 1),
  names: listOf('a list of names', (item): item is string => typeof item === 'string'),
  limits: group({ spans: wholeNumber(0), on: flag }),
};

const read = (options: unknown) => readOptions('make', options, READERS, { file: 'did you mean "path"?' });

const boom = (): never => {
  throw new Error('boom');
};

describe('options', () => {
  it('come back as they were read, and undefined where they were left out', () => {
    const limits = { spans: 1, on: undefined };
    assert.deepEqual(read({ path: 'a', wait: '1.5s', names: ['x'], mode: undefined, limits }), {
      ...{ path: 'a', mode: undefined, wait: 1500, names: ['x'] },
      limits: { spans: 1, on: undefined },
    });
  });

  it('are read once, from where an object keeps them', () => {
    let times = 0;
    const own = {
      get path() {
        times++;
        return 'a';
      },
    };
    assert.equal(read(Object.create(own)).path, 'a');
    assert.equal(times, 1);
  });

  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const wrong: readonly [options: unknown, message: string][] = [
    ...[undefined, null, 5, 'a', true, Symbol('s')].map((options): [unknown, string] => [
      options,
      `expected an object of options with path, got ${typeof options === 'string' ? '"a"' : String(options)}`,
    ]),
    [[], 'expected an object of options with path, got an array'],
    [() => {}, 'expected an object of options with path, got a function'],
    [new Map(), 'expected an object of options with path, got a map'],
    [Promise.resolve({}), 'expected an object of options with path, got a promise; await it first'],
    [new String('a'), 'expected an object of options with path, got a string'],
    [{}, '"path" must be the path of a file, got undefined'],
    [{ path: '' }, '"path" must be the path of a file, got ""'],
    [{ path: 'a', mod: 'off' }, 'unknown option "mod"; did you mean "mode"?'],
    [{ path: 'a', file: 'a' }, 'unknown option "file"; did you mean "path"?'],
    [{ path: 'a', colour: 1 }, 'unknown option "colour"; known are path, mode, wait, names, limits'],
    [
      JSON.parse('{ "path": "a", "__proto__": 1 }'),
      'unknown option "__proto__"; known are path, mode, wait, names, limits',
    ],
    [{ path: 'a', mode: 'of' }, '"mode" must be "ahead" or "off", got "of"; did you mean "off"?'],
    [{ path: 'a', mode: null }, '"mode" must be "ahead" or "off", got null'],
    [{ path: 'a', wait: '90' }, '"wait" must be milliseconds or a time such as "90s", got "90"'],
    [{ path: 'a', names: 'x' }, '"names" must be a list of names, got "x"'],
    [{ path: 'a', names: ['x', 1] }, '"names" must be a list of names, got 1 in it'],
    [{ path: 'a', names: new Array(1) }, '"names" must be a list of names, got undefined in it'],
    [{ path: 'a', limits: [] }, '"limits" must be an object, got an array'],
    [{ path: 'a', limits: null }, '"limits" must be an object, got null'],
    [{ path: 'a', limits: { span: 1 } }, 'unknown option "limits.span"; did you mean "spans"?'],
    [{ path: 'a', limits: { spans: 0.5 } }, '"limits.spans" must be a whole number, 0 or more, got 0.5'],
    [
      {
        get path() {
          return boom();
        },
      },
      '"path" cannot be read: boom',
    ],
    [new Proxy({}, { ownKeys: boom }), 'the options cannot be read: boom'],
    [{ path: 'a', names: new Proxy([], { get: boom }) }, '"names" cannot be read: boom'],
    [{ path: 'a', limits: new Proxy({}, { ownKeys: boom }) }, '"limits" cannot be read: boom'],
    [proxy, "the options cannot be read: Cannot perform 'ownKeys' on a proxy that has been revoked"],
  ];
  for (const [index, [options, message]] of wrong.entries()) {
    it(`that are wrong throw: ${index} ${message}`, () => {
      assert.throws(() => read(options), {
        name: 'TypeError',
        code: 'ERR_THROUGHLINE_OPTION',
        message: `make(): ${message}`,
      });
    });
  }
});

describe('a length of time', () => {
  const good: readonly [given: unknown, ms: number][] = [
    [0, 0],
    [90_000, 90_000],
    [0.5, 0.5],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    ['0s', 0],
    ['500ms', 500],
    ['90s', 90_000],
    ['1.5m', 90_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
  ];
  for (const [given, ms] of good) {
    it(`is ${given}`, () => assert.equal(durationMs(given), ms));
  }

  it('is nothing else', () => {
    const others = [
      '',
      's',
      '90',
      '90 s',
      '-1s',
      '1e3s',
      '.5s',
      '5.s',
      '1w',
      '1S',
      ' 1s',
      '1s\n',
      `${'9'.repeat(13)}s`,
    ];
    for (const given of [...others, -1, Number.NaN, null, undefined, {}, [], ['1s'], true, 5n]) {
      assert.equal(durationMs(given), undefined, String(given));
    }
  });
});
