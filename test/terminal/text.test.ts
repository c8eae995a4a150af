import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { displayWidth, fit, formatDuration, sanitize, truncate } from '../../src/terminal/text.ts';

describe('sanitize', () => {
  const cases: readonly (readonly [what: string, text: string, shown: string])[] = [
    ['an escape sequence', '\u001b[2J', '\\x1b[2J'],
    ['a one-byte control sequence introducer', '\u009b31m', '\\x9b31m'],
    ['delete and bell', '\u007f\u0007', '\\x7f\\x07'],
    ['line breaks and tabs', 'a\nb\rc\td', 'a\\nb\\rc\\td'],
    ['a right-to-left override', 'a\u202eb', 'a\\u202eb'],
    ['bidi isolates', '\u2066a\u2069', '\\u2066a\\u2069'],
    ['line and paragraph separators', '\u2028\u2029', '\\u2028\\u2029'],
    ['joiners, zero-width spaces and byte order marks', '\u200d\u200b\ufeff', '\\u200d\\u200b\\ufeff'],
    ['a variation selector', '\u2764\ufe0f', '\u2764\\ufe0f'],
    ['a tag character', '\u{e0041}', '\\u{e0041}'],
    ['a lone surrogate', 'a\ud800b', 'a\\ud800b'],
    ['a mark with nothing below it', '\u0301a', '\\u0301a'],
    ['the fifth mark on one letter', `e${'\u0301'.repeat(6)}`, `e${'\u0301'.repeat(4)}\\u0301\\u0301`],
  ];
  for (const [what, text, shown] of cases) {
    it(`shows ${what} as an escape`, () => assert.equal(sanitize(text), shown));
  }

  it('leaves other text alone', () => {
    for (const text of ['', 'GET /a b', 'Größe', '注文', 'e\u0301', '👍🏽 🇪🇺', 'שלום'])
      assert.equal(sanitize(text), text);
  });

  it('leaves nothing that a terminal acts on', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => assert.doesNotMatch(sanitize(text), /[\p{C}\p{Zl}\p{Zp}]/u)),
    );
  });
});

describe('displayWidth', () => {
  it('counts one column for a letter, two for wide ones, none for marks', () => {
    const widths = {
      '': 0,
      abc: 3,
      é: 1,
      'e\u0301': 1,
      注文: 4,
      한: 2,
      ﾊ: 1,
      Ａ: 2,
      '👍': 2,
      '👍🏽': 2,
      '🇪🇺': 2,
      '…': 1,
      '█': 1,
    };
    for (const [text, width] of Object.entries(widths)) assert.equal(displayWidth(text), width, text);
  });

  it('counts a skin tone that has nothing to colour as the two columns it takes', () => {
    assert.equal(displayWidth('🏽'), 2);
  });
});

describe('fit', () => {
  it('pads and cuts to the exact width', () => {
    assert.equal(fit('abc', 5), 'abc  ');
    assert.equal(fit('abc', 5, 'right'), '  abc');
    assert.equal(fit('abcdef', 5), 'abcd…');
    assert.equal(fit('abc', 0), '');
  });

  it('does not cut a wide character in half', () => {
    assert.equal(fit('注文です', 4), '注… ');
    assert.equal(truncate('注文です', 4), '注…');
  });

  it('keeps marks with their letter', () => {
    assert.equal(truncate('e\u0301e\u0301e\u0301', 2), 'e\u0301…');
  });

  it('gives exactly the width for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 0, max: 30 }), (text, width) => {
        assert.equal(displayWidth(fit(sanitize(text), width)), width);
      }),
    );
  });
});

describe('formatDuration', () => {
  const cases: readonly (readonly [ms: number, shown: string])[] = [
    [0, '0 ms'],
    [0.00042, '420 ns'],
    [0.0421, '42.1 µs'],
    [0.9994, '999 µs'],
    [0.9999, '1.00 ms'],
    [12.34, '12.3 ms'],
    [100, '100 ms'],
    [999.6, '1.00 s'],
    [1234, '1.23 s'],
    [60_000, '1.00 min'],
    [7_380_000, '123 min'],
    [-3, '-3.00 ms'],
    [Number.NaN, '?'],
    [Number.POSITIVE_INFINITY, '?'],
  ];
  for (const [ms, shown] of cases) {
    it(`shows ${ms} ms as ${shown}`, () => assert.equal(formatDuration(ms), shown));
  }
});
