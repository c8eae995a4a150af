import { isDeepStrictEqual } from 'node:util';
import { compileWildcard } from '../../core/decide/wildcard.ts';
import type { AttributeValue } from '../../core/record.ts';

/** Says whether a value is as expected; `undefined`: the attribute is not there. */
export type ValueMatcher = (value: AttributeValue | undefined) => boolean;

/** Exactly this value, a list item by item. */
export function equalTo(expected: AttributeValue): ValueMatcher {
  return (value) => isDeepStrictEqual(value, expected);
}

/**
 * A text in which `*` stands for any characters. Without a star only an equal string fits; with one
 * the value is read as text, so that `5*` fits the number 503, and `*` whatever is there.
 */
export function textLike(pattern: string): ValueMatcher {
  if (!pattern.includes('*')) return equalTo(pattern);
  const fits = compileWildcard(pattern);
  return (value) => value !== undefined && fits(String(value));
}

/** A text in which `pattern` is found. `search` keeps no position, unlike `test` with the flag `g`. */
export function searchedBy(pattern: RegExp): ValueMatcher {
  return (value) => value !== undefined && String(value).search(pattern) !== -1;
}

/** The attribute must not be there. */
export function absent(value: AttributeValue | undefined): boolean {
  return value === undefined;
}
