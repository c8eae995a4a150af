import assert from 'node:assert/strict';
import { test } from 'node:test';
import { propagatorsByName } from '../../propagation/composite.ts';
import { readText } from '../support/repository.ts';
import { rules } from './rules.ts';
import { PAGE, rulesPage } from './rules-page.ts';

/** The names of the tests in a source: `test('...'`, `it("...`, and the like of the contract suites. */
const TEST_NAME = /\b(?:test|it|\w+Test)\(\s*(['"`])((?:\\.|(?!\1).)*)\1\s*,/g;

/** Of one that is made for each row of a table, what varies is written `…`. */
function testNames(file: string): Set<string> {
  const source = readText(`test/${file}`);
  const names = [...source.matchAll(TEST_NAME)].map((match) => match[2] ?? '');
  return new Set(names.map((name) => name.replace(/\$\{[^}]*\}/g, '…').replace(/\\(.)/g, '$1')));
}

test('every rule of the page of rules is held by a test that there is', () => {
  const names = new Map<string, Set<string>>();
  for (const {
    rule,
    test: [file, name],
  } of rules) {
    const there = names.get(file) ?? testNames(file);
    names.set(file, there);
    assert.ok(
      there.has(name),
      `test/${file} has no test "${name}" for the rule "${rule}": see test/propagation/rules-*.ts`,
    );
  }
});

test('every format has rules, each rule stands once, and no rule is of a format that is not there', () => {
  const formats = new Set(rules.map(({ propagator }) => propagator));
  assert.deepEqual([...formats].sort(), ['all', ...Object.keys(propagatorsByName)].sort());
  const sentences = rules.map(({ heading, rule }) => `${heading}: ${rule}`);
  assert.deepEqual(sentences, [...new Set(sentences)]);
  for (const { rule, clause } of rules) assert.ok(rule.endsWith('.') && clause !== '', rule);
});

test('docs/reference/propagation-rules.md shows the rules as they are', () => {
  assert.ok(readText(PAGE) === rulesPage(rules), `${PAGE} is out of date: run "npm run docs:propagation"`);
});
