import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { assertTree, outline } from 'throughline/test';
import { compileWildcard } from '../../src/core/decide/wildcard.ts';
import type { SpanRecord } from '../../src/core/record.ts';
import { record } from '../analysis/records.ts';
import { HOSTILE } from '../terminal/drawings.ts';
import { assertionOf } from './messages.ts';

/** Names that would be read as something else, or would act on a terminal; shorter than where names are cut. */
const hostileName = fc.oneof(
  fc.constantFrom(
    '*',
    '...',
    '✗ x',
    '"',
    'a {b: 1}',
    '{',
    'a\\',
    ' a',
    'a ',
    ...HOSTILE.map((name) => name.slice(0, 100)),
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
);

/** Any forest: each span below an earlier one, or a root. */
const forest: fc.Arbitrary<SpanRecord[]> = fc
  .array(fc.record({ name: hostileName, parent: fc.nat(), isRoot: fc.boolean(), failed: fc.boolean() }), {
    maxLength: 12,
  })
  .map((list) =>
    list.map(({ name, parent, isRoot, failed }, i) =>
      record({ id: i + 1, at: i, name, failed, parent: i === 0 || isRoot ? undefined : (parent % i) + 1 }),
    ),
  );

/** Siblings, and lines of which some stand for several of them. */
const names = fc.array(fc.constantFrom('a', 'ab', 'abc', 'b'), { maxLength: 5 });
const patterns = fc.array(fc.constantFrom('a', 'a*', '*b*', '*', 'abc', '...'), { maxLength: 5 });

function siblings(list: readonly string[]): SpanRecord[] {
  return list.map((name, i) => record({ id: i + 1, at: i, name }));
}

/** The definition, tried in all ways: factorial, for small lists only. */
function fits(lines: readonly string[], list: readonly string[], ordered: boolean): boolean {
  const [line, ...others] = lines;
  if (line === undefined) return list.length === 0;
  if (line === '...') {
    if (fits(others, list, ordered)) return true;
    return list.some((_, i) => (i === 0 || !ordered) && fits(lines, list.toSpliced(i, 1), ordered));
  }
  return list.some(
    (name, i) => (i === 0 || !ordered) && compileWildcard(line)(name) && fits(others, list.toSpliced(i, 1), ordered),
  );
}

function passes(lines: readonly string[], list: readonly string[], ordered: boolean): boolean {
  try {
    assertTree(siblings(list), lines.join('\n'), { ordered });
    return true;
  } catch {
    return false;
  }
}

describe('an expected tree', () => {
  it('is matched by the spans it was drawn from, whatever their names are', () => {
    fc.assert(
      fc.property(forest, fc.boolean(), (spans, ordered) => {
        assertTree(spans, outline(spans), { ordered });
      }),
    );
  });

  it('is matched exactly when there is a way to match it', () => {
    fc.assert(
      fc.property(patterns, names, fc.boolean(), (lines, list, ordered) => {
        assert.equal(passes(lines, list, ordered), fits(lines, list, ordered));
      }),
      { numRuns: 1000 },
    );
  });

  it('that is not matched is marked at a line at least, and its two texts differ', () => {
    fc.assert(
      fc.property(patterns, names, fc.boolean(), (lines, list, ordered) => {
        fc.pre(!fits(lines, list, ordered));
        const error = assertionOf(() => assertTree(siblings(list), lines.join('\n'), { ordered }));
        assert.match(error.message.slice(error.message.indexOf('difference')), /\n[-+~] /);
        assert.notEqual(error.expected, error.actual);
      }),
    );
  });

  it('differs from any other forest visibly', () => {
    fc.assert(
      fc.property(forest, forest, (came, other) => {
        fc.pre(outline(came) !== outline(other));
        let message = '';
        try {
          assertTree(came, outline(other));
        } catch (error) {
          message = (error as Error).message;
        }
        if (message !== '') assert.match(message.slice(message.indexOf('difference')), /\n[-+~] /);
        assert.doesNotMatch(message.replaceAll('\n', ''), /[\p{C}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});

describe('a pattern with stars', () => {
  it('fits what the regular expression of its meaning fits', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    fc.assert(
      fc.property(text, text, (pattern, name) => {
        const meaning = new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
        assert.equal(compileWildcard(pattern)(name), meaning.test(name));
      }),
      { numRuns: 2000 },
    );
  });

  it('takes no exponential time', () => {
    assert.equal(compileWildcard(`${'*a'.repeat(200)}b`)('a'.repeat(5000)), false);
  });
});
